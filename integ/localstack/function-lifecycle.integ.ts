import { existsSync } from 'node:fs';
import { eventually } from '../eventually';
import { givenFunction } from './function-under-test';
import { processesLike } from './processes';

describe('a function', () => {
  test('gets the event and answers, with characters of all kinds', async () => {
    const echo = await givenFunction('exports.handler = async (event) => event');

    expect((await echo.invoke({ text: 'grüße 日本 🎉\u0000\n' })).value).toEqual({ text: 'grüße 日本 🎉\u0000\n' });
  });

  test('answers null when it returns nothing', async () => {
    const silent = await givenFunction('exports.handler = async () => {}');

    expect((await silent.invoke()).value).toBeNull();
  });

  test('stays warm, so what its module holds is there the next time', async () => {
    const counter = await givenFunction('let n = 0; exports.handler = async () => [++n, process.pid]');

    const [first, second] = [await counter.invoke(), await counter.invoke()];

    expect([first.value[0], second.value[0]]).toEqual([1, 2]);
    expect(second.value[1]).toBe(first.value[1]);
  });

  test('runs in as many environments as there are invocations at a time', async () => {
    const slow = await givenFunction('exports.handler = async () => { await new Promise((done) => setTimeout(done, 1_500)); return process.pid }');

    const answers = await Promise.all([slow.invoke(), slow.invoke(), slow.invoke()]);

    expect(new Set(answers.map(({ value }) => value)).size).toBe(3);
  });

  test.each(['nodejs20.x', 'nodejs22.x', 'nodejs24.x'] as const)('of the runtime %s runs on the Node.js major of that name', async (runtime) => {
    const versioned = await givenFunction('exports.handler = async () => [process.versions.node, process.env.AWS_EXECUTION_ENV]', { Runtime: runtime });

    const [version, environment] = (await versioned.invoke()).value;

    expect(version.split('.')[0]).toBe(runtime.replace(/\D+/g, ''));
    expect(environment).toBe(`AWS_Lambda_${runtime}`);
  });

  test('fails to become active when its runtime is not Node.js, and says so', async () => {
    await expect(givenFunction('', { Runtime: 'python3.13' })).rejects.toThrow('only Node.js functions from a zip file can');
  });

  test('gets an environment of text only, with its own variables and nothing of the machine', async () => {
    const environment = await givenFunction('exports.handler = async () => process.env', { Environment: { Variables: { LIMIT: '5', EMPTY: '' } }, MemorySize: 256 });

    const { value } = await environment.invoke();

    expect(value).toMatchObject({
      LIMIT: '5', EMPTY: '', AWS_LAMBDA_FUNCTION_NAME: environment.name, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_REGION: 'us-east-1', _HANDLER: 'index.handler', TZ: ':UTC',
    });
    expect(value.AWS_ENDPOINT_URL).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(value).not.toHaveProperty('HOME');
    expect(value).not.toHaveProperty('FILESYSTEM_ROOT');
  });

  test('starts in the folder of its code, which it also knows as LAMBDA_TASK_ROOT', async () => {
    const where = await givenFunction('exports.handler = async () => [process.cwd(), process.env.LAMBDA_TASK_ROOT, __dirname]');

    const { value } = await where.invoke();

    expect(new Set(value).size).toBe(1);
  });

  test('has a temporary folder for each environment, which goes with it', async () => {
    const code = 'const { tmpdir } = require("node:os"); exports.handler = async () => { await new Promise((done) => setTimeout(done, 800)); return tmpdir() }';
    const temporary = await givenFunction(code);

    const folders = (await Promise.all([temporary.invoke(), temporary.invoke()])).map(({ value }) => String(value));

    expect(new Set(folders).size).toBe(2);
    expect(folders.map((folder) => existsSync(folder))).toEqual([true, true]);
    await temporary.delete();
    await eventually(async () => expect(folders.map((folder) => existsSync(folder))).toEqual([false, false]), 10_000);
  });

  test('knows its request, its deadline, its trace and the client context', async () => {
    const curious = await givenFunction('exports.handler = async (_, context) => ({ ...context, left: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID })', { Timeout: 7 });

    const { value, log } = await curious.invoke({}, { custom: { who: 'Zoë' } });

    expect(value).toMatchObject({ functionName: curious.name, functionVersion: '$LATEST', memoryLimitInMB: '128', clientContext: { custom: { who: 'Zoë' } } });
    expect(value.invokedFunctionArn).toBe(`arn:aws:lambda:us-east-1:000000000000:function:${curious.name}`);
    expect(value.left).toBeGreaterThan(5_000);
    expect(value.left).toBeLessThanOrEqual(7_000);
    expect(value.trace).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01]/);
    expect(log).toContain(`START RequestId: ${value.awsRequestId} Version: $LATEST`);
  });

  test('takes along what it has started when it is deleted, even what has detached itself', async () => {
    const mark = `child-of-${Date.now()}`;
    const parent = await givenFunction(`
      const { spawn } = require('node:child_process');
      const wait = ['-e', 'setTimeout(() => {}, 600_000)', '${mark}'];
      exports.handler = async () => {
        spawn(process.execPath, wait, { stdio: 'ignore' });
        spawn(process.execPath, wait, { stdio: 'ignore', detached: true, env: process.env }).unref();
      }`);
    await parent.invoke();
    await eventually(async () => expect(await processesLike(mark)).toHaveLength(2), 5_000);

    await parent.delete();

    await eventually(async () => expect(await processesLike(mark)).toEqual([]), 10_000);
  });
});

describe('a response', () => {
  test('may have 6 MB', async () => {
    const large = await givenFunction('exports.handler = async ({ size }) => "x".repeat(size)', { MemorySize: 512 });

    expect((await large.invoke({ size: 6_291_554 })).value).toHaveLength(6_291_554);
  });

  test('fails with Function.ResponseSizeTooLarge when it has more, and the function lives on', async () => {
    const large = await givenFunction('exports.handler = async ({ size }) => "x".repeat(size)', { MemorySize: 512 });

    expect((await large.invoke({ size: 6_291_555 })).value.errorType).toBe('Function.ResponseSizeTooLarge');
    expect((await large.invoke({ size: 1 })).value).toBe('x');
  });
});
