import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ConsumerFunction, type ConsumerFunctionProps } from '../../src';
import { allowed, flagsOff, flagsOn, givenStack, logicalId, messageOf, permissions, rendered, resources } from '../given';

const entry = join(__dirname, 'handlers', 'greet.ts');
// what is not about bundling does not wait for it
const unbundled = { 'aws:cdk:bundling-stacks': [] };

function givenGreet(props: Partial<ConsumerFunctionProps> = {}, context = {}) {
  const stack = givenStack({ ...unbundled, ...context });
  return { stack, greet: new ConsumerFunction(stack, 'Greet', { entry, ...props }) };
}

test('runs on the newest long-term-support Node.js, on arm64, for 30 seconds at most', () => {
  const { greet } = givenGreet();

  expect(rendered(greet).Properties).toMatchObject({
    Runtime: 'nodejs24.x', Architectures: ['arm64'], Timeout: 30, MemorySize: 512, Handler: 'index.handler', TracingConfig: { Mode: 'Active' },
  });
});

test('passes on what it is given', () => {
  const { greet } = givenGreet({
    handler: 'greet', timeout: Duration.minutes(1), memorySize: 256, environment: { A: 'b' }, description: 'Greets', runtime: Runtime.NODEJS_22_X, tracing: Tracing.DISABLED,
  });

  expect(rendered(greet).Properties).toMatchObject({
    Runtime: 'nodejs22.x', Timeout: 60, MemorySize: 256, Handler: 'index.greet', Environment: { Variables: { A: 'b' } }, Description: 'Greets',
  });
  expect(rendered(greet).Properties.TracingConfig).toBeUndefined();
});

test.each(Object.entries({ 'no flags': {}, 'all recommended flags': flagsOn, 'all flags off': flagsOff }))('may write its log and its traces, and nothing else, under %s', (_, context) => {
  const { stack, greet } = givenGreet({}, context);

  const statements = permissions(greet);
  expect(statements).toHaveLength(2);
  expect(allowed(statements, stack.resolve(greet.logGroup.logGroupArn))).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
  expect(allowed(statements, '*')).toEqual(['xray:PutTelemetryRecords', 'xray:PutTraceSegments']);
  expect(rendered(greet.role!).Properties.ManagedPolicyArns).toBeUndefined();
  expect(new Set(Object.values(resources(stack)).map(({ Type }) => Type))).toEqual(
    new Set(['AWS::Logs::LogGroup', 'AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::Lambda::Function']));
});

test('is made after its permissions', () => {
  const { greet } = givenGreet();

  expect(rendered(greet).DependsOn).toContain(logicalId(greet.role!.node.findChild('DefaultPolicy')));
});

test.each([[undefined, 90], [RetentionDays.ONE_YEAR, 365]])('keeps log lines, with a retention of %s, for %d days, also when the stack is deleted', (logRetention, days) => {
  const { greet } = givenGreet({ logRetention });

  expect(rendered(greet.logGroup)).toMatchObject({ DeletionPolicy: 'Retain', Properties: { RetentionInDays: days } });
  expect(rendered(greet).Properties.LoggingConfig).toEqual({ LogGroup: { Ref: logicalId(greet.logGroup) } });
});

test('encrypts its variables and its log with a key, and lets the log use it', () => {
  const stack = givenStack(unbundled);
  const encryptionKey = new Key(stack, 'Key');

  const greet = new ConsumerFunction(stack, 'Greet', { entry, encryptionKey });

  const key = stack.resolve(encryptionKey.keyArn);
  expect(rendered(greet).Properties.KmsKeyArn).toEqual(key);
  expect(rendered(greet.logGroup).Properties.KmsKeyId).toEqual(key);
  expect(allowed(permissions(greet), key)).toEqual(['kms:Decrypt']);
  const [, logs] = rendered(encryptionKey).Properties.KeyPolicy.Statement;
  expect(logs).toMatchObject({ Effect: 'Allow', Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': expect.anything() } } });
  expect(JSON.stringify(logs.Principal)).toContain('logs.');
});

test('may use a key of another stack', () => {
  const app = new App({ context: unbundled });
  const [keys, shop] = [new Stack(app, 'Keys'), new Stack(app, 'Shop')];

  new ConsumerFunction(shop, 'Greet', { entry, encryptionKey: new Key(keys, 'Key') });

  expect(() => app.synth()).not.toThrow();
});

describe('bundled', () => {
  let bundle: string;
  beforeAll(() => {
    const app = new App();
    const greet = new ConsumerFunction(new Stack(app, 'Shop'), 'Greet', { entry });
    const { directory } = app.synth();
    bundle = join(directory, rendered(greet).Properties.Code.S3Key.replace(/^(.*)\.zip$/, 'asset.$1'), 'index.js');
  });

  test('runs without a container engine, and answers', async () => {
    const { handler } = await import(bundle) as { handler: (event: object) => Promise<string> };

    expect(await handler({ name: 'you' })).toBe('hello you, from NobodyThere');
  });

  test('brings its own AWS SDK', () => {
    const required = [...readFileSync(bundle, 'utf8').matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name!);

    expect([...new Set(required)].filter((name) => !isBuiltin(name))).toEqual([]);
  });

  test('leaves out what the SDK brings for credentials outside of Lambda', () => {
    const text = readFileSync(bundle, 'utf8');

    // not by `toContain`: a failure would print half a megabyte
    expect(text.includes('there are no credentials in the environment')).toBe(true);
    expect(['sso-oidc', '169.254.170.2'].filter((marker) => text.includes(marker))).toEqual([]);
  });
});

test('fails once for everything that is wrong', () => {
  expect(messageOf(() => givenGreet({
    entry: 'greet.ts', timeout: Duration.minutes(16), memorySize: 64, environment: { EVENT_PATTERNS_CONSUMER: '{}' }, runtime: Runtime.PYTHON_3_12,
  }))).toBe('[Shop/Greet] ConsumerFunction: ' + [
    "entry is 'greet.ts', which is not there; set it to the file that exports the handler",
    'timeout is 16 minutes, set it between 1 second and 15 minutes',
    'memorySize is 64, set it between 128 and 10240',
    'environment sets EVENT_PATTERNS_CONSUMER, which the queue of the function writes; leave it out',
    'runtime is python3.12, set it to one of Node.js',
  ].join('; '));
});
