import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { defaultCache } from './folders';
import { dynamodb, jsonata } from './java-parts';
import { LocalStackError } from './localstack-error';
import { kinesis, nodeRuntimes } from './node-parts';
import { ensure, isComplete, type Part } from './part';
import { emulator, plugin, tools, toolsIn } from './python-parts';

/** How the set-up is done. */
export interface SetUpOptions {
  /** @default - `.cache/localstack` of the repository */
  readonly cache?: string;
  /** Gets a line for each step. @default - nobody is told */
  readonly onProgress?: (line: string) => void;
  /** What is installed; the first part installs the others. @default - all that LocalStack needs */
  readonly parts?: readonly [Part, ...Part[]];
}

/** Installs whatever of LocalStack is not there yet. Costs milliseconds when all of it is. */
export async function setUp({ cache = defaultCache, onProgress = () => undefined, parts = partsOf(cache) }: SetUpOptions = {}): Promise<void> {
  const missing = parts.filter((part) => !isComplete(part, cache));
  if (missing.length === 0) { return; }

  onProgress(`setting up LocalStack, once: ${missing.map((part) => part.title).join(', ')}`);
  const [basis, ...others] = parts;
  mkdirSync(cache, { recursive: true });
  const release = await takeTurn(cache, onProgress);
  try {
    // the first installs the others; each looks again whether it is there, another set-up may have made it while we waited
    await make(basis, cache, onProgress);
    await all(others.map((part) => make(part, cache, onProgress)));
  } finally {
    await release();
  }
}

function partsOf(cache: string): [Part, ...Part[]] {
  return [tools, emulator(cache), plugin(cache), dynamodb(toolsIn(cache)), jsonata(toolsIn(cache)), kinesis, ...nodeRuntimes];
}

async function make(part: Part, cache: string, onProgress: (line: string) => void): Promise<void> {
  if (isComplete(part, cache)) { return; }
  const start = Date.now();
  try {
    await ensure(part, cache);
  } catch (error) {
    throw new LocalStackError(`set-up of ${part.title}: ${(error as Error).message}`);
  }
  onProgress(`set up ${part.title} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
}

/** Like `Promise.all`, but lets the others end before it fails: nothing goes on behind the user's back. */
async function all(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}

/** Two set-ups take turns; the lock of one that died is taken over after a few seconds. */
async function takeTurn(cache: string, onProgress: (line: string) => void): Promise<() => Promise<void>> {
  const options = {
    lockfilePath: join(cache, '.set-up.lock'),
    stale: 10_000,
    update: 2_000,
    // the machine slept or was overloaded: parts are moved into place whole, so going on harms nobody
    onCompromised: () => undefined,
  };
  try {
    return await lock(cache, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') { throw error; }
    onProgress('waiting for another set-up to end');
    return lock(cache, { ...options, retries: { forever: true, minTimeout: 200, maxTimeout: 1_000 } });
  }
}
