import { once } from 'node:events';
import { join } from 'node:path';
import { CreateEventSourceMappingCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import execa from 'execa';
import { eventually } from '../eventually';
import { clientsOf } from './clients';
import { givenFunction } from './function-under-test';
import { type RunningLocalStack, startLocalStack } from './localstack';
import { descendantsOf, survivorsOf } from './processes';
import { StackUnderTest } from './stack-under-test';

const tenSeconds = 10_000;

/** Has functions run, mappings poll, and DynamoDB and Kinesis started. */
async function putToWork(endpoint: string): Promise<void> {
  await runEndlessly(endpoint);
  const clients = clientsOf(endpoint);
  const table = { KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], BillingMode: 'PAY_PER_REQUEST' };
  await StackUnderTest.create({
    Resources: { Table: { Type: 'AWS::DynamoDB::Table', Properties: table }, Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 1 } } },
  }, clients);
}

/** Has a function run for ten minutes, once for an event of a mapping and once for an invocation; neither it nor its child wants to end. */
async function runEndlessly(endpoint: string): Promise<void> {
  const clients = clientsOf(endpoint);
  const { QueueUrl } = await clients.sqs.send(new CreateQueueCommand({ QueueName: 'polled' }));
  const code = `
    require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)'], { stdio: 'ignore', detached: true }).unref();
    process.on('SIGTERM', () => {});
    exports.handler = () => new Promise((done) => setTimeout(done, 600_000))`;
  const endless = await givenFunction(code, { Timeout: 600 }, clients);
  await clients.lambda.send(new CreateEventSourceMappingCommand({ FunctionName: endless.name, EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:polled' }));
  await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'work' }));
  await clients.lambda.send(new InvokeCommand({ FunctionName: endless.name, InvocationType: 'Event' }));
}

/** LocalStack, two functions with a child each, and where these are at work, DynamoDB and Kinesis: all that is to be gone. */
async function everythingOf(pid: number, atLeast: number): Promise<number[]> {
  return eventually(async () => {
    const pids = await descendantsOf(pid);
    expect(pids.length).toBeGreaterThanOrEqual(atLeast);
    return pids;
  }, 30_000);
}

async function expectAllGone(pids: readonly number[]): Promise<void> {
  await eventually(async () => expect(await survivorsOf(pids)).toEqual([]), tenSeconds);
}

describe('LocalStack at work', () => {
  let localstack: RunningLocalStack;
  let everything: number[];

  beforeEach(async () => {
    localstack = await startLocalStack();
    await putToWork(localstack.endpoint);
    everything = [localstack.pid, ...await everythingOf(localstack.pid, 7)];
  });

  afterEach(() => localstack.stop());

  test('stops within ten seconds, leaving no process', async () => {
    const start = Date.now();

    await localstack.stop();

    expect(Date.now() - start).toBeLessThan(tenSeconds);
    expect(await survivorsOf(everything)).toEqual([]);
  });

  test('leaves no process when its supervisor is killed', async () => {
    process.kill(localstack.pid, 'SIGKILL');

    await expectAllGone(everything);
    await localstack.ended;
  });
});

test('LocalStack is over, leaving no process, when it is killed itself', async () => {
  const localstack = await startLocalStack();
  await runEndlessly(localstack.endpoint);
  const everything = await everythingOf(localstack.pid, 5);

  process.kill(everything[0]!, 'SIGKILL');

  await localstack.ended;
  expect(await survivorsOf(everything)).toEqual([]);
});

describe('the command', () => {
  const root = join(__dirname, '..', '..');
  const command = (...args: string[]) => {
    const { AWS_ENDPOINT_URL, ...env } = process.env;
    return execa(process.execPath, ['--import', 'tsx', join('integ', 'localstack', 'cli.ts'), ...args], { cwd: root, env, extendEnv: false, reject: false, all: true });
  };
  const started = async (run: ReturnType<typeof command>) => {
    let output = '';
    run.all!.on('data', (chunk) => { output += String(chunk); });
    return eventually(async () => String(/ready at (http:\S+)/.exec(output.replace(/\u001B\[\d+m/g, ''))?.[1] ?? expect(output).toContain('ready')), 60_000);
  };

  test('leaves no process when it is killed without a chance to clean up', async () => {
    const run = command('--port', '0');
    await putToWork(await started(run));
    const everything = await everythingOf(run.pid!, 8);

    run.kill('SIGKILL');

    await expectAllGone(everything);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('ends well within ten seconds of a %s, leaving no process', async (signal) => {
    const run = command('--port', '0');
    await runEndlessly(await started(run));
    const everything = await everythingOf(run.pid!, 6);
    const start = Date.now();

    run.kill(signal);

    expect((await run).exitCode).toBe(0);
    expect(Date.now() - start).toBeLessThan(tenSeconds);
    expect(await survivorsOf(everything)).toEqual([]);
  });

  test('leaves no process when it is interrupted while LocalStack starts', async () => {
    const run = command('--port', '0');
    await once(run.all!, 'data');
    const everything = await eventually(async () => {
      const pids = await descendantsOf(run.pid!);
      expect(pids.length).toBeGreaterThanOrEqual(2);
      return pids;
    });

    run.kill('SIGINT');

    expect((await run).exitCode).toBe(1);
    expect(await survivorsOf(everything)).toEqual([]);
  });
});
