import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { sources } from './folders';
import { digestOf, type Part } from './part';
import { fromRegistry } from './registry';

/** The majors of the Lambda runtimes that functions can ask for. */
export const nodeMajors = ['20', '22', '24'] as const;

const ownMajor = process.versions.node.split('.')[0];
const packageOfThisMachine = `node-${process.platform}-${process.arch}`;

/** Kinesis, as LocalStack starts it. */
export const kinesis: Part = npmPart('kinesis-local', 'Kinesis', ['node_modules/kinesis-local/main.js']);

/** One Node.js for each runtime that the machine's own does not serve. */
export const nodeRuntimes: readonly Part[] = nodeMajors
  .filter((major) => major !== ownMajor)
  .map((major) => npmPart(`node-${major}`, `Node.js ${major}`, [`node_modules/${packageOfThisMachine}/bin/node`]));

/** Which binary runs the functions of which major. */
export function nodeBinaries(cache: string): Record<string, string> {
  return Object.fromEntries(nodeMajors.map((major) => [
    major,
    major === ownMajor ? process.execPath : join(cache, `node-${major}`, 'node_modules', packageOfThisMachine, 'bin', 'node'),
  ]));
}

function npmPart(name: string, title: string, proof: readonly string[]): Part {
  const folder = join(sources, 'npm', name);
  return {
    name,
    title,
    digest: digestOf({ text: `${process.platform} ${process.arch}` }, { path: folder }),
    proof,
    make: async (target) => {
      for (const file of ['package.json', 'package-lock.json']) { copyFileSync(join(folder, file), join(target, file)); }
      await fromRegistry('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'], { cwd: target });
    },
  };
}
