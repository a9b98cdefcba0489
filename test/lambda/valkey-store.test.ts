import type { Completion } from '../../lambda/store/idempotency-store';
import { type RunScript, ValkeyStore } from '../../lambda/store/valkey-store';

// what the scripts do is seen on a real server: integ/store

const key = 'Shop/Orders#1';
const completion: Completion = { key, owner: 'one', expiresAt: 86_400_000, writes: [] };
const request = { key, owner: 'one', fingerprint: 'f', leaseUntil: 30_000, expiresAt: 86_400_000, alone: false, replaces: false, takesOver: true };
const operations: [string, (store: ValkeyStore) => Promise<unknown>][] = [
  ['claim', async (store) => store.claim(request)],
  ['complete', async (store) => store.complete(completion)],
  ['release', async (store) => store.release(key, 'one', true)],
  ['forget', async (store) => store.forget(key)],
  ['lookUp', async (store) => store.lookUp([key])],
];

test.each([
  ['writes', { writes: [{ Delete: { TableName: 'orders', Key: { id: '1' } } }] }],
  ['a place among others', { place: { key: 'Shop/Orders', place: '1', fingerprint: 'f', eventId: '1', expiresAt: undefined } }],
  ['an event that has waited', { parked: 'Shop/Orders#parked' }],
] as [string, Partial<Completion>][])('refuses to complete with %s, before anything is changed', async (_what, more) => {
  const run = jest.fn<ReturnType<RunScript>, Parameters<RunScript>>();

  const completed = new ValkeyStore(run).complete({ ...completion, ...more });

  await expect(completed).rejects.toMatchObject({ name: 'Poison', reason: 'NoTransaction', message: expect.stringContaining('DynamoDB') });
  expect(run).not.toHaveBeenCalled();
});

test.each(operations)('%s is one script on one key, with nothing but texts', async (_name, operate) => {
  const run = jest.fn<ReturnType<RunScript>, Parameters<RunScript>>().mockResolvedValue(['done']);

  await operate(new ValkeyStore(run));

  expect(run).toHaveBeenCalledTimes(1);
  const [script, keys, args] = run.mock.calls[0]!;
  expect(keys).toEqual([key]);
  expect(args.every((arg) => typeof arg === 'string')).toBe(true);
  // a cluster refuses, sooner or later, what reaches for a key that it was not told of
  expect(script).not.toMatch(/redis\.call\('\w+', (?!KEYS\[1])/);
});

test('asks for a hundred keys before it waits for an answer, and for no more: clients limit what they have open', async () => {
  const keys = Array.from({ length: 230 }, (_, index) => String(index));
  let open = 0;
  let mostOpen = 0;
  const store = new ValkeyStore(async (_script, [one]) => {
    mostOpen = Math.max(mostOpen, ++open);
    await new Promise((resolve) => { setImmediate(resolve); });
    open--;
    return one === '7' ? [] : ['status', 'COMPLETED', 'expiresAt', '5', 'owner', 'one', 'fingerprint', one!];
  });

  const found = await store.lookUp(keys);

  expect(mostOpen).toBe(100);
  expect([...found.keys()]).toEqual(keys.filter((one) => one !== '7'));
  expect(found.get('229')).toEqual({ kind: 'event', status: 'COMPLETED', expiresAt: 5, leaseUntil: 0, attempts: 0, alone: false, fingerprint: '229' });
});

test('understands a client that answers in bytes', async () => {
  const store = new ValkeyStore(async () => ['taken', '3'].map((text) => Buffer.from(text)));

  expect(await store.claim(request)).toEqual({ taken: true, attempt: 3 });
});

test.each(operations)('%s lets the client\'s errors through as they are', async (_name, operate) => {
  const lost = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

  await expect(operate(new ValkeyStore(async () => { throw lost; }))).rejects.toBe(lost);
});

test.each([
  [undefined, 'undefined'], [null, 'null'], ['OK', 'string'],
])('fails on a client that answers %p, and says what is expected', async (answer, found) => {
  await expect(new ValkeyStore(async () => answer).claim(request)).rejects.toMatchObject({
    name: 'EnvironmentError', message: `the function given to ValkeyStore must give back what the script answers, a list; it gave ${found}`,
  });
});
