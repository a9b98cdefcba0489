import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import execa from 'execa';

export const repository = join(__dirname, '..', '..');

const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Record<'peerDependencies' | 'devDependencies', Record<string, string>>;
const built = ['lib/index.js', 'lib/lambda/index.js', 'lib/lambda/index.mjs', '.jsii', 'API.md'];
const files = ['stack.ts', 'consume.ts', 'functions/reserve.ts'];

/** The oldest version of a package that we promise to work with. */
export const floor = (name: string) => manifest.peerDependencies[name]!.replace(/^\D+/, '');

/** The tarball as npm would publish it. */
export async function pack(into: string): Promise<{ readonly tarball: string; readonly contents: readonly string[] }> {
  const missing = built.filter((file) => !existsSync(join(repository, file)));
  if (missing.length > 0) { throw new Error(`${missing.join(', ')} not built: run \`npx projen compile\` and \`npx projen post-compile\` first; \`npm test\` does`); }
  const changed = newest('src') > statSync(join(repository, '.jsii')).mtimeMs || newest('lambda') > newest('lib/lambda');
  if (changed) { throw new Error('src/ or lambda/ changed since lib/ was built: run `npx projen compile` and `npx projen post-compile` first; `npm test` does'); }

  const { stdout } = await execa('npm', ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', into], { cwd: repository });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  return { tarball: join(into, packed!.filename), contents: packed!.files.map(({ path }) => path) };
}

/** A project of a user: nothing in it but what npm has installed, and the files of `shop/`. */
export class EmptyProject {
  /** Outside the repository, where nothing is found by going up. */
  readonly folder = temporaryFolder();
  readonly installed = join(this.folder, 'node_modules', 'cdk-event-patterns');

  /** Installs the package with the oldest versions of its peers. */
  async install(tarball: string): Promise<void> {
    writeFileSync(join(this.folder, 'package.json'), '{ "name": "shop", "private": true }');
    const peers = ['aws-cdk-lib', 'constructs'].map((name) => `${name}@${floor(name)}`);
    const tools = ['esbuild', 'typescript', 'zod', '@types/node'].map((name) => `${name}@${manifest.devDependencies[name]}`);
    await this.run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', tarball, ...peers, ...tools);
    for (const file of files) { cpSync(join(__dirname, 'shop', file), join(this.folder, file)); }
  }

  /** The same package, beside the versions of its peers that the repository is tested with. */
  withTestedPeers(): EmptyProject {
    const other = new EmptyProject();
    mkdirSync(join(other.folder, 'node_modules'));
    cpSync(this.installed, other.installed, { recursive: true });
    for (const name of ['aws-cdk-lib', 'constructs']) { symlinkSync(join(repository, 'node_modules', name), join(other.folder, 'node_modules', name), 'junction'); }
    for (const file of [...files, 'package.json', 'package-lock.json', 'out']) { cpSync(join(this.folder, file), join(other.folder, file), { recursive: true }); }
    return other;
  }

  /** What TypeScript has to say about the files: nothing, when all is well. */
  async typeCheck(moduleResolution: string, module: string, ...options: string[]): Promise<string> {
    const common = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node'];
    const { all = '' } = await execa(
      process.execPath,
      ['node_modules/typescript/bin/tsc', ...common, '--module', module, '--moduleResolution', moduleResolution, ...options, ...files],
      { cwd: this.folder, all: true, reject: false },
    );
    return all;
  }

  async run(command: string, ...parameters: string[]): Promise<string> {
    const { stdout } = await execa(command, parameters, { cwd: this.folder });
    return stdout;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'empty-project-')));
}

function newest(folder: string): number {
  const entries = readdirSync(join(repository, folder), { withFileTypes: true, recursive: true });
  return Math.max(...entries.filter((entry) => entry.isFile() && /\.([mc]?js|ts)$/.test(entry.name)).map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}
