import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kinesis } from './node-parts';
import { digestOf, ensure, isComplete, type Part } from './part';
import { findPython } from './python';
import { tools } from './python-parts';
import { setUp } from './set-up';

let folder: string;

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'set-up-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const givenPart = (make: (target: string) => Promise<void> | void = () => undefined, digest = 'one'): Part & { made: number } => {
  const part = {
    name: 'part', title: 'a part', digest, proof: ['file'], made: 0,
    make: async (target: string) => {
      part.made++;
      writeFileSync(join(target, 'file'), digest);
      await make(target);
    },
  };
  return part;
};

describe('the search for Python 3.13', () => {
  const givenCommand = (name: string, script: string, below = 'bin') => {
    mkdirSync(join(folder, below), { recursive: true });
    writeFileSync(join(folder, below, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, below, name), 0o755);
  };
  const find = () => findPython({ PATH: join(folder, 'bin'), HOME: folder });

  test('fails without one, naming where it was looked for and the remedy', async () => {
    await expect(find()).rejects.toThrow(/needs Python 3\.13 and no other: looked for python3\.13 and python3 in PATH, in pyenv's versions, and for uv.*Install it/);
  });

  test('takes python3 only when that is 3.13', async () => {
    givenCommand('python3', 'echo 3.12 /usr/bin/python3');
    await expect(find()).rejects.toThrow('needs Python 3.13');

    givenCommand('python3', 'echo 3.13 /usr/bin/python3');
    expect(await find()).toBe('/usr/bin/python3');
  });

  test('is not fooled by a shim of pyenv, and finds the version behind it', async () => {
    givenCommand('python3.13', 'echo "pyenv: python3.13: command not found" >&2; exit 127');
    givenCommand('python', 'echo 3.13 /pyenv/python', '.pyenv/versions/3.13.2/bin');

    expect(await find()).toBe('/pyenv/python');
  });

  test('asks uv at last', async () => {
    givenCommand('python3', 'echo 3.11 /usr/bin/python3');
    givenCommand('managed', 'echo 3.13 /managed/python');
    givenCommand('uv', `echo ${join(folder, 'bin', 'managed')}`);

    expect(await find()).toBe('/managed/python');
  });
});

describe('a part of the set-up', () => {
  test('is made once', async () => {
    const part = givenPart();

    await ensure(part, folder);
    await ensure(part, folder);

    expect(part.made).toBe(1);
    expect(isComplete(part, folder)).toBe(true);
  });

  test('is made anew when what goes in has changed, without rests of the old one', async () => {
    await ensure(givenPart((target) => writeFileSync(join(target, 'old'), '')), folder);

    await ensure(givenPart(undefined, 'two'), folder);

    expect(readFileSync(join(folder, 'part', 'file'), 'utf8')).toBe('two');
    expect(existsSync(join(folder, 'part', 'old'))).toBe(false);
  });

  test('is made anew when somebody has deleted from it', async () => {
    const part = givenPart();
    await ensure(part, folder);
    rmSync(join(folder, 'part', 'file'));

    await ensure(part, folder);

    expect(part.made).toBe(2);
  });

  test('fails without a trace, and can be made the next time', async () => {
    let broken = true;
    const part = givenPart(() => { if (broken) { throw new Error('no network'); } });

    await expect(ensure(part, folder)).rejects.toThrow('no network');
    expect(readdirSync(folder)).toEqual([]);

    broken = false;
    await ensure(part, folder);
    expect(isComplete(part, folder)).toBe(true);
  });

  test('is not taken for whole when its making was cut off', async () => {
    mkdirSync(join(folder, 'part.unfinished'));
    writeFileSync(join(folder, 'part.unfinished', 'half'), '');
    const part = givenPart();

    expect(isComplete(part, folder)).toBe(false);
    await ensure(part, folder);

    expect(readdirSync(folder)).toEqual(['part']);
    expect(readdirSync(join(folder, 'part')).sort()).toEqual(['.complete', 'file']);
  });

  test('fails when it did not bring what it should, as npm does for another platform', async () => {
    const part = givenPart((target) => rmSync(join(target, 'file')));

    await expect(ensure(part, folder)).rejects.toThrow('it did not bring file');
  });

  test('has a digest of names and contents, but not of what Python writes beside them', () => {
    const digest = () => digestOf({ path: folder });
    writeFileSync(join(folder, 'a'), '1');
    const before = digest();

    mkdirSync(join(folder, '__pycache__'));
    writeFileSync(join(folder, '__pycache__', 'a.pyc'), '1');
    expect(digest()).toBe(before);

    writeFileSync(join(folder, 'a'), '2');
    expect(digest()).not.toBe(before);
  });
});

describe('the set-up', () => {
  test('costs less than a second when all is there', async () => {
    await setUp();
    const start = Date.now();

    await setUp();

    expect(Date.now() - start).toBeLessThan(1_000);
  });

  test('done twice at a time makes everything once', async () => {
    const part = givenPart(() => new Promise((resolve) => { setTimeout(resolve, 500); }));

    await Promise.all([setUp({ cache: folder, parts: [part] }), setUp({ cache: folder, parts: [part] })]);

    expect(part.made).toBe(1);
  });

  test('is not stopped by the lock of one that died', async () => {
    const lock = join(folder, '.set-up.lock');
    mkdirSync(lock);
    utimesSync(lock, new Date(0), new Date(0));
    const part = givenPart();

    await setUp({ cache: folder, parts: [part] });

    expect(part.made).toBe(1);
  });

  test('names the part that failed', async () => {
    const part = givenPart(() => { throw new Error('no network'); });

    await expect(setUp({ cache: folder, parts: [part] })).rejects.toThrow('set-up of a part: no network');
  });

  test.each([
    ['PyPI', tools, { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_NO_CACHE_DIR: '1' }, 'pip install'],
    ['npm', kinesis, { npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: join(tmpdir(), `npm-${process.pid}`) }, 'npm ci'],
  ])('fails within seconds without a network, here to %s, in one line, and leaves nothing', async (_, part, variables, what) => {
    const before = { ...process.env };
    Object.assign(process.env, variables);
    const start = Date.now();
    try {
      const failure = await setUp({ cache: folder, parts: [part] }).then(() => undefined, (error: Error) => error.message);

      expect(failure).toMatch(new RegExp(`^set-up of .*${what}.* failed: .*Check the network`));
      expect(failure).not.toContain('\n');
      expect(Date.now() - start).toBeLessThan(30_000);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      process.env = before;
    }
  });
});
