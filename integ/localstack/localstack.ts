import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import execa from 'execa';
import pWaitFor from 'p-wait-for';
import { answers } from './endpoint';
import { defaultCache } from './folders';
import { LocalStackError } from './localstack-error';
import { freePort } from './port';
import { makeRunFolder } from './run-folder';
import { setUp } from './set-up';
import { variablesOf } from './variables';

/** How LocalStack is started. */
export interface LocalStackOptions {
  /** 0 chooses a free one. @default 0 */
  readonly port?: number;
  /** Gets a line for each step. @default - nobody is told */
  readonly onProgress?: (line: string) => void;
  /** @default - `.cache/localstack` of the repository */
  readonly cache?: string;
  /** Corrections of the plug-in that are left out, or `all`; for the tests of these corrections. @default - all are made */
  readonly uncorrected?: readonly string[];
  /** Gives up, and stops what was started so far. @default - goes on until it works or fails */
  readonly signal?: AbortSignal;
}

/** A LocalStack that this program has started. */
export interface RunningLocalStack {
  readonly endpoint: string;
  readonly logFile: string;
  /** The process that ends everything else when it ends. */
  readonly pid: number;
  /** Resolves when LocalStack has ended by itself or was stopped. */
  readonly ended: Promise<void>;
  /** Ends it within ten seconds, with all that it started. May be called again. */
  stop(): Promise<void>;
}

const startSeconds = 90;
/** The supervisor gives LocalStack 2 s to end and needs up to 3 s to end the rest; if it hangs, the rest is ended without it. */
const stopSeconds = 6;

/** Sets up LocalStack where needed, starts it, and waits until it works. */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<RunningLocalStack> {
  const cache = options.cache ?? defaultCache;
  const port = await freePort(options.port ?? 0);
  await unlessAborted(setUp({ cache, onProgress: options.onProgress }), options.signal);

  options.onProgress?.(`starting LocalStack on port ${port}`);
  const run = makeRunFolder(cache, port);
  const log = openSync(run.logFile, 'a');
  const python = join(cache, 'emulator', 'bin', 'python');
  const surroundings = {
    // a neutral folder: Python would prefer modules that lie in the current one
    cwd: run.path,
    env: { ...variablesOf(cache, run, port), LOCALSTACK_UNCORRECTED: (options.uncorrected ?? []).join(',') },
    extendEnv: false,
    reject: false,
  };
  const supervisor = execa(python, ['-m', 'localstack_node_functions.supervisor'], {
    ...surroundings,
    // the end of this input, however this program dies, is the end of LocalStack
    stdin: 'pipe',
    stdout: log,
    stderr: log,
    detached: true,
    cleanup: false,
  });
  closeSync(log);
  const pid = supervisor.pid;
  if (pid === undefined) { throw new LocalStackError(`LocalStack cannot be started, ${cache} is damaged: delete it and try again`); }

  let over = false;
  const ended = supervisor.then(async ({ signal }) => {
    over = true;
    // something is left only if the supervisor itself was killed
    if (signal) { await execa(python, ['-m', 'localstack_node_functions.sweep', String(pid)], surroundings); }
    run.clear();
  });
  const stop = async () => {
    if (!over) { supervisor.kill('SIGTERM'); }
    const late = setTimeout(() => supervisor.kill('SIGKILL'), stopSeconds * 1000);
    await ended;
    clearTimeout(late);
  };

  const endpoint = `http://localhost:${port}`;
  try {
    await pWaitFor(async () => over || (options.signal?.aborted ?? false) || answers(endpoint, 2_000), { interval: 100, timeout: startSeconds * 1000 });
  } catch {
    await stop();
    throw new LocalStackError(`LocalStack did not answer within ${startSeconds} s: ${lastLines(run.logFile)}`);
  }
  if (options.signal?.aborted) {
    await stop();
    throw new LocalStackError('interrupted');
  }
  if (over) { throw new LocalStackError(`LocalStack ended while it started: ${lastLines(run.logFile)}`); }
  return { endpoint, logFile: run.logFile, pid, ended, stop };
}

async function unlessAborted(work: Promise<void>, signal?: AbortSignal): Promise<void> {
  if (!signal) { return work; }
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(new LocalStackError('interrupted'));
    if (signal.aborted) { fail(); } else { signal.addEventListener('abort', fail, { once: true }); }
  });
  return Promise.race([work, aborted]);
}

function lastLines(file: string): string {
  return `the log ends with\n${readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n')}\n(all of it: ${file})`;
}
