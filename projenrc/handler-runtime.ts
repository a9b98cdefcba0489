import { awscdk, JsonFile } from 'projen';

/** One version for every Powertools package: 2.36.0 was published without its sibling `jmespath`. */
export const powertools = '2.35.0';

/** Compiles `lambda/` into `lib/lambda` and publishes it as `cdk-event-patterns/lambda`, next to the jsii entry point. */
export function handlerRuntime(project: awscdk.AwsCdkConstructLibrary) {
  // optional dependencies: jsii passes them by, other languages ignore them, and a user's own copy is shared
  project.package.addField('optionalDependencies', {
    '@aws-lambda-powertools/commons': `~${powertools}`,
    '@aws-lambda-powertools/idempotency': `~${powertools}`,
    '@aws-lambda-powertools/jmespath': `~${powertools}`,
    '@aws-lambda-powertools/logger': `~${powertools}`,
    '@aws-lambda-powertools/metrics': `~${powertools}`,
    '@aws-sdk/client-dynamodb': '^3.700.0',
    '@aws-sdk/client-eventbridge': '^3.700.0',
    '@aws-sdk/client-kinesis': '^3.700.0',
    '@aws-sdk/client-sns': '^3.700.0',
    '@aws-sdk/client-sqs': '^3.700.0',
    '@aws-sdk/util-dynamodb': '^3.700.0',
    '@types/aws-lambda': '^8.10.140',
  });
  project.package.addField('exports', {
    '.': './lib/index.js',
    './lambda': { types: './lib/lambda/index.d.ts', import: './lib/lambda/index.mjs', default: './lib/lambda/index.js' },
    './testing': { types: './lib/lambda/testing/index.d.ts', import: './lib/lambda/testing/index.mjs', default: './lib/lambda/testing/index.js' },
    './package.json': './package.json',
    './.jsii': './.jsii',
    './.warnings.jsii.js': './.warnings.jsii.js',
  });
  // for `moduleResolution: node10`, which does not read `exports`
  project.package.addField('typesVersions', {
    '*': { lambda: ['./lib/lambda/index.d.ts'], testing: ['./lib/lambda/testing/index.d.ts'] },
  });

  new JsonFile(project, 'lambda/tsconfig.json', {
    obj: {
      extends: '../tsconfig.dev.json',
      include: ['./**/*.ts'],
      exclude: ['functions'],
      compilerOptions: {
        module: 'node16',
        moduleResolution: 'node16',
        rootDir: '.',
        outDir: '../lib/lambda',
        noEmit: false,
        declaration: true,
        stripInternal: true,
        exactOptionalPropertyTypes: true,
        paths: {},
      },
    },
  });
  const compile = project.addTask('compile:lambda', {
    description: 'Compile the handler runtime: CommonJS with types, and ES modules that bundlers can shake',
    steps: [
      { exec: 'tsc -p lambda/tsconfig.json' },
      {
        exec: 'esbuild lambda/index.ts lambda/testing/index.ts --bundle --splitting --packages=external --format=esm --platform=node --target=node20'
          + ' --outdir=lib/lambda --out-extension:.js=.mjs --log-level=warning',
      },
    ],
  });
  project.postCompileTask.prependSpawn(compile);
  project.npmignore?.exclude('/lambda/');
}
