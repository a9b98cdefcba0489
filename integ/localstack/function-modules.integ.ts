import { givenFunction } from './function-under-test';

describe('a handler', () => {
  test.each([
    ['a CommonJS module', { 'index.js': 'exports.handler = async () => typeof require' }, 'index.handler', 'function'],
    ['a .cjs file', { 'index.cjs': 'exports.handler = async () => typeof require' }, 'index.handler', 'function'],
    ['an .mjs file', { 'index.mjs': 'await 0; export const handler = async () => typeof require' }, 'index.handler', 'undefined'],
    ['a .js file where package.json says module', { 'package.json': '{ "type": "module" }', 'index.js': 'await 0; export const handler = async () => typeof require' }, 'index.handler', 'undefined'],
    ['a sub-folder', { 'functions/orders/index.js': 'exports.handler = async () => __dirname.split("/").at(-1)' }, 'functions/orders/index.handler', 'orders'],
    ['an object', { 'index.js': 'exports.orders = { create: async () => "created" }' }, 'index.orders.create', 'created'],
    ['an ES module that imports its neighbour', { 'index.mjs': 'import { name } from "./name.mjs"; export const handler = async () => name', 'name.mjs': 'export const name = "neighbour"' }, 'index.handler', 'neighbour'],
    ['a package in node_modules', { 'node_modules/orders/index.js': 'exports.handler = async () => "package"' }, 'orders.handler', 'package'],
  ])('in %s is found', async (_, files, handler, expected) => {
    const found = await givenFunction(files as unknown as Record<string, string>, { Handler: handler });

    expect((await found.invoke()).value).toBe(expected);
  });

  test('may answer without being asynchronous, by a promise', async () => {
    const promising = await givenFunction('exports.handler = () => Promise.resolve("promised")');

    expect((await promising.invoke()).value).toBe('promised');
  });

  test('may answer by a callback, with a value or an error', async () => {
    const calling = await givenFunction('exports.handler = ({ fail }, context, callback) => { setTimeout(() => fail ? callback(new TypeError("called")) : callback(null, "called"), 10) }');

    expect((await calling.invoke()).value).toBe('called');
    expect((await calling.invoke({ fail: true })).value).toMatchObject({ errorType: 'TypeError', errorMessage: 'called' });
  });

  test('that calls back answers when nothing is left to do, or at once if it wants', async () => {
    const code = 'exports.handler = ({ wait }, context, callback) => { context.callbackWaitsForEmptyEventLoop = wait; setTimeout(() => {}, 1_000); callback(null, "done") }';
    const calling = await givenFunction(code);
    await calling.invoke({ wait: false });

    const measure = async (wait: boolean) => {
      const { log } = await calling.invoke({ wait });
      return Number(/\tDuration: ([\d.]+) ms/.exec(log.join('\n'))?.[1]);
    };

    expect(await measure(true)).toBeGreaterThan(900);
    expect(await measure(false)).toBeLessThan(900);
  });

  test('that neither returns a promise nor calls back answers null', async () => {
    const silent = await givenFunction('exports.handler = (event, context, callback) => "ignored"');

    expect((await silent.invoke()).value).toBeNull();
  });

  test('may answer by the context, before Node.js 24', async () => {
    const succeeding = await givenFunction('exports.handler = (event, context) => { context.succeed("succeeded") }');

    expect((await succeeding.invoke()).value).toBe('succeeded');
  });
});
