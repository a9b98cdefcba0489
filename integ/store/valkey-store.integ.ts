import { randomUUID } from 'node:crypto';
import type Valkey from 'iovalkey';
import { startValkey } from './valkey-server';
import { connect, givenValkey, storeOn } from './valkey-under-test';
import type { ClaimRequest, IdempotencyStore } from '../../lambda/store/idempotency-store';
import { eventually } from '../eventually';

const day = 86_400_000;
const valkey = givenValkey();
let key: string;

const request = (more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  key, owner: 'one', fingerprint: 'f', leaseUntil: Date.now() + 30_000, expiresAt: Date.now() + day, alone: false, replaces: false, takesOver: true, ...more,
});
const completion = (more: { readonly owner?: string; readonly expiresAt?: number; readonly result?: string } = {}) =>
  ({ key, owner: 'one', expiresAt: Date.now() + day, writes: [], ...more });

/** Lets time pass for those who ask, not for the server. */
const pass = (millis: number) => jest.setSystemTime(Date.now() + millis);

beforeEach(() => {
  key = `Shop/Orders#${randomUUID()}`;
  jest.useFakeTimers({
    now: Date.now(), doNotFake: [
      'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime',
    ],
  });
});

afterEach(() => { jest.useRealTimers(); });

describe('a key', () => {
  let store: IdempotencyStore;
  const known = async () => (await store.lookUp([key])).get(key);

  beforeEach(() => { store = storeOn(valkey.client); });

  test('belongs to the first who wants it, who counts', async () => {
    expect(await store.claim(request())).toEqual({ taken: true, attempt: 1 });
  });

  test('stays with its holder, and says until when', async () => {
    const first = request({ alone: true });
    await store.claim(first);

    const held = { kind: 'event', status: 'INPROGRESS', expiresAt: first.expiresAt, leaseUntil: first.leaseUntil, attempts: 1, alone: true, fingerprint: 'f' };
    expect(await store.claim(request({ owner: 'two' }))).toEqual({ taken: false, known: held });
    expect(await known()).toEqual(held);
  });

  test('knows its holder again, who may not have heard the first answer; that is one try', async () => {
    const first = request();
    await store.claim(first);

    expect(await store.claim(first)).toEqual({ taken: true, attempt: 1 });
    pass(30_001);
    expect(await store.claim(first)).toEqual({ taken: true, attempt: 1 });
    await store.complete(completion());
    expect(await store.claim(first)).toMatchObject({ taken: false, known: { status: 'COMPLETED' } });
  });

  test('of a dead holder is given away, and counts on', async () => {
    await store.claim(request());
    pass(30_000);
    expect(await store.claim(request({ owner: 'two' }))).toMatchObject({ taken: false });

    pass(1);

    expect(await store.claim(request({ owner: 'two' }))).toEqual({ taken: true, attempt: 2 });
    await expect(store.complete(completion())).rejects.toMatchObject({ name: 'ClaimLost' });
    await store.complete(completion({ owner: 'two' }));
  });

  test('of a dead holder stays where it is for those who do not take over, until it is given back', async () => {
    await store.claim(request());
    pass(30_001);
    expect(await store.claim(request({ owner: 'two', takesOver: false }))).toMatchObject({ taken: false, known: { attempts: 1 } });

    await store.release(key, 'one', false);

    expect(await store.claim(request({ owner: 'two', takesOver: false }))).toEqual({ taken: true, attempt: 2 });
  });

  test('that was given back is kept for the same content', async () => {
    await store.claim(request());
    await store.release(key, 'one', false);

    const given = { leaseUntil: 0, attempts: 1, fingerprint: 'f' };
    expect(await store.claim(request({ owner: 'two', fingerprint: 'other' }))).toMatchObject({ taken: false, known: given });
    expect(await store.claim(request({ owner: 'two' }))).toEqual({ taken: true, attempt: 2 });
  });

  test('takes a try back when asked to, once', async () => {
    await store.claim(request());
    await store.release(key, 'one', true);
    await store.release(key, 'one', true);

    expect(await store.claim(request({ owner: 'two' }))).toEqual({ taken: true, attempt: 1 });
  });

  test('keeps what its work gave', async () => {
    const result = JSON.stringify({ receipt: 'ä\u0000"\n', amounts: [1.5, null] });
    const expiresAt = Date.now() + 7 * day;
    await store.claim(request());
    await store.complete(completion({ expiresAt, result }));

    const done = { kind: 'event', status: 'COMPLETED', expiresAt, leaseUntil: 0, attempts: 0, alone: false, fingerprint: 'f', result };
    expect(await store.claim(request({ owner: 'two' }))).toEqual({ taken: false, known: done });
    expect(await known()).toEqual(done);
  });

  test('that is completed cannot be given back, forgotten or taken over', async () => {
    await store.claim(request());
    await store.complete(completion());
    const done = await known();
    pass(60_000);

    await store.release(key, 'one', true);
    await store.forget(key);

    expect(done).toMatchObject({ status: 'COMPLETED' });
    expect(await store.claim(request({ owner: 'two' }))).toEqual({ taken: false, known: done });
  });

  test('listens to its holder only', async () => {
    const first = request();
    await store.claim(first);

    await store.release(key, 'two', true);
    pass(30_000);
    await store.forget(key);

    expect(await known()).toMatchObject({ leaseUntil: first.leaseUntil, attempts: 1 });
    await expect(store.complete(completion({ owner: 'two' }))).rejects.toMatchObject({ name: 'ClaimLost' });
  });

  test('takes no completion from who has given back, or for whom it is forgotten', async () => {
    await store.claim(request());
    await store.release(key, 'one', false);
    await expect(store.complete(completion())).rejects.toMatchObject({ name: 'ClaimLost' });

    await store.forget(key);

    await expect(store.complete(completion())).rejects.toMatchObject({ name: 'ClaimLost' });
    expect(await known()).toBeUndefined();
  });

  test.each([
    ['was given back', async () => store.release(key, 'one', false)],
    ['was held by a run that is dead', async () => { pass(30_001); }],
  ])('is forgotten when it %s', async (_how, ends) => {
    await store.claim(request());
    await ends();

    await store.forget(key);

    expect(await store.lookUp([key])).toEqual(new Map());
    expect(await store.claim(request({ owner: 'two', fingerprint: 'other' }))).toEqual({ taken: true, attempt: 1 });
  });

  test('counts no try for a run that replaces one, and remembers who was alone', async () => {
    await store.claim(request());
    pass(30_001);
    expect(await store.claim(request({ owner: 'two', alone: true, replaces: true }))).toEqual({ taken: true, attempt: 1 });
    expect(await known()).toMatchObject({ attempts: 1, alone: true });
    pass(30_001);

    expect(await store.claim(request({ owner: 'three' }))).toEqual({ taken: true, attempt: 2 });
    expect(await known()).toMatchObject({ attempts: 2, alone: false });
  });

  test('counts a try for a run that replaces one which is forgotten by now', async () => {
    const replacing = request({ replaces: true });

    expect(await store.claim(replacing)).toEqual({ taken: true, attempt: 1 });
    expect(await store.claim(replacing)).toEqual({ taken: true, attempt: 1 });
  });

  test('is content to be completed again by who has completed it', async () => {
    await store.claim(request());
    await store.complete(completion({ result: '1' }));

    await store.complete(completion({ result: '1' }));

    expect(await known()).toMatchObject({ status: 'COMPLETED', result: '1' });
  });

  test.each([
    ['claimed', async (expiresAt: number) => { await store.claim(request({ expiresAt })); }],
    ['completed', async (expiresAt: number) => {
      await store.claim(request());
      await store.complete(completion({ expiresAt, result: '1' }));
    }],
  ])('that was %s is remembered until it expires, and then nothing of it is left', async (_how, remember) => {
    const expiresAt = Date.now() + 700;
    await remember(expiresAt);
    expect(await store.claim(request({ owner: 'two' }))).toMatchObject({ taken: false });
    expect(await valkey.client.pexpiretime(key)).toBe(expiresAt);

    await eventually(async () => expect(await store.claim(request({ owner: 'two', fingerprint: 'other' }))).toEqual({ taken: true, attempt: 1 }));

    expect(await known()).not.toHaveProperty('result');
  });

  test('is found among many', async () => {
    const keys = Array.from({ length: 250 }, (_, index) => `${key}-${index}`);
    const asked = request();
    for (const one of keys.slice(0, 220)) { await store.claim({ ...asked, key: one }); }

    const found = await store.lookUp(keys);

    expect([...found.keys()]).toEqual(keys.slice(0, 220));
    expect(found.get(keys[0]!)).toEqual({
      kind: 'event', status: 'INPROGRESS', expiresAt: asked.expiresAt, leaseUntil: asked.leaseUntil, attempts: 1, alone: false, fingerprint: 'f',
    });
  });

  test('that something else lies under fails with the server\'s own error', async () => {
    await valkey.client.set(key, 'theirs');

    await expect(store.claim(request())).rejects.toThrow('WRONGTYPE');
    expect(await valkey.client.get(key)).toBe('theirs');
  });
});

describe('two functions', () => {
  let other: Valkey;

  beforeEach(() => { other = connect(valkey.server.port); });
  afterEach(() => { other.disconnect(); });

  test('never hold one key at once: not a new one, not an abandoned one, not one given back', async () => {
    const stores = { one: storeOn(valkey.client), two: storeOn(other) };
    /** Both want the key, and one gets it. */
    const race = async () => {
      const owners = Math.random() < 0.5 ? ['one', 'two'] as const : ['two', 'one'] as const;
      const answers = await Promise.all(owners.map(async (name) => stores[name].claim(request({ owner: `${name} ${randomUUID()}` }))));
      const [taken, ...more] = answers.filter((answer) => answer.taken);
      expect(more).toEqual([]);
      expect(answers.find((answer) => !answer.taken)).toMatchObject({ known: { status: 'INPROGRESS' } });
      return taken;
    };
    for (let round = 0; round < 300; round++) {
      key = `race#${randomUUID()}`;
      expect(await race()).toEqual({ taken: true, attempt: 1 });
      pass(30_001);
      expect(await race()).toEqual({ taken: true, attempt: 2 });
      await stores.one.release(key, await valkey.client.hget(key, 'owner') ?? '', false);
      expect(await race()).toEqual({ taken: true, attempt: 3 });
    }
  });
});

test('forgets with a server that keeps nothing, and hides none of the client\'s errors', async () => {
  const failing = await startValkey();
  const connection = connect(failing.port);
  const ended = new Promise((resolve) => { connection.once('end', resolve); });
  const store = storeOn(connection);
  await store.claim(request());
  await failing.kill();
  await ended;

  const error = await store.complete(completion()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'Error', message: 'Connection is closed.' });
  await expect(store.release(key, 'one', false)).rejects.toThrow('Connection is closed.');
  await expect(store.lookUp([key])).rejects.toThrow('Connection is closed.');

  const successor = await startValkey(failing.port);
  const again = connect(successor.port);
  try {
    await expect(storeOn(again).complete(completion())).rejects.toMatchObject({ name: 'ClaimLost' });
    expect(await storeOn(again).claim(request({ owner: 'two' }))).toEqual({ taken: true, attempt: 1 });
  } finally {
    again.disconnect();
    await successor.stop();
  }
});
