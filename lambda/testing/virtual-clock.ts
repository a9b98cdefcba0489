import { performance } from 'node:perf_hooks';

// taken before any test replaces it
const realMillis = performance.now.bind(performance);

/**
 * The time of a test. Pauses between deliveries pass at once.
 *
 * While a function works, what takes less than `instant` milliseconds takes no time, so that a test sees the same times on each run; what takes longer takes as long as it
 * does, so that a handler which waits for a service, or for a time, gets there.
 */
export class VirtualClock {
  private begun = 0;
  private underWay = 0;

  constructor(private at: number, private readonly instant: number) {}

  /** In epoch milliseconds. */
  get now(): number { return this.at + this.passed; }

  /** Lets time pass at once. */
  advance(millis: number): void {
    this.at += Math.max(0, millis);
  }

  /** Lets something happen in real time; several things may, at the same time. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.underWay++ === 0) { this.begun = realMillis(); }
    try {
      return await work();
    } finally {
      const { passed } = this;
      if (--this.underWay === 0) { this.at += passed; }
    }
  }

  private get passed(): number {
    if (this.underWay === 0) { return 0; }
    const real = Math.floor(realMillis() - this.begun);
    return real < this.instant ? 0 : real;
  }
}
