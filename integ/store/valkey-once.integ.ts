import { randomUUID } from 'node:crypto';
import type Valkey from 'iovalkey';
import { startValkey } from './valkey-server';
import { connect, givenValkey, storeOn } from './valkey-under-test';
import { type Finished, Lease, once, type OnceOptions } from '../../lambda/store/once';
import { eventually } from '../eventually';

const valkey = givenValkey();
let key: string;
let effects: string[];


interface RunOptions extends Partial<OnceOptions> {
  readonly on?: Valkey;
  readonly livesMillis?: number;
  readonly content?: string;
}

/** A run of the event, in a function that has its time to live. */
async function run(work: () => Promise<Finished>, options: RunOptions = {}) {
  const { on = valkey.client, livesMillis = 30_000, content = 'content', ...more } = options;
  const store = storeOn(on);
  return once({ key, content }, work, {
    store, lease: new Lease(Date.now() + livesMillis, 3_600), alone: true, replaces: false, takesOver: true, counts: () => true, ...more,
  });
}

/** Work with an effect outside. */
const effect = (name: string, result?: string) => async (): Promise<Finished> => {
  effects.push(name);
  return { writes: [], ...(result === undefined ? {} : { result }) };
};

beforeEach(() => {
  key = `Shop/Orders#${randomUUID()}`;
  effects = [];
});

test('runs an event once, and gives every copy what the run gave', async () => {
  expect(await run(effect('first', '"receipt"'))).toEqual({ kind: 'done', attempt: 1 });

  expect(await run(effect('copy'))).toEqual({ kind: 'duplicate', result: '"receipt"' });
  expect(await run(effect('other'), { content: 'another event with the same key' })).toEqual({ kind: 'reused' });
  expect(effects).toEqual(['first']);
});

test('runs one of the copies that come at once, over several connections', async () => {
  const connections = [connect(valkey.server.port), connect(valkey.server.port), connect(valkey.server.port)];
  try {
    for (let round = 0; round < 50; round++) {
      key = `copies#${randomUUID()}`;
      effects = [];

      const endings = await Promise.all(connections.map(async (on, index) => run(effect(`copy ${index}`), { on })));

      expect(effects).toHaveLength(1);
      expect(endings.filter(({ kind }) => kind === 'done')).toHaveLength(1);
      expect(endings.filter(({ kind }) => kind === 'held' || kind === 'duplicate')).toHaveLength(2);
    }
  } finally {
    for (const connection of connections) { connection.disconnect(); }
  }
});

test('tries again what failed, and counts only what counts', async () => {
  const busy = new Error('busy');
  const fail = async (): Promise<Finished> => { throw busy; };

  expect(await run(fail)).toEqual({ kind: 'failed', error: busy, attempt: 1 });
  expect(await run(fail, { counts: () => false })).toEqual({ kind: 'failed', error: busy, attempt: 2 });

  expect(await run(effect('at last'))).toEqual({ kind: 'done', attempt: 2 });
});

test('takes over from a run that outlived its lease, whose completion then counts for nothing', async () => {
  let begun!: () => void;
  let finish!: () => void;
  const atWork = new Promise<void>((resolve) => { begun = resolve; });
  const mayFinish = new Promise<void>((resolve) => { finish = resolve; });
  const first = run(async () => {
    begun();
    await mayFinish;
    return { writes: [], result: '"late"' };
  }, { livesMillis: 1_000 });
  await atWork;
  expect(await run(effect('too early'))).toMatchObject({ kind: 'held' });

  await eventually(async () => expect(await run(effect('second', '"in time"'))).toEqual({ kind: 'done', attempt: 2 }));
  finish();

  expect(await first).toMatchObject({ kind: 'failed', error: { name: 'ClaimLost' }, attempt: 1 });
  expect(await run(effect('copy'))).toEqual({ kind: 'duplicate', result: '"in time"' });
  expect(effects).toEqual(['second']);
});

test('refuses writes for which it has no transaction, and keeps the event as not done', async () => {
  const writes = [{ Put: { TableName: 'orders', Item: { id: '1' } } }];

  expect(await run(async () => ({ writes }))).toMatchObject({ kind: 'failed', error: { name: 'Poison', reason: 'NoTransaction' }, attempt: 1 });

  expect(await run(effect('without writes'))).toEqual({ kind: 'done', attempt: 2 });
});

test('says what the client said when the server dies while the work runs', async () => {
  const failing = await startValkey();
  const on = connect(failing.port);
  const ended = new Promise((resolve) => { on.once('end', resolve); });

  const ending = await run(async () => {
    await failing.kill();
    await ended;
    return effect('before anybody knew')();
  }, { on });

  expect(ending).toEqual({ kind: 'failed', error: expect.objectContaining({ message: 'Connection is closed.' }), attempt: 1 });
});
