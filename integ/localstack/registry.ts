import execa from 'execa';
import { LocalStackError } from './localstack-error';

/**
 * Runs a client of a package registry. Registries are those of the machine's ordinary configuration, no host is named here;
 * only patience is limited: without a network, an error is wanted within seconds.
 */
export async function fromRegistry(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<void> {
  const result = await execa(command, args, {
    cwd: options.cwd,
    env: { ...impatience, ...options.env },
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: 10 * 60_000,
  });
  if (result.failed) {
    const reason = lastWords(result.all) ?? `exit code ${result.exitCode}`;
    throw new LocalStackError(`\`${command.split('/').at(-1)} ${args.slice(0, 3).join(' ')}\` failed: ${reason}. Check the network and the configuration of the package registry, then try again`);
  }
}

const impatience = {
  PIP_RETRIES: '1',
  PIP_DEFAULT_TIMEOUT: '15',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  UV_HTTP_RETRIES: '1',
  UV_HTTP_TIMEOUT: '30',
  npm_config_fetch_retries: '1',
  npm_config_fetch_retry_mintimeout: '1000',
  npm_config_fetch_retry_maxtimeout: '2000',
};

/** The line that says most: the last one that speaks of an error, else the last one. */
function lastWords(output: string | undefined): string | undefined {
  const lines = (output ?? '').split('\n').map((line) => line.replace(/[╭╮╰╯│─]/g, '').trim()).filter((line) => line !== '' && !/^npm error (A complete log|.*\.log$)/.test(line));
  return (lines.filter((line) => /error|failed|caused by|no space/i.test(line)).at(-1) ?? lines.at(-1))?.slice(0, 300);
}
