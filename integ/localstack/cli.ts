import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { awsVariables, namedEndpoint } from './endpoint';
import { startLocalStack } from './localstack';
import { LocalStackError } from './localstack-error';
import { setUp } from './set-up';

const program = new Command('localstack')
  .description('Starts LocalStack without a container engine, in the foreground, until it is interrupted.')
  .option('-p, --port <port>', 'where it listens; 0 chooses a free port', portNumber, 4566)
  .option('--set-up-only', 'installs what is missing and ends')
  .action(async (options: { port: number; setUpOnly?: boolean }) => {
    if (options.setUpOnly) { await setUp({ onProgress }); return; }
    const named = await namedEndpoint();
    if (named) {
      console.log(`AWS_ENDPOINT_URL is set, so ${pc.bold(named)} is used and nothing is started.`);
      return;
    }
    await runInForeground(options.port);
  });

function onProgress(line: string): void {
  console.log(pc.dim(line));
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) { throw new InvalidArgumentError('give a number between 0 and 65535'); }
  return port;
}

async function runInForeground(port: number): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) { process.on(signal, () => interruption.abort()); }

  const localstack = await startLocalStack({ port, onProgress, signal: interruption.signal });
  console.log(`${pc.green('LocalStack is ready')} at ${pc.bold(localstack.endpoint)} (log: ${localstack.logFile})\n\nTo use it from another terminal:\n`);
  for (const [name, value] of Object.entries(awsVariables(localstack.endpoint))) { console.log(`  export ${name}=${value}`); }
  console.log(`\n${pc.dim('Ctrl+C ends it.')}`);

  const interrupted = new Promise<void>((resolve) => {
    if (interruption.signal.aborted) { resolve(); } else { interruption.signal.addEventListener('abort', () => resolve()); }
  });
  await Promise.race([interrupted, localstack.ended]);
  if (!interruption.signal.aborted) { throw new LocalStackError(`LocalStack has ended by itself, see ${localstack.logFile}`); }
  console.log('Stopping LocalStack.');
  await localstack.stop();
}

program.parseAsync().catch((error: unknown) => {
  console.error(pc.red(error instanceof LocalStackError ? error.message : String((error as Error).stack)));
  // an installer may still be at work: it ends with this process
  process.exit(1);
});
