import execa from 'execa';

/** Gives the milliseconds of one run. */
type Run = () => number | Promise<number>;

/** The medians of two things that are run in turns, so that whatever slows the machine down hits both. */
export async function inTurns(rounds: number, ours: Run, theirs: Run): Promise<{ readonly ours: number; readonly theirs: number }> {
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const first = round % 2 === 0;
    if (first) { times.ours.push(await ours()); }
    times.theirs.push(await theirs());
    // nobody is always the first
    if (!first) { times.ours.push(await ours()); }
  }
  return { ours: median(times.ours), theirs: median(times.theirs) };
}

/** How long a fresh Node.js takes to run a script, its own start not included. */
export async function freshProcess(script: string, environment: NodeJS.ProcessEnv = {}): Promise<number> {
  const timed = `const start = performance.now(); ${script}; process.stdout.write(String(performance.now() - start));`;
  // neither what our own process was started with nor what an earlier run has compiled
  const env = { ...process.env, NODE_OPTIONS: undefined, NODE_COMPILE_CACHE: undefined, ...environment };
  const { stdout } = await execa(process.execPath, ['-e', timed], { env, extendEnv: false });
  return Number(stdout);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
