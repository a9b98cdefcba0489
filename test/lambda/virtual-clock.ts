// taken before any test replaces it
const nextTurn = setImmediate;

/** Replaces time for the tests of a file: nothing sleeps, and hours pass as fast as there is nothing to do in them. */
export function useVirtualClock(): void {
  beforeEach(() => { startClock(); });
  afterEach(() => { jest.useRealTimers(); });
}

/** Starts a new virtual time. */
export function startClock(): void {
  jest.useFakeTimers({ now: new Date('2026-01-05T08:00:00Z'), doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
}

/** Lets time pass until the work has ended. */
export async function ended<T>(work: Promise<T>): Promise<T> {
  let open = true;
  const close = () => { open = false; };
  work.then(close, close);
  for (;;) {
    await new Promise((resolve) => nextTurn(resolve));
    if (!open) { return work; }
    if (jest.getTimerCount() === 0) { throw new Error('nothing is left that could happen, and the work has not ended'); }
    jest.advanceTimersToNextTimer();
  }
}

/** A pause in virtual time. */
export const pause = async (millis: number) => new Promise<void>((resolve) => { setTimeout(resolve, millis); });
