import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import execa from 'execa';

export const repository = join(__dirname, '..');

/** The constructs as they are published. */
export const compiledPackage = join(repository, 'lib', 'index.js');

/** Compiles the constructs when they are not, or not any more, what `src/` says. */
export async function compile(): Promise<void> {
  const compiled = join(repository, '.jsii'); // written last
  if (existsSync(compiledPackage) && existsSync(compiled) && statSync(compiled).mtimeMs > newestSource()) { return; }
  await execa(process.execPath, [join(repository, 'node_modules/projen/bin/projen'), 'compile'], { cwd: repository });
}

function newestSource(): number {
  const files = readdirSync(join(repository, 'src'), { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return Math.max(...files.map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs));
}
