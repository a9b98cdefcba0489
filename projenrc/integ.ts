import { awscdk } from 'projen';

/** The tasks that start LocalStack, and the demo on it. */
export function integ(project: awscdk.AwsCdkConstructLibrary) {
  project.addDevDeps('execa@^9', 'listr2@^9', 'commander@^14', 'picocolors@^1', 'cli-table3@^0.6');
  project.addTask('localstack', { description: 'LocalStack in the foreground, without a container engine', exec: 'tsx integ/localstack/cli.ts', receiveArgs: true });
  project.addTask('demo', { description: 'Deploy the sample to LocalStack, send orders through it, and account for each', exec: 'tsx integ/demo/demo.ts', receiveArgs: true });
  // these work on a fresh clone: `npm ci` runs by itself when it is needed
  for (const task of ['localstack', 'demo', 'bench']) { project.package.setScript(task, `node install-first.mjs ${task}`); }
}
