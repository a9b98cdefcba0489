import { DeadlineReached, messageOf, Poison, RetryLater } from '../errors';
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

/** The steps of one event. Their memory is a claim and a completion, as Powertools keeps it, with an owner. */
export class Steps {
  constructor(
    private readonly eventKey: string, private readonly parts: { readonly store: IdempotencyStore; readonly lease: Lease; readonly signal: AbortSignal },
    private readonly counts: (error: unknown) => boolean,
  ) {}

  /** Runs the effect unless it is done, and gives its result. */
  readonly once = async <Result extends StepResult>(
    step: string, effect: (key: string) => Promise<Result> | Result, options: StepOptions = {},
  ): Promise<Result> => {
    const { store, lease, signal } = this.parts;
    if (step.trim() === '' || step.includes('#')) { throw new Poison(`a step needs a name without #, this one is ${JSON.stringify(step)}`, { reason: 'BadStep' }); }
    if (signal.aborted) { throw new DeadlineReached(); }
    const key = `${this.eventKey}#${step}`;
    let result: Result | undefined;
    let lost: unknown;
    const ending = await once({ key, content: step }, async () => {
      result = await effect(key);
      try {
        // the effect has taken place: whatever is wrong with its result, it must not take place again
        return { writes: [], ...(result === undefined ? {} : { result: textOf(result) }) };
      } catch (error) {
        lost = error;
        return { writes: [], result: unstorable };
      }
    }, { store, lease, alone: true, replaces: false, takesOver: options.onTimeout !== 'block', counts: this.counts });

    switch (ending.kind) {
      case 'done':
        if (lost !== undefined) { throw lostResult(step, lost); }
        // as the next run will see it
        return (result === undefined ? undefined : JSON.parse(textOf(result))) as Result;
      case 'duplicate':
        if (ending.result === unstorable) { throw lostResult(step, 'it could not be stored'); }
        return (ending.result === undefined ? undefined : JSON.parse(ending.result)) as Result;
      case 'held':
        if (ending.until > Date.now()) { throw new RetryLater(`step ${step} is in progress elsewhere`, { after: Math.ceil((ending.until - Date.now()) / 1000) }); }
        throw new Poison(`an earlier run ended in the middle of step ${step}: find out whether its effect took place`, { reason: 'OutcomeUnknown' });
      case 'reused':
        throw new Poison(`step ${step} is remembered with other content`, { reason: 'KeyReuse' });
      case 'failed':
        throw ending.error;
    }
  };
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
