import { eventually } from '../eventually';
import { givenFunction } from './function-under-test';

const requestId = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

describe('the log of a function', () => {
  test('reaches CloudWatch Logs, in the words of Lambda', async () => {
    const talking = await givenFunction('console.log("loading"); exports.handler = async () => { console.warn("careful", { n: 1 }); process.stdout.write("raw\\n") }', { MemorySize: 192 });

    await talking.invoke();

    const lines = await eventually(async () => {
      const logged = await talking.logged();
      expect(logged.at(-1)).toMatch(/^REPORT/);
      return logged;
    }, 20_000);
    expect(lines).toEqual([
      expect.stringMatching(/^INIT_START Runtime Version: nodejs:22/),
      expect.stringMatching(/^\S+Z\tundefined\tINFO\tloading$/),
      expect.stringMatching(new RegExp(`^START RequestId: ${requestId} Version: \\$LATEST$`)),
      expect.stringMatching(new RegExp(`^\\S+Z\t${requestId}\tWARN\tcareful { n: 1 }$`)),
      'raw',
      expect.stringMatching(new RegExp(`^END RequestId: ${requestId}$`)),
      expect.stringMatching(new RegExp(`^REPORT RequestId: ${requestId}\tDuration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 192 MB\tMax Memory Used: \\d+ MB\tInit Duration: [\\d.]+ ms$`)),
    ]);
  });

  test('keeps the lines of one message together', async () => {
    const talking = await givenFunction('exports.handler = async () => console.log("first\\nsecond")');

    const { log } = await talking.invoke();

    expect(log.filter((line) => line.includes('first'))).toEqual([expect.stringMatching(/first\rsecond$/)]);
  });

  test('has an error that was thrown, with its own fields', async () => {
    const throwing = await givenFunction('exports.handler = async () => { throw Object.assign(new Error("no"), { orderId: "o-7" }) }');

    const { log } = await throwing.invoke();

    const line = log.find((text) => text.includes('\tERROR\tInvoke Error \t'));
    expect(JSON.parse(String(line?.split('\t').at(-1)))).toMatchObject({ errorType: 'Error', errorMessage: 'no', orderId: 'o-7' });
  });

  test('has what was written right before a process ended', async () => {
    const exiting = await givenFunction('exports.handler = async () => { process.stdout.write("last words"); process.exit(1) }');

    const { log } = await exiting.invoke();

    expect(log).toContain('last words');
  });

  test('has every line, however many there are', async () => {
    const loud = await givenFunction('exports.handler = async () => { for (let i = 0; i < 3_000; i++) { console.log("line", i, "x".repeat(100)) } }', { MemorySize: 512 });

    await loud.invoke();

    await eventually(async () => expect((await loud.logged()).filter((line) => line.includes('\tline '))).toHaveLength(3_000), 20_000);
  });

  test('reports the memory that was really used', async () => {
    const using = await givenFunction('exports.handler = async ({ megabytes }) => { Buffer.alloc(megabytes * 1e6, 1) }', { MemorySize: 512 });
    const used = async (megabytes: number) => Number(/Max Memory Used: (\d+) MB/.exec((await using.invoke({ megabytes })).log.join('\n'))?.[1]);

    const before = await used(0);
    const after = await used(150);

    expect(before).toBeGreaterThan(20);
    expect(after - before).toBeGreaterThan(100);
  });

  test('says why an initialisation failed, once for each try', async () => {
    const broken = await givenFunction('throw new Error("broken")');

    const { log } = await broken.invoke();

    expect(log.filter((line) => line.includes('"errorMessage":"broken"'))).toHaveLength(2);
    expect(log).toContainEqual(expect.stringMatching(/^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error/));
  });

  test('is JSON throughout where the function asks for that', async () => {
    const structured = await givenFunction('exports.handler = async () => { console.info("hello", 1); console.debug({ quiet: true }) }', {
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', SystemLogLevel: 'INFO' },
    });

    const { log } = await structured.invoke();

    const lines = log.filter(Boolean).map((line) => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ level: 'INFO', message: 'hello 1', requestId: expect.stringMatching(requestId) }));
    expect(lines).not.toContainEqual(expect.objectContaining({ level: 'DEBUG' }));
    expect(lines.map(({ type }) => type)).toEqual(expect.arrayContaining(['platform.start', 'platform.report']));
  });
});
