import { ConsumerModel, type ModelOptions, writeOf } from './consumer-model';
import { pause, useVirtualClock } from './virtual-clock';

useVirtualClock();

/** A handler that takes the function down with every event whose id says so, while its batch mates are under way. */
const killing: Pick<Required<ModelOptions>, 'process'> = {
  process: async ({ orderId }, { tx }, lambda) => {
    await pause(orderId.startsWith('killer') ? 100 : 200);
    if (orderId.startsWith('killer')) { await lambda.die(); }
    tx.write(writeOf(orderId));
  },
};

const mates = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];

test('loses nothing and doubles nothing when the function dies once in the middle of a batch', async () => {
  let deaths = 0;
  const model = new ConsumerModel({
    process: async ({ orderId }, { tx }, lambda) => {
      if (orderId === 'e' && deaths++ === 0) { await lambda.die(); }
      tx.write(writeOf(orderId));
    },
  });
  mates.forEach((id) => model.place(id));

  await model.drain();

  expect([...model.done].sort()).toEqual(mates);
  expect(model.queue.deadLetters).toEqual([]);
});

test.each([1, 2, 5])('finishes the mates of an event that kills the function every time, and sets that one aside (maxAttempts %d)', async (maxAttempts) => {
  const model = new ConsumerModel({ ...killing, environment: { maxAttempts } });
  mates.slice(0, 4).forEach((id) => model.place(id));
  model.place('killer');
  mates.slice(4).forEach((id) => model.place(id));

  await model.drain();

  expect([...model.done].sort()).toEqual(mates);
  const proof = Math.max(2, maxAttempts); // one death may be an accident
  // the death in company is no try
  expect(model.tries.filter((id) => id === 'killer')).toHaveLength(proof + 1);
  expect(model.letters).toMatchObject([{ body: '{"orderId":"killer","amount":1}', reason: 'FunctionDied', attempt: proof }]);
});

test('tries an event that kills its function while it is alone as often as any other', async () => {
  const model = new ConsumerModel({ ...killing, environment: { maxAttempts: 3 } });
  model.place('killer');

  await model.drain();

  expect(model.tries).toEqual(['killer', 'killer', 'killer']);
  expect(model.letters).toMatchObject([{ reason: 'FunctionDied', attempt: 3 }]);
});

test('takes no try from an event that was under way when a mate killed the function, not even its last one', async () => {
  const attempts: number[] = [];
  const model = new ConsumerModel({
    environment: { maxAttempts: 3 },
    process: async ({ orderId }, { tx, meta }, lambda) => {
      if (orderId === 'a') { attempts.push(meta.attempt); }
      await pause(orderId === 'killer' ? 100 : 200);
      if (orderId === 'killer') { await lambda.die(); }
      if (meta.attempt < 3) { throw new Error('not yet'); }
      tx.write(writeOf(orderId));
    },
  });
  model.place('a');
  await model.deliver();
  jest.advanceTimersByTime(900_000);
  await model.deliver();
  expect(attempts).toEqual([1, 2]);
  jest.advanceTimersByTime(900_000);

  model.place('killer');
  await model.drain();

  expect(attempts).toEqual([1, 2, 3, 3]);
  expect(model.done).toEqual(['a']);
  expect(model.letters.map(({ body }) => body)).toEqual(['{"orderId":"killer","amount":1}']);
});

test('leaves one letter for an unreadable message, however often the function dies in its batch', async () => {
  const model = new ConsumerModel(killing);
  model.queue.send('not JSON');
  model.place('killer');

  await model.drain();

  expect(model.letters.map(({ reason }) => reason).sort()).toEqual(['FunctionDied', 'NotJson']);
});

test('needs two rounds for the mates of a killer, however many they are', async () => {
  const model = new ConsumerModel({ ...killing, batchSize: 10 });
  model.place('killer');
  mates.forEach((id) => model.place(id));

  await model.deliver();
  expect(model.done).toEqual([]);
  jest.advanceTimersByTime(180_000);
  await model.deliver();
  jest.advanceTimersByTime(180_000);
  await model.deliver();

  expect([...model.done].sort()).toEqual(mates);
});

test('finishes the mates of many killers in one batch, and sets each killer aside', async () => {
  const model = new ConsumerModel({ ...killing, batchSize: 20 });
  mates.forEach((id) => { model.place(id); model.place(`killer-${id}`); });

  await model.drain();

  expect([...model.done].sort()).toEqual(mates);
  expect(model.letters.map(({ reason }) => reason)).toEqual(mates.map(() => 'FunctionDied'));
});

test('gives a killer all its tries again after a redrive, and handles it once when it is repaired', async () => {
  let repaired = false;
  const model = new ConsumerModel({ process: async ({ orderId }, { tx }, lambda) => repaired ? tx.write(writeOf(orderId)) : lambda.die() });
  model.place('killer');
  await model.drain();
  expect(model.table.records.size).toBe(0);
  model.queue.redrive();
  await model.drain();
  expect(model.tries).toHaveLength(10);

  repaired = true;
  model.queue.redrive();
  await model.drain();

  expect(model.done).toEqual(['killer']);
  expect(model.queue.deadLetters).toEqual([]);
});

test('keeps an event of a dead function from being handled before its claim has ended', async () => {
  const model = new ConsumerModel(killing);
  model.place('killer');
  await model.deliver();
  const copy = model.place('killer');

  const response = await model.deliver();

  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: copy.id }] });
  expect(model.tries).toHaveLength(1);
});

test.each(['claim', 'complete', 'release', 'forget', 'SendMessage', 'ChangeMessageVisibilityBatch', 'lookUp'].flatMap((call) => [['before', call], ['after', call]]))(
  'loses nothing and doubles nothing when the function dies %s %s', async (at, name) => {
    let [deaths, failures] = [0, 0];
    const model = new ConsumerModel({
      environment: { maxAttempts: 3 },
      process: ({ orderId }, { tx }) => {
        if (orderId === 'broken' || (orderId === 'flaky' && failures++ === 0)) { throw new Error('no'); }
        tx.write(writeOf(orderId));
      },
      fault: (call, moment, lambda) => call === name && moment === at && deaths++ === 0 ? lambda.die() : undefined,
    });
    ['a', 'flaky', 'broken', 'b'].forEach((id) => model.place(id));
    model.queue.send('not JSON');

    await model.drain();

    expect(deaths).toBeGreaterThan(0);
    expect([...model.done].sort()).toEqual(['a', 'b', 'flaky']);
    expect(new Set(model.letters.map(({ body }) => body))).toEqual(new Set(['not JSON', '{"orderId":"broken","amount":1}']));
  });

test('lets a copy wait no longer than until the claim of its dead holder ends', async () => {
  jest.spyOn(Math, 'random').mockReturnValue(1 - 2 ** -53);
  const model = new ConsumerModel({ ...killing, environment: { retry: { delay: 900, maxDelay: 900 } } });
  model.place('killer');
  await model.deliver();
  const copy = model.place('killer');

  await model.deliver().finally(() => jest.mocked(Math.random).mockRestore());

  expect(copy.visibleAt - Date.now()).toBeLessThanOrEqual(31_000);
});

test('takes a lookup that fails for no news: everything is handled all the same', async () => {
  const model = new ConsumerModel({ ...killing, fault: (call) => { if (call === 'lookUp') { throw new Error('busy'); } } });
  mates.forEach((id) => model.place(id));
  model.queue.receive(10);

  await model.drain();

  expect([...model.done].sort()).toEqual(mates);
});

test('asks once for everything that was delivered before, and not at all for what is new', async () => {
  const calls: string[] = [];
  const model = new ConsumerModel({ fault: (call, moment) => { if (moment === 'before') { calls.push(call); } } });
  model.place('new');
  await model.deliver();
  expect(calls).toEqual(['claim', 'complete']);

  calls.splice(0);
  ['a', 'b'].forEach((id) => model.place(id));
  model.queue.receive(10);
  jest.advanceTimersByTime(180_000);
  await model.deliver();

  expect(calls.filter((call) => call === 'lookUp')).toHaveLength(1);
});
