import { useVirtualClock } from './virtual-clock';
import { DynamoDBStore } from '../../lambda/store/dynamodb-store';
import type { ClaimRequest, IdempotencyStore, Write } from '../../lambda/store/idempotency-store';
import { MemoryDynamoDB } from '../../lambda/testing/dynamodb/memory-dynamodb';

useVirtualClock();

const key = 'Shop/Orders#1';
const write: Write = { Put: { TableName: 'orders', Item: { id: 'order-1' } } };
const completion = (of: string, owner: string, expiresAt: number, writes: readonly Write[]) => ({ key: of, owner, expiresAt, writes });
const request = (more: Partial<ClaimRequest> = {}): ClaimRequest =>
  ({ key, owner: 'one', fingerprint: 'f', leaseUntil: Date.now() + 30_000, expiresAt: Date.now() + 86_400_000, alone: false, replaces: false, takesOver: true, ...more });

describe.each([
  ['the table', (): IdempotencyStore => new DynamoDBStore(new MemoryDynamoDB().client(), 'memory')],
])('%s', (_name, given) => {
  test('gives a key to the first who wants it, and counts', async () => {
    expect(await given().claim(request())).toEqual({ taken: true, attempt: 1 });
  });

  test('keeps a key for its holder, and says until when', async () => {
    const store = given();
    await store.claim(request());

    expect(await store.claim(request({ owner: 'two' }))).toEqual({
      taken: false, known: { kind: 'event', status: 'INPROGRESS', expiresAt: Date.now() + 86_400_000, leaseUntil: Date.now() + 30_000, attempts: 1, alone: false, fingerprint: 'f' },
    });
  });

  test('knows its holder again, who may not have heard the first answer; that is one try', async () => {
    const store = given();
    await store.claim(request());

    expect(await store.claim(request())).toEqual({ taken: true, attempt: 1 });
    await store.complete(completion(key, 'one', Date.now(), []));
  });

  test('gives the key of a dead holder away, and counts on', async () => {
    const store = given();
    await store.claim(request());
    jest.advanceTimersByTime(30_000);
    expect(await store.claim(request({ owner: 'two' }))).toMatchObject({ taken: false });

    jest.advanceTimersByTime(1);

    expect(await store.claim(request({ owner: 'two' }))).toEqual({ taken: true, attempt: 2 });
    await expect(store.complete(completion(key, 'one', Date.now(), [write]))).rejects.toMatchObject({ name: 'ClaimLost' });
    await expect(store.complete(completion(key, 'one', Date.now(), []))).rejects.toMatchObject({ name: 'ClaimLost' });
  });

  test('keeps a key that was given back for the same content', async () => {
    const store = given();
    await store.claim(request());
    await store.release(key, 'one', false);

    expect(await store.claim(request({ owner: 'two', fingerprint: 'other' }))).toMatchObject({ taken: false, known: { leaseUntil: 0, fingerprint: 'f' } });
    expect(await store.claim(request({ owner: 'two' }))).toEqual({ taken: true, attempt: 2 });
  });

  test('takes a try back when asked to', async () => {
    const store = given();
    await store.claim(request());
    await store.release(key, 'one', true);

    expect(await store.claim(request({ owner: 'two' }))).toEqual({ taken: true, attempt: 1 });
  });

  test('remembers what is completed until it expires, and no longer', async () => {
    const store = given();
    await store.claim(request());
    await store.complete(completion(key, 'one', Date.now() + 60_000, [write]));
    expect(await store.claim(request({ owner: 'two' }))).toEqual({
      taken: false, known: { kind: 'event', status: 'COMPLETED', expiresAt: Date.now() + 60_000, leaseUntil: 0, attempts: 0, alone: false, fingerprint: 'f' },
    });

    jest.advanceTimersByTime(60_999);
    expect(await store.claim(request({ owner: 'two' }))).toMatchObject({ taken: false });
    jest.advanceTimersByTime(1);

    expect(await store.claim(request({ owner: 'two', fingerprint: 'other' }))).toEqual({ taken: true, attempt: 1 });
  });

  test('can neither give back nor forget nor lose what is completed', async () => {
    const store = given();
    await store.claim(request());
    await store.complete(completion(key, 'one', Date.now() + 60_000, [write]));

    await store.release(key, 'one', true);
    await store.forget(key);

    expect((await store.lookUp([key])).get(key)).toMatchObject({ status: 'COMPLETED' });
  });

  test('listens to the holder only', async () => {
    const store = given();
    await store.claim(request());

    await store.release(key, 'two', true);
    await store.forget(key);

    expect((await store.lookUp([key])).get(key)).toMatchObject({ leaseUntil: Date.now() + 30_000, attempts: 1 });
  });

  test('takes no completion from who has given back, or whose key is forgotten', async () => {
    const store = given();
    await store.claim(request());
    await store.release(key, 'one', false);
    await expect(store.complete(completion(key, 'one', Date.now(), [write]))).rejects.toMatchObject({ name: 'ClaimLost' });

    await store.claim(request());
    await store.release(key, 'one', false);
    await store.forget(key);
    await expect(store.complete(completion(key, 'one', Date.now(), [write]))).rejects.toMatchObject({ name: 'ClaimLost' });
  });

  test.each([
    ['was given back', async (store: IdempotencyStore) => store.release(key, 'one', false)],
    ['was held by a run that is dead', async () => { jest.advanceTimersByTime(30_001); }],
  ])('forgets a key that %s', async (_how, ends) => {
    const store = given();
    await store.claim(request());
    await ends(store);

    await store.forget(key);

    expect(await store.lookUp([key])).toEqual(new Map());
    expect(await store.claim(request({ owner: 'two', fingerprint: 'other' }))).toEqual({ taken: true, attempt: 1 });
  });

  test('counts no try for a run that replaces one, and remembers who was alone', async () => {
    const store = given();
    await store.claim(request());
    jest.advanceTimersByTime(30_001);

    expect(await store.claim(request({ owner: 'two', alone: true, replaces: true }))).toEqual({ taken: true, attempt: 1 });
    expect((await store.lookUp([key])).get(key)).toMatchObject({ attempts: 1, alone: true });
    jest.advanceTimersByTime(30_001);
    expect(await store.claim(request({ owner: 'three' }))).toEqual({ taken: true, attempt: 2 });
    expect((await store.lookUp([key])).get(key)).toMatchObject({ attempts: 2, alone: false });
  });

  test('counts a try for a run that replaces one which is forgotten by now', async () => {
    expect(await given().claim(request({ replaces: true }))).toEqual({ taken: true, attempt: 1 });
  });

  test('says what is known of many keys', async () => {
    const store = given();
    const keys = Array.from({ length: 250 }, (_, index) => `${key}-${index}`);
    for (const one of keys.slice(0, 220)) { await store.claim(request({ key: one })); }

    const known = await store.lookUp(keys);

    expect([...known.keys()]).toEqual(keys.slice(0, 220));
    expect(known.get(keys[0]!)).toEqual({ kind: 'event', status: 'INPROGRESS', expiresAt: Date.now() + 86_400_000, leaseUntil: Date.now() + 30_000, attempts: 1, alone: false, fingerprint: 'f' });
  });

  test('is content to complete again what its holder has completed, but never writes a second time', async () => {
    const store = given();
    await store.claim(request());
    await store.complete(completion(key, 'one', Date.now() + 60_000, []));

    await store.complete(completion(key, 'one', Date.now() + 60_000, []));
    await expect(store.complete(completion(key, 'one', Date.now() + 60_000, [write]))).rejects.toMatchObject({ name: 'ClaimLost' });
  });
});
