import { writeSync } from 'node:fs';

/** How a storm is made, so that fast-check can make the same again. */
export interface Storm {
  readonly seed: number;
  readonly numRuns: number;
  /** Notes that a run is over, which had so many messages. */
  readonly passed: (messages: number) => void;
  /** How many messages there were so far. */
  readonly messages: () => number;
}

const inOrdinaryRun = 5_000; // messages
const stderr = 2;

/**
 * A storm of about as many messages as CHAOS_MESSAGES says. The same on every machine; CHAOS_SEED makes others. A failure prints the seed and the path that replay it.
 *
 * @param perRun How many messages a run has on average.
 */
export function storm(name: string, perRun: number): Storm {
  const wanted = Number(process.env.CHAOS_MESSAGES ?? inOrdinaryRun);
  const numRuns = Math.ceil(wanted / perRun);
  let sum = 0;
  let runs = 0;
  return {
    seed: Number(process.env.CHAOS_SEED ?? 20_260_105),
    numRuns,
    passed: (messages) => {
      sum += messages;
      runs++;
      // the clock of these tests stands still, so progress is told by count
      if (process.env.CHAOS_PROGRESS && runs % Math.max(1, Math.floor(numRuns / 100)) === 0) { writeSync(stderr, `\nstorm ${JSON.stringify({ name, runs, numRuns, messages: sum })}\n`); }
    },
    messages: () => sum,
  };
}
