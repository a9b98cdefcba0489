import execa from 'execa';
import pc from 'picocolors';
import { bootstrap } from './deployment';
import { type Endpoint, obtainEndpoint } from './endpoint';
import { Interrupted, interruption, unlessInterrupted } from './interruption';

// Runs a command with an endpoint that is ready for deployments: the one in AWS_ENDPOINT_URL, or a LocalStack that lives as long as the command.
async function main([command, ...args]: readonly string[]): Promise<number> {
  if (!command) { throw new Error('name the command to run'); }
  const progress = (line: string) => console.error(pc.dim(line));
  const interrupted = interruption();
  let endpoint: Endpoint | undefined;
  try {
    endpoint = await unlessInterrupted(interrupted, obtainEndpoint(progress));
    if (endpoint.ours) { process.env.INTEG_ENDPOINT_IS_OURS = '1'; }
    progress(`bootstrapping ${endpoint.url}`);
    await unlessInterrupted(interrupted, bootstrap());
    const run = execa(command, args, { preferLocal: true, stdio: 'inherit', reject: false });
    return (await unlessInterrupted(interrupted, run).finally(() => { run.kill('SIGTERM'); })).exitCode;
  } finally {
    await endpoint?.stop();
  }
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error: unknown) => {
  console.error(pc.red((error as Error).message));
  process.exit(error instanceof Interrupted ? error.exitCode : 1);
});
