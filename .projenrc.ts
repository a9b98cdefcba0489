import { awscdk, JsonFile } from 'projen';
import { Stability } from 'projen/lib/cdk';
import { NodePackageManager } from 'projen/lib/javascript';
import { TypeScriptRunner } from 'projen/lib/typescript';
import { bench } from './projenrc/bench';
import { bundledFunctions } from './projenrc/bundled-function';
import { handlerRuntime } from './projenrc/handler-runtime';
import { importZones } from './projenrc/import-zones';
import { integ } from './projenrc/integ';
import { snippets } from './projenrc/snippets';
import { tests } from './projenrc/tests';

// What we build and test with. The floor of aws-cdk-lib is what users need; test/conformance/package.test.ts installs it.
const cdk = { floor: '2.178.0', tested: '2.276.0' };
const constructs = { floor: '10.0.5', tested: '10.8.1' };

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-event-patterns',
  description: 'AWS CDK constructs for event-driven architecture: what you deploy loses nothing, counts nothing twice, and can prove it',
  keywords: ['aws', 'aws-cdk', 'event-driven', 'sqs', 'idempotency', 'dead-letter-queue', 'lambda', 'powertools'],
  author: 'The cdk-event-patterns authors',
  authorAddress: 'cdk-event-patterns@users.noreply.github.com',
  repositoryUrl: 'https://github.com/cdk-event-patterns/cdk-event-patterns.git',
  license: 'Apache-2.0',
  copyrightOwner: 'The cdk-event-patterns authors',
  stability: Stability.EXPERIMENTAL,
  defaultReleaseBranch: 'main',

  packageManager: NodePackageManager.NPM,
  minNodeVersion: '20.16.0',
  jsiiVersion: '~6.0.16',
  typescriptVersion: '~6.0.3',
  projenVersion: '0.103.25',
  cdkVersion: cdk.floor,
  constructsVersion: constructs.floor,
  peerDependencyOptions: { pinnedDevDependency: false },

  publishToPypi: { distName: 'cdk-event-patterns', module: 'cdk_event_patterns' },
  publishToMaven: {
    javaPackage: 'io.github.cdkeventpatterns',
    mavenGroupId: 'io.github.cdkeventpatterns',
    mavenArtifactId: 'cdk-event-patterns',
  },
  publishToNuget: { dotNetNamespace: 'CdkEventPatterns', packageId: 'CdkEventPatterns' },
  publishToGo: { moduleName: 'github.com/cdk-event-patterns/cdk-event-patterns-go', packageName: 'cdkeventpatterns' },

  projenrcTs: true,
  runner: TypeScriptRunner.tsx(),
  sampleCode: false,
  github: false,
  release: false,
  depsUpgrade: false,
  jest: false,
  lambdaAutoDiscover: false,
  edgeLambdaAutoDiscover: false,
  singletonLambdaAutoDiscover: false,
  lambdaExtensionAutoDiscover: false,
  integrationTestAutoDiscover: false,

  tsconfigDevFile: 'tsconfig.dev.json',
  tsconfigDev: {
    include: ['src', 'lambda', 'test', 'integ', 'samples', 'bench', 'projenrc', '.projenrc.ts'].map((path) => path.startsWith('.') ? path : `${path}/**/*.ts`),
    exclude: ['node_modules', '.cache'],
    compilerOptions: {
      module: 'esnext',
      moduleResolution: 'bundler' as never,
      isolatedModules: true,
      stripInternal: false,
      noUncheckedIndexedAccess: true,
      // samples and tests import the package by its published name, without a build between an edit and a run
      paths: {
        'cdk-event-patterns': ['./src/index.ts'], 'cdk-event-patterns/lambda': ['./lambda/index.ts'], 'cdk-event-patterns/testing': ['./lambda/testing/index.ts'],
      },
    },
  },
  eslintOptions: {
    dirs: ['src', 'lambda'],
    devdirs: ['test', 'integ', 'samples', 'bench', 'projenrc'],
    tsconfigPath: './tsconfig.dev.json',
    projectService: false,
    commandOptions: { fix: false },
  },

  devDeps: [
    `aws-cdk-lib@${cdk.tested}`,
    `constructs@${constructs.tested}`,
    'aws-cdk@2.1148.1',
    '@aws-cdk/toolkit-lib@1.40.0',
    'cdk-nag@3.0.2',
    '@types/node@^22',
    'esbuild@0.28.2',
    'tsx@^4',
  ],
  gitignore: ['.cache/', 'cdk.out/', '.jsii.tabl.json', '*.tsbuildinfo'],
});

// the newest release was published without most of its platforms' siblings, and `npm ci` refuses a lock file that lacks them
project.package.addPackageResolutions('unrs-resolver@1.12.2');

project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');
project.npmrc.addConfig('fund', 'false');
project.npmrc.addConfig('audit', 'false');
// Node.js 20 is past its end of life, and supported all the same; jsii says so in a banner, the SDK in nine lines, each time
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');
project.tasks.addEnvironment('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');
project.tasks.addEnvironment('TSX_TSCONFIG_PATH', 'tsconfig.dev.json');
for (const folder of ['integ', 'samples', 'rosetta', 'bench', 'projenrc', 'docs', '.ci', 'cdk.json', 'tsconfig.dev.json', '.cache', 'cdk.out', 'install-first.mjs', '.jsii.tabl.json', 'CONTRIBUTING.md']) {
  project.npmignore?.exclude(`/${folder}`);
}
// we compile against the newest aws-cdk-lib, and test/conformance installs the oldest: jsii would have both be one
project.compileTask.reset('jsii --silence-warnings=reserved-word --silence-warnings=metadata/missing-dev-dependency');
// jsii never cleans lib/: a deleted source would stay in the package
project.preCompileTask.exec('node -e "require(\'fs\').rmSync(\'lib\', { recursive: true, force: true })"');

handlerRuntime(project);
bundledFunctions(project);
importZones(project);
tests(project);
integ(project);
snippets(project);
bench(project);

new JsonFile(project, 'cdk.json', {
  obj: {
    app: 'npx tsx --tsconfig samples/tsconfig.json samples/orders/app.ts',
    context: {
      '@aws-cdk/core:checkSecretUsage': true,
      '@aws-cdk/aws-iam:minimizePolicies': true,
      '@aws-cdk/aws-lambda:useCdkManagedLogGroup': false,
    },
  },
});

project.synth();
