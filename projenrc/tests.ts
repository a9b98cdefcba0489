import { awscdk, JsonFile } from 'projen';

/** `npm test`: lint, types, build, unit tests, examples, and the integration tests on LocalStack. */
export function tests(project: awscdk.AwsCdkConstructLibrary) {
  project.addDevDeps(
    'jest@^30', '@types/jest@^30', '@swc/core@1.16.18', '@swc/jest@^0.2', 'fast-check@^4', 'zod@^4', 'valibot@^1', '@valibot/to-json-schema@^1', 'arktype@^2', 'iovalkey@^0.4',
    '@aws-sdk/client-cloudformation@^3', '@aws-sdk/client-cloudwatch-logs@^3', '@aws-sdk/client-lambda@^3',
    '@aws-sdk/client-iam@^3', '@aws-sdk/client-sfn@^3', '@aws-sdk/client-sts@^3', '@aws-sdk/client-s3@^3', 'p-wait-for@^5', 'fflate@^0.8',
  );
  const shared = {
    rootDir: '..',
    transform: { '^.+\\.[mc]?[jt]s$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }] },
    transformIgnorePatterns: ['/node_modules/(?!(p-wait-for|p-timeout|arktype|arkregex|@ark)/)'],
    moduleNameMapper: {
      '^cdk-event-patterns$': '<rootDir>/src/index.ts', '^cdk-event-patterns/lambda$': '<rootDir>/lambda/index.ts',
      '^cdk-event-patterns/testing$': '<rootDir>/lambda/testing/index.ts',
    },
    modulePathIgnorePatterns: ['<rootDir>/lib/', '<rootDir>/dist/', '<rootDir>/.cache/', '<rootDir>/cdk.out/'],
    testEnvironment: 'node',
    clearMocks: true,
  };
  new JsonFile(project, 'test/jest.config.json', {
    obj: { ...shared, testMatch: ['<rootDir>/test/**/*.test.ts'], reporters: ['default', ['<rootDir>/test/closing-line.js', { name: 'Unit' }]], testTimeout: 60_000 },
  });
  new JsonFile(project, 'integ/jest.config.json', {
    obj: {
      ...shared,
      testMatch: ['<rootDir>/integ/**/*.integ.ts'],
      reporters: ['default', ['<rootDir>/test/closing-line.js', { name: 'Integration' }]],
      testTimeout: 180_000,
      maxWorkers: 2,
    },
  });
  for (const folder of ['test', 'integ', 'samples', 'bench']) {
    new JsonFile(project, `${folder}/tsconfig.json`, { obj: { extends: '../tsconfig.dev.json', include: ['./**/*.ts'], compilerOptions: { noEmit: true, rootDir: '..' } } });
  }

  const types = project.addTask('types', { description: 'Type-check everything that is not compiled: tests, samples, integ, bench', exec: 'tsc --noEmit -p tsconfig.dev.json' });
  const unit = project.addTask('test:unit', { description: 'Unit tests', exec: 'jest --config test/jest.config.json', receiveArgs: true });
  const integration = project.addTask('test:integ', { description: 'Integration tests on LocalStack (or the endpoint in AWS_ENDPOINT_URL)', exec: 'node --import tsx integ/with-endpoint.ts jest --config integ/jest.config.json', receiveArgs: true });
  project.testTask.reset();
  if (project.eslint) { project.testTask.spawn(project.eslint.eslintTask); }
  project.testTask.spawn(types);
  project.testTask.spawn(project.preCompileTask);
  project.testTask.spawn(project.compileTask);
  project.testTask.spawn(project.postCompileTask);
  project.testTask.spawn(unit);
  project.testTask.spawn(integration);
  project.package.setScript('chaos', 'exec node install-first.mjs --import tsx test/chaos/cli.ts');
  project.package.setScript('test', 'exec node install-first.mjs node_modules/projen/bin/projen test');
}
