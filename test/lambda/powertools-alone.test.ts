import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { ConsumerModel, writeOf } from './consumer-model';
import { FakeDynamoDB } from './fake-dynamodb';
import type { Fault } from './memory-store';
import { PowertoolsModel } from './powertools-model';
import { useVirtualClock } from './virtual-clock';

// The traps that the runtime closes, shown open: were one of these tests to fail, Powertools would have closed it, and ours could be simpler.

useVirtualClock();
beforeEach(() => { jest.spyOn(console, 'warn').mockImplementation(() => {}); });
afterEach(() => { jest.restoreAllMocks(); });

interface Keyed { readonly tenant?: string; readonly orderId?: string; readonly amount?: number }

function givenIdempotent(work: (event: Keyed) => Promise<void>, config: ConstructorParameters<typeof IdempotencyConfig>[0] = {}, fault?: Fault) {
  const table = new FakeDynamoDB();
  const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'memory', awsSdkV3Client: table.client(fault) });
  const idempotencyConfig = new IdempotencyConfig(config);
  idempotencyConfig.registerLambdaContext({ getRemainingTimeInMillis: () => 30_000 } as never);
  return { table, once: makeIdempotent(work, { persistenceStore, config: idempotencyConfig }) };
}

test('two different events without a key are one event, with Powertools\' defaults', async () => {
  const done: Keyed[] = [];
  const { once } = givenIdempotent(async (event) => { done.push(event); }, { eventKeyJmesPath: '[tenant, orderId]' });

  await once({ amount: 1 });
  await once({ amount: 2 });

  expect(done).toEqual([{ amount: 1 }]);
});

test('all events of a tenant without an order are one event, although a key is required', async () => {
  const done: string[] = [];
  const { once } = givenIdempotent(async () => { done.push('done'); }, { eventKeyJmesPath: '[tenant, orderId]', throwOnNoIdempotencyKey: true });

  await once({ tenant: 'blue' });
  await once({ tenant: 'blue' });

  expect(done).toHaveLength(1);
});

test('a misspelled key switches idempotency off', async () => {
  const done: string[] = [];
  const { once } = givenIdempotent(async () => { done.push('done'); }, { eventKeyJmesPath: 'orderID' });

  await once({ orderId: 'a' });
  await once({ orderId: 'a' });

  expect(done).toHaveLength(2);
});

test('the reason of a failure is hidden when the key cannot be given back', async () => {
  const work = async () => { throw Object.assign(new Error('out of stock'), { name: 'OutOfStock' }); };
  const { once } = givenIdempotent(work, {}, (call) => { if (call === 'DeleteItem') { throw new Error('throttled'); } });

  await expect(once({ orderId: 'a' })).rejects.toMatchObject({ name: 'IdempotencyPersistenceLayerError' });
});

test('an effect whose completion was throttled happens again', async () => {
  let throttled = false;
  const fault: Fault = (call, moment) => {
    if (['UpdateItem', 'complete'].includes(call) && moment === 'before' && !throttled) {
      throttled = true;
      throw Object.assign(new Error('throttled'), { name: 'ThrottlingException' });
    }
  };
  const [theirs, ours] = [new PowertoolsModel({ fault }), new ConsumerModel({ fault })];
  theirs.place('a');
  await theirs.drain();
  throttled = false;
  ours.place('a');
  await ours.drain();

  expect(theirs.done).toEqual(['a', 'a']);
  expect(ours.done).toEqual(['a']);
});

test('an effect whose function died before the completion happens again', async () => {
  let dead = false;
  const model = new PowertoolsModel({
    fault: async (call, moment, lambda) => {
      if (call !== 'effect' || moment !== 'after' || dead) { return; }
      dead = true;
      await lambda.die();
    },
  });
  model.place('a');

  await model.drain();

  expect(model.done).toEqual(['a', 'a']);
});

test('a copy in the same batch fails, and waits a whole visibility timeout for nothing', async () => {
  const [theirs, ours] = [new PowertoolsModel(), new ConsumerModel()];
  for (const model of [theirs, ours]) { ['a', 'a'].forEach((id) => model.place(id)); }

  expect((await theirs.deliver())?.batchItemFailures).toHaveLength(1);
  expect(theirs.queue.nextIn).toBe(180_000);
  expect((await ours.deliver())?.batchItemFailures).toEqual([]);
});

test('poison is received until the queue gives up, and then rests without a reason', async () => {
  const model = new PowertoolsModel({ maxReceiveCount: 5 });
  const message = model.queue.send('not JSON');

  await model.drain();

  expect(model.queue.deadLetters).toMatchObject([{ id: message.id, receiveCount: 5 }]);
  expect(model.queue.deadLetters[0]).not.toHaveProperty('attributes');
});

test('healthy mates of an event that kills the function rest among the dead letters', async () => {
  const [theirs, ours] = [new PowertoolsModel({
    maxReceiveCount: 5,
    fault: async (call, moment, lambda) => call === 'effect' && moment === 'before' ? lambda.die() : undefined,
  }), new ConsumerModel({
    process: async ({ orderId }, { tx }, lambda) => orderId === 'killer' ? lambda.die() : tx.write(writeOf(orderId)),
  })];
  for (const model of [theirs, ours]) { ['a', 'killer', 'b'].forEach((id) => model.place(id)); }

  await theirs.drain();
  await ours.drain();

  expect(theirs.queue.deadLetters).toHaveLength(3);
  expect(ours.done).toEqual(['a', 'b']);
});
