import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually';
import { givenFunction } from './function-under-test';
import { processesLike } from './processes';

describe('a function that throws', () => {
  test('fails with the name of what was thrown', async () => {
    const throwing = await givenFunction('class OutOfStock extends Error { name = "OutOfStock" } exports.handler = async () => { throw new OutOfStock("none left") }');

    const { error, value } = await throwing.invoke();

    expect(error).toBe('Unhandled');
    expect(value).toMatchObject({ errorType: 'OutOfStock', errorMessage: 'none left', trace: expect.arrayContaining(['OutOfStock: none left']) });
  });

  test.each([['"no"', 'string', 'no'], ['7', 'number', '7'], ['undefined', 'undefined', 'undefined']])('fails when it throws %s, which is no error', async (thrown, errorType, errorMessage) => {
    const throwing = await givenFunction(`exports.handler = async () => { throw ${thrown} }`);

    expect((await throwing.invoke()).value).toMatchObject({ errorType, errorMessage });
  });

  test('stays warm', async () => {
    const moody = await givenFunction('let n = 0; exports.handler = async () => { if (++n === 1) { throw new Error("first") } return n }');

    expect((await moody.invoke()).error).toBe('Unhandled');
    expect((await moody.invoke()).value).toBe(2);
  });

  test('fails when its answer cannot be written as JSON', async () => {
    const circular = await givenFunction('exports.handler = async () => { const a = {}; a.a = a; return a }');

    expect((await circular.invoke()).value).toMatchObject({ errorType: 'Error', errorMessage: 'Unable to stringify response body' });
  });

  test('fails by a rejection that nobody handles, and then starts anew', async () => {
    const rejecting = await givenFunction('let n = 0; exports.handler = async ({ reject }) => { if (reject) { Promise.reject(new Error("lost")); await new Promise((done) => setTimeout(done, 5_000)) } return ++n }');
    await rejecting.invoke();

    const { value } = await rejecting.invoke({ reject: true });

    expect(value).toMatchObject({ errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' });
    expect((await rejecting.invoke()).value).toBe(1);
  });

  test('fails by an error in a timer, with the name of that error', async () => {
    const timed = await givenFunction('exports.handler = async () => { setTimeout(() => { throw new RangeError("later") }, 10); await new Promise((done) => setTimeout(done, 5_000)) }');

    expect((await timed.invoke()).value).toMatchObject({ errorType: 'RangeError', errorMessage: 'later' });
  });

  test('fails when a promise is never settled', async () => {
    const stuck = await givenFunction('exports.handler = async () => new Promise(() => {})');

    expect((await stuck.invoke()).value.errorType).toBe('Runtime.NodeJsExit');
  });
});

describe('a function that runs out of time', () => {
  test('fails with a timeout, and the next event finds a fresh process', async () => {
    const slow = await givenFunction('let n = 0; exports.handler = async ({ slow }) => { n++; if (slow) { await new Promise((done) => setTimeout(done, 60_000)) } return n }', { Timeout: 1 });
    await slow.invoke();

    const { value, log } = await slow.invoke({ slow: true });

    expect(value.errorType).toBe('Sandbox.Timedout');
    expect(value.errorMessage).toMatch(/^RequestId: [0-9a-f-]+ Error: Task timed out after 1\.00 seconds$/);
    expect(log.some((line) => /^\S+Z [0-9a-f-]+ Task timed out after 1\.00 seconds$/.test(line))).toBe(true);
    expect((await slow.invoke()).value).toBe(1);
  });

  test('is ended even while it computes, with what it has started', async () => {
    const mark = `busy-child-${Date.now()}`;
    const busy = await givenFunction(`
      require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)', '${mark}'], { stdio: 'ignore' });
      exports.handler = () => { for (;;) {} }`, { Timeout: 1 });

    expect((await busy.invoke()).value.errorType).toBe('Sandbox.Timedout');

    await eventually(async () => expect(await processesLike(mark)).toEqual([]), 5_000);
  });
});

describe('a function that exits', () => {
  test.each([
    ['process.exit(3)', 'Runtime exited with error: exit status 3'],
    ['process.exit(0)', 'Runtime exited without providing a reason'],
    ['process.kill(process.pid, "SIGKILL"); await new Promise(() => setTimeout(() => {}, 5_000))', 'Runtime exited with error: signal: killed'],
    ['process.abort()', 'Runtime exited with error: signal: aborted'],
  ])('fails by %s with Runtime.ExitError, and then starts anew', async (statement, reason) => {
    const exiting = await givenFunction(`let n = 0; exports.handler = async ({ exit }) => { if (exit) { ${statement} } return ++n }`);
    await exiting.invoke();

    const { value, log } = await exiting.invoke({ exit: true });

    expect(value.errorType).toBe('Runtime.ExitError');
    expect(value.errorMessage).toMatch(new RegExp(`^RequestId: [0-9a-f-]+ Error: ${reason}$`));
    expect(log).toContain('Runtime.ExitError');
    expect((await exiting.invoke()).value).toBe(1);
  });

  test('between two events loses neither of them', async () => {
    const leaving = await givenFunction('exports.handler = async () => { setTimeout(() => process.exit(1), 50); return process.pid }');
    const { value: first } = await leaving.invoke();
    await eventually(async () => expect(() => process.kill(first, 0)).toThrow(), 5_000);

    const { value: second, error } = await leaving.invoke();

    expect(error).toBeUndefined();
    expect(second).not.toBe(first);
  });
});

describe('a function that wants more memory than it has', () => {
  test('is killed, fails with Runtime.OutOfMemory, and then starts anew', async () => {
    const greedy = await givenFunction('let n = 0; exports.handler = async ({ greedy }) => { n++; const kept = []; while (greedy) { kept.push(Buffer.alloc(8e6, 1)); await new Promise((done) => setTimeout(done, 5)) } return n }', { MemorySize: 256 });
    await greedy.invoke();

    const { value, log } = await greedy.invoke({ greedy: true });

    expect(value.errorType).toBe('Runtime.OutOfMemory');
    expect(value.errorMessage).toMatch(/Error: Runtime exited with error: signal: killed$/);
    expect(log.find((line) => line.startsWith('REPORT'))).toContain('Max Memory Used: 256 MB');
    expect((await greedy.invoke()).value).toBe(1);
  });
});

describe('a function that cannot be initialised', () => {
  test.each([
    ['whose file is missing', { 'other.js': '' }, 'Runtime.ImportModuleError'],
    ['whose module wants what is not there', { 'index.js': 'require("not-installed")' }, 'Runtime.ImportModuleError'],
    ['whose ES module wants what is not there', { 'index.mjs': 'import "not-installed"; export const handler = () => {}' }, 'Error'],
    ['whose handler is not exported', { 'index.js': 'exports.other = () => {}' }, 'Runtime.HandlerNotFound'],
    ['whose handler is no function', { 'index.js': 'exports.handler = 7' }, 'Runtime.HandlerNotFound'],
    ['whose code is not JavaScript', { 'index.js': 'exports.handler = =' }, 'Runtime.UserCodeSyntaxError'],
    ['whose code throws', { 'index.js': 'class NotConfigured extends Error { name = "NotConfigured" } throw new NotConfigured("x")' }, 'NotConfigured'],
    ['whose code exits', { 'index.js': 'process.exit(1)' }, 'Runtime.ExitError'],
  ])('%s fails with the reason', async (_, files, errorType) => {
    const broken = await givenFunction(files as unknown as Record<string, string>);

    const { error, value } = await broken.invoke();

    expect(error).toBe('Unhandled');
    expect(value.errorType).toBe(errorType);
  });

  test('fails for a callback handler on Node.js 24, which has none any more', async () => {
    const old = await givenFunction('exports.handler = (event, context, callback) => callback(null, 1)', { Runtime: 'nodejs24.x' });

    expect((await old.invoke()).value.errorType).toBe('Runtime.CallbackHandlerDeprecated');
  });

  test('works again once the reason is gone', async () => {
    const flag = join(tmpdir(), `initialises-${Date.now()}`);
    const recovering = await givenFunction('if (!require("node:fs").existsSync(process.env.FLAG)) { throw new Error("not yet") } exports.handler = async (event) => event', { Environment: { Variables: { FLAG: flag } } });
    expect((await recovering.invoke()).value.errorMessage).toBe('not yet');

    writeFileSync(flag, '');
    try {
      expect((await recovering.invoke({ now: true })).value).toEqual({ now: true });
    } finally {
      rmSync(flag);
    }
  });

  test('fails with a timeout when that takes longer than the function may', async () => {
    const slow = await givenFunction('const until = Date.now() + 12_000; while (Date.now() < until) {} exports.handler = async () => {}', { Timeout: 1 });

    expect((await slow.invoke()).value).toMatchObject({ errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('after 1.00 seconds') });
  });

  test('fails by the end of a process that never comes to take an event', async () => {
    const leaving = await givenFunction('setImmediate(() => process.exit(7)); exports.handler = async () => {}');

    expect((await leaving.invoke()).value).toMatchObject({ errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('exit status 7') });
  });
});
