import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import execa from 'execa';
import { LocalStackError } from './localstack-error';

/** The only version that runs LocalStack 4.14.0: it imports what 3.12 lacks, and a dependency of it excludes 3.14. */
export const pythonVersion = '3.13';

/** Finds a Python 3.13 that really runs, or says where it was looked for and what to do. */
export async function findPython(variables: NodeJS.ProcessEnv = process.env): Promise<string> {
  const candidates = [
    ...onPath('python3.13', variables),
    ...onPath('python3', variables),
    ...pyenvVersions(variables),
  ];
  for (const candidate of candidates) {
    const python = await resolvePython(candidate, variables);
    if (python) { return python; }
  }
  for (const uv of onPath('uv', variables)) {
    const python = await fromUv(uv, variables);
    if (python) { return python; }
  }
  throw new LocalStackError(
    `LocalStack needs Python ${pythonVersion} and no other: looked for python3.13 and python3 in PATH, in pyenv's versions, and for uv to provide it. `
    + 'Install it (for example `pyenv install 3.13`, `brew install python@3.13`, or install uv) and try again',
  );
}

function onPath(command: string, variables: NodeJS.ProcessEnv): string[] {
  return (variables.PATH ?? '').split(delimiter).filter(Boolean).map((folder) => join(folder, command)).filter((file) => existsSync(file));
}

function pyenvVersions(variables: NodeJS.ProcessEnv): string[] {
  const versions = join(variables.PYENV_ROOT ?? join(variables.HOME ?? homedir(), '.pyenv'), 'versions');
  if (!existsSync(versions)) { return []; }
  return readdirSync(versions)
    .filter((version) => version === pythonVersion || version.startsWith(`${pythonVersion}.`))
    .map((version) => join(versions, version, 'bin', 'python'));
}

/** The interpreter behind a candidate, if it works: a pyenv shim is there for versions that are not selected, and fails. */
async function resolvePython(candidate: string, variables: NodeJS.ProcessEnv): Promise<string | undefined> {
  const script = 'import sys; print(".".join(map(str, sys.version_info[:2])), sys.executable)';
  const { failed, stdout } = await execa(candidate, ['-I', '-c', script], { reject: false, env: variables, extendEnv: false, timeout: 10_000 });
  const [version, executable] = failed ? [] : stdout.split(' ', 2);
  return version === pythonVersion ? executable : undefined;
}

/** uv knows interpreters that are in nobody's PATH, and fetches one where the network allows it. */
async function fromUv(uv: string, variables: NodeJS.ProcessEnv): Promise<string | undefined> {
  const options = { reject: false, env: variables, extendEnv: false, timeout: 120_000 } as const;
  const found = await execa(uv, ['python', 'find', pythonVersion], options);
  if (!found.failed) { return resolvePython(found.stdout.trim(), variables); }
  const installed = await execa(uv, ['python', 'install', pythonVersion], options);
  if (installed.failed) { return undefined; }
  const again = await execa(uv, ['python', 'find', pythonVersion], options);
  return again.failed ? undefined : resolvePython(again.stdout.trim(), variables);
}
