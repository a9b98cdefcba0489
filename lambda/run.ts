import { AsyncLocalStorage } from 'node:async_hooks';

/** What an outgoing event takes over from the event that caused it. */
export interface Cause {
  /** Ties together everything that one request caused. */
  readonly correlationId: string;
  /** The id of the event that is being handled. */
  readonly causationId: string;
  /** How many handlers the chain has gone through so far. */
  readonly hops: number;
  readonly traceparent?: string;
}

/** One run of a handler: what it was caused by, and what it has set going. */
export class Run {
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(readonly cause: Cause) {}

  /** Remembers a promise that the handler may not wait for: a fire-and-forget call must not end with the invocation. */
  track(promise: Promise<unknown>): void {
    this.underWay.add(promise);
    promise.catch(() => {}); // `settled` tells of it
  }

  /** Waits for everything that was set going, also by what was waited for; fails with the first failure. */
  async settled(): Promise<void> {
    for (const promise of this.underWay) { await promise; }
  }
}

let runs: AsyncLocalStorage<Run> | undefined;

/** Runs a handler so that what it calls can know by what it was caused. */
export async function runWith<T>(run: Run, work: () => Promise<T>): Promise<T> {
  return runs ? runs.run(run, work) : work();
}

/**
 * Gives the run that a caller belongs to; undefined outside of a consumer.
 *
 * Whoever wants to know asks for this when it is loaded: following every promise costs a tenth of what a message costs of the processor, and a bundle without producers
 * is spared it.
 */
export function followRuns(): () => Run | undefined {
  runs ??= new AsyncLocalStorage<Run>();
  return () => runs?.getStore();
}
