import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Linter, loadESLint } from 'eslint';
import execa from 'execa';
import { awscdk } from 'projen';
import { bundledFunctions } from '../../projenrc/bundled-function';

const repository = join(__dirname, '..', '..');
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'toolchain-')));

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe('the lint rules', () => {
  const rules = ['import/no-restricted-paths', 'import/no-cycle', 'import/no-extraneous-dependencies', 'import/no-unresolved', 'no-restricted-imports'];

  test.each([
    ['src/private/check.ts', '../queue/settings'],
    ['src/private/check.ts', '../dead-letter/dead-letter-queue'],
    ['src/dead-letter/dead-letter-queue.ts', '../queue/settings'],
    ['src/dead-letter/dead-letter-queue.ts', '../idempotency/idempotency-table'],
    ['src/idempotency/idempotency-table.ts', '../dead-letter/dead-letter-queue'],
    ['src/function/consumer-function.ts', '../queue/settings'],
    ['lambda/errors.ts', './store/once'],
    ['lambda/errors.ts', './consumers/queue-consumer'],
    ['lambda/contract.ts', './engine/failure'],
    ['lambda/contract.ts', './consumers/queue-consumer'],
    ['lambda/environment.ts', './visibility'],
    ['lambda/store/once.ts', '../engine/failure'],
    ['lambda/store/once.ts', '../consumers/queue-consumer'],
    ['lambda/engine/failure.ts', '../dead-letter'],
    ['lambda/dead-letter.ts', './consumers/queue-consumer'],
    ['lambda/visibility.ts', './consumers/queue-consumer'],
  ])('report an import that points up: %s of %s', async (file, imported) => {
    expect(await reported(file, imported)).toContain('import/no-restricted-paths');
  });

  test.each([
    ['src/queue/settings.ts', '../../lambda/errors'],
    ['src/queue/settings.ts', 'cdk-event-patterns/lambda'],
    ['lambda/consumers/queue-consumer.ts', '../../src/private/check'],
    ['lambda/consumers/queue-consumer.ts', 'cdk-event-patterns'],
    ['lambda/store/once.ts', 'aws-cdk-lib'],
    ['lambda/consumers/queue-consumer.ts', 'aws-cdk-lib/aws-sqs'],
    ['lambda/consumers/queue-consumer.ts', 'constructs'],
  ])('report an import across the border between constructs and handlers: %s of %s', async (file, imported) => {
    expect(await reported(file, imported)).toContain('import/no-restricted-paths');
  });

  test.each([
    ['src/queue/settings.ts', '../index'],
    ['lambda/consumers/queue-consumer.ts', '../index'],
    ['lambda/store/once.ts', '../index'],
  ])('report an import of a barrel: %s of %s', async (file, imported) => {
    expect(await reported(file, imported)).toContain('import/no-restricted-paths');
  });

  test.each(['src/queue/settings.ts', 'lambda/engine/failure.ts'].flatMap((file) => ['test/given', 'samples/orders/app', 'bench/figure', 'projenrc/bench'].map((imported) => [file, imported])))(
    'report an import of what is not published: %s of %s', async (file, imported) => {
      expect(await reported(file, `../../${imported}`)).toContain('import/no-restricted-paths');
    },
  );

  test.each([
    ['lambda/consumers/queue-consumer.ts', 'zod'],
    ['lambda/consumers/queue-consumer.ts', '@aws-sdk/client-s3'],
    ['src/queue/settings.ts', '@aws-sdk/client-dynamodb'],
  ])('report an import of a package that users do not get: %s of %s', async (file, imported) => {
    expect(await reported(file, imported)).toEqual(['import/no-extraneous-dependencies']);
  });

  test.each(['../../src/index', '../../src/queue/settings', '../../lambda/consumers/queue-consumer', '../../lambda'])('report that a sample imports %s instead of the published name', async (imported) => {
    expect(await reported('samples/orders/app.ts', imported)).toEqual(['no-restricted-imports']);
  });

  test.each([
    ['src/queue/settings.ts', '../private/check'],
    ['src/queue/settings.ts', '../function/consumer-function'],
    ['src/index.ts', './queue/settings'],
    ['lambda/consumers/queue-consumer.ts', '../engine/delivery'],
    ['lambda/engine/failure.ts', '../store/once'],
    ['lambda/store/once.ts', '../errors'],
    ['lambda/index.ts', './consumers/queue-consumer'],
    ['samples/orders/app.ts', 'cdk-event-patterns'],
    ['samples/orders/order-placed.ts', 'cdk-event-patterns/lambda'],
  ])('let an import pass that points down: %s of %s', async (file, imported) => {
    expect(await reported(file, imported)).toEqual([]);
  });

  test('report two files that import each other', async () => {
    const [one, other] = [join(temporary, 'one.ts'), join(temporary, 'other.ts')];
    writeFileSync(one, "import { second } from './other';\nexport const first = () => second;\n");
    writeFileSync(other, "import { first } from './one';\nexport const second = () => first;\n");

    expect(await reportedIn(one, readFileSync(one, 'utf8'))).toEqual(['import/no-cycle']);
  });

  test('know every folder of src', () => {
    const folders = readdirSync(join(repository, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => `./src/${name}`);
    const [, { zones }] = configuration().rules['import/no-restricted-paths'] as [string, { zones: { target: unknown; from: unknown }[] }];

    const ordered = zones.filter(({ from }) => from === './src').map(({ target }) => target);

    expect(ordered).toEqual(expect.arrayContaining(folders));
  });

  async function reported(file: string, imported: string): Promise<string[]> {
    return reportedIn(join(repository, file), `import * as found from '${imported}';\nfound;\n`);
  }

  /** Asks for these rules only: others need types, or dislike a name that is not used. */
  async function reportedIn(filePath: string, text: string): Promise<string[]> {
    const { rules: all, ...rest } = configuration();
    const ESLint = await loadESLint({ useFlatConfig: false });
    const eslint = new ESLint({
      cwd: repository,
      useEslintrc: false,
      resolvePluginsRelativeTo: repository,
      baseConfig: {
        ...rest,
        parserOptions: { ...rest.parserOptions, project: null },
        rules: Object.fromEntries(Object.entries(all).filter(([rule]) => rules.includes(rule))),
      },
    });
    const [result] = await eslint.lintText(text, { filePath });
    return [...new Set(result!.messages.map(({ ruleId, message }) => ruleId ?? message))];
  }
});

test.each(lockFiles())('%s names no host that a package comes from', (file) => {
  const lines = readFileSync(join(repository, file), 'utf8').split('\n');

  // an npm lock may name the web page of a package's author
  const naming = lines.filter((line) => /"resolved":|^\s*--?(index-url|extra-index-url|find-links|i|f)\b|@ (https?|file|git)/.test(line));

  expect(naming).toEqual([]);
});

test('a function in lambda/functions becomes one bundle that runs, and a construct that is not exported', async () => {
  const folder = join(temporary, 'project');
  mkdirSync(join(folder, 'lambda', 'functions'), { recursive: true });
  writeFileSync(join(folder, 'lambda', 'greeting.ts'), 'export const greeting: string = "hello";\n');
  writeFileSync(join(folder, 'lambda', 'functions', 'hello.lambda.ts'), "import { greeting } from '../greeting';\nexport const handler = async () => greeting;\n");
  synthesizeProject(folder);
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction');

  await execa(process.execPath, [join(repository, 'node_modules/projen/bin/projen'), 'bundle'], { cwd: folder });

  const wrapper = readFileSync(join(folder, 'src', 'private', 'hello-function.ts'), 'utf8');
  expect(wrapper).toContain('export class HelloFunction extends lambda.Function');
  expect(tasks(folder)['pre-compile']?.steps).toContainEqual({ spawn: 'bundle' });
  const [, asset] = /path\.join\(__dirname, '(.*)'\)/.exec(wrapper)!;
  // seen from the compiled wrapper in lib/private, as it is published
  const { stdout } = await execa(process.execPath, ['-e', `require(${JSON.stringify(join(folder, 'lib', 'private', asset!))}).handler().then(console.log)`]);
  expect(stdout).toBe('hello');
});

function tasks(folder: string) {
  return (JSON.parse(readFileSync(join(folder, '.projen', 'tasks.json'), 'utf8')) as { tasks: Record<string, { steps: unknown[] }> }).tasks;
}

function configuration() {
  const text = readFileSync(join(repository, '.eslintrc.json'), 'utf8').replace(/^\/\/.*\n/, '');
  return JSON.parse(text) as Linter.LegacyConfig & { rules: Linter.RulesRecord };
}

function lockFiles(): string[] {
  const npm = join('integ', 'localstack', 'npm');
  const found = [
    'package-lock.json',
    ...readdirSync(join(repository, npm)).map((name) => join(npm, name, 'package-lock.json')),
    ...readdirSync(join(repository, 'integ', 'localstack')).filter((name) => /^(requirements|tools).*\.txt$/.test(name)).map((name) => join('integ', 'localstack', name)),
  ];
  return found.filter((file) => existsSync(join(repository, file)));
}

function synthesizeProject(outdir: string): void {
  const project = new awscdk.AwsCdkConstructLibrary({
    name: 'hello', author: 'hello', authorAddress: 'hello@example.com', repositoryUrl: 'https://example.com/hello.git', defaultReleaseBranch: 'main',
    cdkVersion: '2.200.0', outdir, projenrcTs: true, jest: false, github: false, release: false, depsUpgrade: false, sampleCode: false, lambdaAutoDiscover: false,
  });
  bundledFunctions(project);
  // what follows a synthesis is an installation
  process.env.PROJEN_DISABLE_POST = 'true';
  project.synth();
}
