import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import execa from 'execa';
import { EmptyProject, floor, pack, repository, temporaryFolder } from './empty-project';
import { findPython } from '../../integ/localstack/python';

interface Resource { readonly Type: string; readonly Properties: Record<string, unknown> }

const project = new EmptyProject();
const packages = temporaryFolder();
let contents: readonly string[] = [];

beforeAll(async () => {
  const packed = await pack(packages);
  contents = packed.contents;
  await project.install(packed.tarball);
  for (const [format, extension] of [['cjs', '.cjs'], ['esm', '.mjs']]) {
    await project.run('node_modules/.bin/esbuild', 'stack.ts', 'consume.ts', '--outdir=out', '--log-level=warning', `--format=${format}`, `--out-extension:.js=${extension}`);
  }
}, 180_000);

afterAll(() => {
  project.remove();
  rmSync(packages, { recursive: true, force: true });
});

test('holds both entry points with their types, the jsii assembly and the documents, and nothing of the workshop', () => {
  const needed = ['lib/index.js', 'lib/index.d.ts', 'lib/lambda/index.js', 'lib/lambda/index.mjs', 'lib/lambda/index.d.ts', '.jsii', 'README.md', 'LICENSE', 'API.md', 'package.json'];
  const allowed = /^(lib\/.*\.(js|mjs|d\.ts)|assets\/lambda\/functions\/.*\/index\.js|\.jsii|\.warnings\.jsii\.js|README\.md|LICENSE|NOTICE|API\.md|CHANGELOG\.md|CONTRIBUTING\.md|package\.json)$/;

  expect(contents).toEqual(expect.arrayContaining(needed));
  expect(contents.filter((path) => !allowed.test(path))).toEqual([]);
});

test('names no folder of the machine that built it', () => {
  const texts = contents.map((path) => [path, withSourceMap(readFileSync(join(project.installed, path), 'utf8'))] as const);

  const telling = texts.filter(([, text]) => [repository, homedir()].some((folder) => text.includes(`${folder}/`))).map(([path]) => path);

  expect(telling).toEqual([]);
});

test.each([
  // the whole of what we declare is checked once; what the others do differently is how they find it
  ['node16', 'node16', [] as string[]],
  ['bundler', 'esnext', ['--skipLibCheck', '--exactOptionalPropertyTypes']],
  ['node10', 'commonjs', ['--skipLibCheck', '--exactOptionalPropertyTypes', '--ignoreDeprecations', '6.0']],
])('type-checks in an app and in a handler under moduleResolution %s', async (moduleResolution, module, options) => {
  expect(await project.typeCheck(moduleResolution, module, ...options)).toBe('');
}, 120_000);

test.each([['require', 'out/consume.cjs'], ['import', 'out/consume.mjs']])('handles messages when a handler gets it by `%s`', async (_way, file) => {
  const answer = join(project.folder, `${_way}.json`);

  await execa(process.execPath, [file, answer], { cwd: project.folder, env: { EVENT_PATTERNS_CONSUMER: environment } });

  expect(JSON.parse(readFileSync(answer, 'utf8'))).toEqual({ batchItemFailures: [], processed: ['order-1'], deadLetters: ['no order'] });
});

describe(`with aws-cdk-lib ${floor('aws-cdk-lib')}, the oldest that is supported`, () => {
  const assembly = join(project.folder, 'cdk.out');

  beforeAll(async () => {
    await execa(process.execPath, ['out/stack.cjs', assembly], { cwd: project.folder });
  }, 60_000);

  test('makes the resources that it makes with the one we test with, property by property', async () => {
    const tested = project.withTestedPeers();
    try {
      // what the bundle holds is not looked at here
      await execa(process.execPath, ['out/stack.cjs', 'cdk.out'], { cwd: tested.folder, env: { CDK_CONTEXT_JSON: '{"aws:cdk:bundling-stacks":[]}' } });

      // an older aws-cdk-lib silently leaves out a property that it does not know
      expect(comparable(resources(assembly))).toEqual(comparable(resources(join(tested.folder, 'cdk.out'))));
    } finally {
      tested.remove();
    }
  }, 60_000);

  test('gives its functions a Node.js that AWS Lambda still supports', () => {
    const runtimes = Object.values(resources(assembly)).filter(({ Type }) => Type === 'AWS::Lambda::Function').map(({ Properties }) => Properties.Runtime);

    expect(runtimes.map((runtime) => Number(/^nodejs(\d+)\.x$/.exec(String(runtime))?.[1]) >= 22)).toEqual([true, true]);
  });

  test('bundles a handler that needs nothing beside it', async () => {
    const asset = readdirSync(assembly).find((name) => name.startsWith('asset.') && existsSync(join(assembly, name, 'index.js')))!;
    const alone = join(packages, 'alone');
    cpSync(join(assembly, asset), alone, { recursive: true });

    const call = 'require("./index.js").handler({}).catch((error) => console.log(error.message))';
    const { stdout } = await execa(process.execPath, ['-e', call], { cwd: alone, env: { EVENT_PATTERNS_CONSUMER: environment, AWS_REGION: 'eu-central-1' } });

    expect(stdout).toContain('the event has no Records');
  });
});

test('becomes a Python package that asks for the same aws-cdk-lib', async () => {
  // jsii-pacmak calls whatever is named python3, which may be a shim that selects nothing
  const bin = join(packages, 'bin');
  mkdirSync(bin);
  symlinkSync(await findPython(), join(bin, 'python3'));

  await execa(process.execPath, [join(repository, 'node_modules/jsii-pacmak/bin/jsii-pacmak'), '--targets', 'python', '--outdir', packages, project.installed], {
    env: { PATH: `${bin}${delimiter}${process.env.PATH}`, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
  });

  const wheel = readdirSync(join(packages, 'python')).find((name) => name.endsWith('.whl'))!;
  const { stdout: names } = await execa(await findPython(), ['-m', 'zipfile', '--list', join(packages, 'python', wheel)]);
  expect(names).toContain('cdk_event_patterns/__init__.py');
  const { stdout: metadata } = await execa(await findPython(), ['-c', readMetadata, join(packages, 'python', wheel)]);
  expect(metadata).toContain(`Requires-Dist: aws-cdk-lib <3.0.0,>=${floor('aws-cdk-lib')}`);
}, 180_000);

const readMetadata = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(next(z.read(n).decode() for n in z.namelist() if n.endswith("/METADATA")))';

const environment = JSON.stringify({
  v: 1, id: 'Shop/Orders', construct: 'Shop/Orders',
  source: { kind: 'sqs', arn: 'arn:aws:sqs:eu-central-1:111111111111:orders', url: 'https://sqs.eu-central-1.amazonaws.com/111111111111/orders' },
  deadLetterQueue: 'https://sqs.eu-central-1.amazonaws.com/111111111111/dead-letters',
  idempotency: { table: 'FinishedWork', rememberFor: 86_400 }, maxAttempts: 5, retry: { delay: 1, maxDelay: 900 },
});

function resources(assembly: string): Record<string, Resource> {
  return (JSON.parse(readFileSync(join(assembly, 'Shop.template.json'), 'utf8')) as { Resources: Record<string, Resource> }).Resources;
}

/** Without what may differ: paths, the hash of the bundle, and the newest runtime that each version knows. */
function comparable(found: Record<string, Resource>) {
  return Object.fromEntries(Object.entries(found).map(([id, { Type, Properties: { Code, Runtime, ...Properties } }]) => [id, { Type, Properties }]));
}

/** jsii puts the source map, which names files, into the script in base64. */
function withSourceMap(text: string): string {
  const map = /sourceMappingURL=data:[^,]*;base64,(\S+)/.exec(text)?.[1] ?? '';
  return text + Buffer.from(map, 'base64').toString();
}
