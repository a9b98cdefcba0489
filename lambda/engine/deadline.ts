import { DeadlineReached } from '../errors';

/** The end of an invocation, a little before the service ends it, so that there is time left to hand everything back. */
export class Deadline {
  /** Epoch milliseconds at which the service kills the function. */
  readonly killAt: number;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly reached: Promise<never>;
  private readonly lastCall: Promise<undefined>;
  private lastCallTimer: NodeJS.Timeout | undefined;

  constructor(remainingMillis: number) {
    this.killAt = Date.now() + remainingMillis;
    // a second is enough to give back what is under way; a short-lived function gives a fifth of its time
    const reserve = Math.max(0, Math.min(1000, remainingMillis / 5));
    const stopIn = Math.max(0, remainingMillis - reserve);
    this.reached = new Promise((_resolve, reject) => {
      this.controller.signal.addEventListener('abort', () => reject(new DeadlineReached()), { once: true });
    });
    this.reached.catch(() => {}); // nobody may be waiting when it is reached
    this.timer = setTimeout(() => this.controller.abort(new DeadlineReached()), stopIn);
    this.lastCall = new Promise((resolve) => { this.lastCallTimer = setTimeout(() => resolve(undefined), stopIn + reserve / 2); });
  }

  /** Fires when the time is up. */
  get signal(): AbortSignal { return this.controller.signal; }

  /** Waits for the work, but not longer than there is time. */
  async limit<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.reached]);
  }

  /** Waits for everything, giving back included, but leaves the time to answer: a service that hangs must not take the batch's answer with it. */
  async limitAll(work: Promise<unknown>): Promise<void> {
    work.catch(() => {}); // nobody may be waiting any more when it fails
    await Promise.race([work, this.lastCall]);
  }

  /** Nothing waits any more. */
  clear(): void {
    clearTimeout(this.timer);
    clearTimeout(this.lastCallTimer);
  }
}
