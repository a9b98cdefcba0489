import { DeadlineReached } from '../errors';

/** The end of an invocation, a little before the service ends it, so that there is time left to hand everything back. */
export class Deadline {
  /** Epoch milliseconds at which the service kills the function. */
  readonly killAt: number;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly reached: Promise<never>;
  private readonly reserve: number;

  constructor(remainingMillis: number) {
    this.killAt = Date.now() + remainingMillis;
    // a second is enough to give back what is under way; a short-lived function gives a fifth of its time
    this.reserve = Math.max(0, Math.min(1000, remainingMillis / 5));
    const stopIn = Math.max(0, remainingMillis - this.reserve);
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

  /** Waits for everything, but uses only a share of the reserve: a service that hangs must not take what comes after with it. */
  async limitAll(work: Promise<unknown>, share: number): Promise<void> {
    work.catch(() => {}); // nobody may be waiting any more when it fails
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => { timer = setTimeout(resolve, Math.max(0, this.killAt - this.reserve * (1 - share) - Date.now())); });
    await Promise.race([work, over]).finally(() => clearTimeout(timer));
  }

  /** Nothing waits any more. */
  clear(): void {
    clearTimeout(this.timer);
  }
}
