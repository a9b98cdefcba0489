import { join } from 'node:path';
import { build } from 'esbuild';

const folder = join(__dirname, '../../../lambda/producers');

test.each([
  ['bus', '@aws-sdk/client-eventbridge'], ['topic', '@aws-sdk/client-sns'], ['queue', '@aws-sdk/client-sqs'], ['stream', '@aws-sdk/client-kinesis'],
])('the producer for a %s loads no client but its own', async (file, client) => {
  const { metafile } = await build({
    entryPoints: [join(folder, `${file}.ts`)], bundle: true, write: false, metafile: true, platform: 'node', external: ['@aws-sdk/*'],
  });

  const packages = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path)).filter((path) => !path.startsWith('node:'));
  expect(packages).toEqual([client]);
  expect(Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'))).toEqual([]);
});
