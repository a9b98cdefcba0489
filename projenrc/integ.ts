import { awscdk } from 'projen';

/** The tasks that start LocalStack, and the demo on it. */
export function integ(project: awscdk.AwsCdkConstructLibrary) {
  project.addDevDeps('execa@^5', 'listr2@^9', 'commander@^14', 'picocolors@^1', 'cli-table3@^0.6', 'proper-lockfile@^4', '@types/proper-lockfile@^4');
  // these work on a fresh clone, and hear of an end themselves: a task runner or a shell in between would leave them running
  const programs = { localstack: 'integ/localstack/cli.ts', demo: 'integ/demo/demo.ts', bench: 'bench/bench.ts' };
  for (const [name, program] of Object.entries(programs)) { project.package.setScript(name, `exec node install-first.mjs --import tsx ${program}`); }
}
