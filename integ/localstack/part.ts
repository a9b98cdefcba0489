import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A folder of the set-up that is made in one go. */
export interface Part {
  /** Its name, also of its folder. */
  readonly name: string;
  /** What the user reads while it is made. */
  readonly title: string;
  /** Stands for everything that goes in; when it changes, the part is made anew. */
  readonly digest: string;
  /** Files that are missing when somebody has cleaned up too much. */
  readonly proof: readonly string[];
  /** Makes the part in an empty folder, which later moves to its place. */
  make(folder: string): Promise<void>;
}

const stamp = '.complete';

/** Whether the part is there, whole and of the wanted content. Costs a few file look-ups. */
export function isComplete(part: Part, cache: string): boolean {
  const folder = join(cache, part.name);
  return readIfThere(join(folder, stamp)) === part.digest && part.proof.every((file) => existsSync(join(folder, file)));
}

/**
 * Makes the part beside its place and moves it there at the end: whatever interrupts this, a part is never half there.
 */
export async function ensure(part: Part, cache: string): Promise<void> {
  if (isComplete(part, cache)) { return; }
  const folder = join(cache, part.name);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    await part.make(unfinished);
    const missing = part.proof.filter((file) => !existsSync(join(unfinished, file)));
    if (missing.length > 0) { throw new Error(`it did not bring ${missing.join(', ')}`); }
    writeFileSync(join(unfinished, stamp), part.digest);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** A digest of texts and of files with all that is below them. */
export function digestOf(...inputs: ({ text: string } | { path: string })[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) {
    if ('text' in input) { hash.update(`${input.text}\0`); } else { addFiles(hash, input.path); }
  }
  return hash.digest('hex');
}

function addFiles(hash: ReturnType<typeof createHash>, path: string): void {
  if (!statSync(path).isDirectory()) {
    hash.update(readFileSync(path)).update('\0');
    return;
  }
  for (const entry of readdirSync(path).sort()) {
    // written by Python and by editors, never by us
    if (entry === '__pycache__' || entry.startsWith('.')) { continue; }
    hash.update(`${entry}\0`);
    addFiles(hash, join(path, entry));
  }
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
