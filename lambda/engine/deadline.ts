import { DeadlineReached } from '../errors';

/** The end of an invocation, a little before the service ends it, so that there is time left to hand everything back. */
export class Deadline {
  /** Epoch milliseconds at which the service kills the function. */
  readonly killAt: number;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly reached: Promise<never>;

  constructor(remainingMillis: number) {
    this.killAt = Date.now() + remainingMillis;
    // a second is enough to give back what is under way; a short-lived function gives a fifth of its time
    const stopIn = Math.max(0, remainingMillis - Math.min(1000, remainingMillis / 5));
    this.reached = new Promise((_resolve, reject) => {
      this.controller.signal.addEventListener('abort', () => reject(new DeadlineReached()), { once: true });
    });
    this.reached.catch(() => {}); // nobody may be waiting when it is reached
    this.timer = setTimeout(() => this.controller.abort(new DeadlineReached()), stopIn);
  }

  /** Fires when the time is up. */
  get signal(): AbortSignal { return this.controller.signal; }

  /** Waits for the work, but not longer than there is time. */
  async limit<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.reached]);
  }

  /** Nothing waits any more. */
  clear(): void {
    clearTimeout(this.timer);
  }
}
