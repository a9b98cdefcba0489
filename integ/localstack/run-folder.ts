import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kinesis } from './node-parts';
import { toolsIn } from './python-parts';

/** The files of one running LocalStack; several may run side by side. */
export interface RunFolder {
  readonly path: string;
  readonly logFile: string;
  readonly filesystemRoot: string;
  readonly temporary: string;
  readonly home: string;
  /** Removes everything but the log. */
  clear(): void;
}

const ownerFile = 'owner';
/** How many logs of earlier runs stay. */
const keptLogs = 10;

/** Makes a folder with what LocalStack would otherwise download, and clears what runs that died have left. */
export function makeRunFolder(cache: string, port: number): RunFolder {
  const runs = join(cache, 'runs');
  mkdirSync(runs, { recursive: true });
  clearAfterTheDead(runs);

  // it appears with its owner in it, so that nobody takes it for the rest of a dead one
  const path = join(runs, `${new Date().toISOString().replace(/[:.]/g, '-')}-${port}`);
  const draft = mkdtempSync(join(cache, 'run-'));
  writeFileSync(join(draft, ownerFile), String(process.pid));
  renameSync(draft, path);

  const run = {
    path,
    logFile: join(path, 'localstack.log'),
    filesystemRoot: join(path, 'root'),
    temporary: join(path, 'tmp'),
    // shared: a cache that LocalStack keeps there makes the next start faster
    home: join(cache, 'home'),
    clear: () => clear(path),
  };
  for (const folder of [run.temporary, run.home]) { mkdirSync(folder, { recursive: true }); }
  linkInstallations(cache, join(run.filesystemRoot, 'var', 'lib', 'localstack', 'lib'));
  return run;
}

/** LocalStack skips an installer when it finds the file that proves its work. */
function linkInstallations(cache: string, library: string): void {
  const links = {
    // looked for under this name, whatever its version
    'java/21': toolsIn(cache).javaHome,
    'kinesis-local/0.5.2': join(cache, kinesis.name),
    'jsonata/0.9.7': join(cache, 'jsonata'),
    'dynamodb-local/2': join(cache, 'dynamodb'),
  };
  for (const [name, target] of Object.entries(links)) {
    mkdirSync(join(library, name, '..'), { recursive: true });
    symlinkSync(target, join(library, name));
  }
}

function clear(path: string): void {
  for (const name of ['root', 'tmp', ownerFile]) { rmSync(join(path, name), { recursive: true, force: true, maxRetries: 3 }); }
}

function clearAfterTheDead(runs: string): void {
  const ended = readdirSync(runs).sort().map((name) => join(runs, name)).filter((path) => !isOwned(path));
  ended.forEach(clear);
  ended.slice(0, -keptLogs).forEach((path) => rmSync(path, { recursive: true, force: true }));
}

function isOwned(path: string): boolean {
  const file = join(path, ownerFile);
  if (!existsSync(file)) { return false; }
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}
