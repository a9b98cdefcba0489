import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { repository } from './compiled-package';

const folder = join(repository, '.cache', 'bench');

/** Where the bundles of both handlers lie. */
export const bundles = { ours: join(folder, 'ours.js'), theirs: join(folder, 'theirs.js') };

/** Bundles both handlers with the AWS SDK, which serves both: ours as `ConsumerFunction` does it, theirs as `NodejsFunction` does when it is told so. */
export async function bundle(): Promise<{ readonly ours: number; readonly theirs: number }> {
  mkdirSync(folder, { recursive: true });
  for (const [name, outfile] of [['event-patterns', bundles.ours], ['powertools', bundles.theirs]] as const) {
    await build({
      entryPoints: [join(__dirname, 'handlers', `${name}.ts`)],
      outfile,
      alias: {
        'cdk-event-patterns/lambda': join(repository, 'lambda', 'index.ts'),
        ...(name === 'event-patterns' ? { '@aws-sdk/credential-provider-node': join(repository, 'lambda', 'environment-credentials.ts') } : {}),
      },
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      mainFields: ['module', 'main'],
      minify: true,
      keepNames: true,
      logLevel: 'error',
    });
  }
  return { ours: kilobytes(bundles.ours), theirs: kilobytes(bundles.theirs) };
}

const kilobytes = (file: string) => statSync(file).size / 1000;
