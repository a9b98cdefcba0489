import type { Verdict } from './verdict';
import { DeadlineReached, messageOf, Poison, RetryLater } from '../errors';
import { type Cause, Run, runWith } from '../run';
import type { IdempotencyStore } from '../store/idempotency-store';
import { type Lease, once } from '../store/once';

/** How a step is run. */
export interface StepOptions {
  /**
   * What to do when an earlier run died, or ran out of time, in the middle of this step, so that nobody knows whether its effect took place: `retry` runs it again
   * with the same key; `block` has the event set aside for somebody to find out.
   *
   * @default 'retry'
   */
  readonly onTimeout?: 'retry' | 'block';
}

/** What can be remembered as the result of a step. */
export type StepResult = string | number | boolean | null | undefined | void | readonly StepResult[] | { readonly [name: string]: StepResult };

/** What steps need besides their event. */
interface StepParts {
  readonly store: IdempotencyStore;
  readonly lease: Lease;
  readonly signal: AbortSignal;
  readonly cause: Cause;
  readonly verdict: Pick<Verdict, 'counts' | 'kindOf'>;
}

/** The steps of one run of an event. Their memory is a claim and a completion, as Powertools keeps it, with an owner. */
export class Steps {
  private readonly names = new Set<string>();
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(private readonly eventKey: string, private readonly parts: StepParts) {}

  /** Runs the effect unless it is done, and gives its result. */
  readonly once = <Result extends StepResult>(step: string, effect: (key: string) => Promise<Result> | Result, options: StepOptions = {}): Promise<Result> => {
    // the one promise that there is: a failure that nobody waits for must not be taken for one that was dealt with
    const running: Promise<Result> = this.run(step, effect, options).finally(() => { this.underWay.delete(running); });
    this.underWay.add(running);
    return running;
  };

  /** Waits for steps that the handler has not waited for; fails with the first that fails. */
  async settled(): Promise<void> {
    for (const running of this.underWay) { await running; }
  }

  private async run<Result extends StepResult>(step: string, effect: (key: string) => Promise<Result> | Result, { onTimeout = 'retry' }: StepOptions): Promise<Result> {
    const { lease, signal, cause, verdict } = this.parts;
    if (step.trim() === '' || step.includes('#')) { throw new Poison(`a step needs a name without #, this one is ${JSON.stringify(step)}`, { reason: 'BadStep' }); }
    // the second effect would be taken for the first, and never take place
    if (this.names.has(step)) { throw new Poison(`two steps of one event have the name ${JSON.stringify(step)}`, { reason: 'BadStep' }); }
    if (signal.aborted) { throw new DeadlineReached(); }
    this.names.add(step);
    const key = `${this.eventKey}#${step}`;
    let result: Result | undefined;
    let lost: unknown;
    let tookPlace = false;
    const store = this.storeFor(() => onTimeout === 'block' && (tookPlace || signal.aborted));
    const ending = await once({ key, content: step }, async () => {
      const calls = new Run(cause);
      result = await runWith(calls, async () => effect(key));
      // what the effect has set going belongs to it: once it is done it is not run again
      await calls.settled();
      tookPlace = true;
      try {
        // the effect has taken place: whatever is wrong with its result, it must not take place again
        return { writes: [], ...(result === undefined ? {} : { result: textOf(result) }) };
      } catch (error) {
        lost = error;
        return { writes: [], result: unstorable };
      }
    }, { store, lease, alone: true, replaces: false, takesOver: onTimeout !== 'block', counts: verdict.counts });

    switch (ending.kind) {
      case 'done':
        if (lost !== undefined) { throw lostResult(step, lost); }
        // as the next run will see it
        return (result === undefined ? undefined : JSON.parse(textOf(result))) as Result;
      case 'duplicate':
        if (ending.result === unstorable) { throw lostResult(step, 'it could not be stored'); }
        return (ending.result === undefined ? undefined : JSON.parse(ending.result)) as Result;
      case 'held': {
        const free = ending.until - Date.now();
        // the lease may have ended since the claim was refused: that is no reason not to take it over
        if (onTimeout !== 'block' || free > 0) { throw new RetryLater(`step ${step} is in progress elsewhere`, { after: Math.max(1, Math.ceil(free / 1000)) }); }
        throw new Poison(`an earlier run ended in the middle of step ${step}: find out whether its effect took place`, { reason: 'OutcomeUnknown' });
      }
      case 'reused':
        throw new Poison(`step ${step} is remembered with other content`, { reason: 'KeyReuse' });
      case 'failed':
        this.names.delete(step);
        throw ending.error;
    }
  }

  /** The store for one step. Nothing but the completion tells that an effect outside took place: a busy moment must not be the end of it. */
  private storeFor(keeps: () => boolean): IdempotencyStore {
    const { store, verdict } = this.parts;
    return {
      claim: async (request) => store.claim(request),
      complete: async (completion) => patiently(async () => store.complete(completion), verdict),
      // as long as nobody knows whether the effect took place, nobody may run it
      release: async (key, owner, refund) => keeps() ? undefined : store.release(key, owner, refund),
      forget: async (key) => store.forget(key),
      lookUp: async (keys) => store.lookUp(keys),
    };
  }
}

const mostTries = 4;

/** Tries again what fails for a busy service; the SDK's own tries come on top. */
async function patiently(work: () => Promise<void>, { kindOf }: Pick<Verdict, 'kindOf'>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === mostTries || kindOf(error) !== 'transient' || (error as Error).name === 'ClaimLost') { throw error; }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 50 * 2 ** tries));
    }
  }
}

const unstorable = '';
const largest = 300 * 1024; // bytes; an item takes 400 KB

function textOf(result: unknown): string {
  const text = JSON.stringify(result) as string | undefined ?? 'null'; // a function has no text
  const size = Buffer.byteLength(text);
  if (size > largest) { throw new Error(`it has ${size} bytes, which is too large: give back what identifies it`); }
  return text;
}

function lostResult(step: string, why: unknown): Poison {
  return new Poison(`step ${step} is done, but its result cannot be remembered: ${messageOf(why).split('\n')[0]}`, { reason: 'ResultNotStorable' });
}
