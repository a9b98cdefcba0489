import { order, orderPlaced } from './shop';
import { asyncConsumer, event, eventConsumer, type Processing, queueConsumer, streamConsumer, tableStreamConsumer, topicConsumer } from '../../../lambda';
import { type Remakable, remaking } from '../../../lambda/consumers/handler';
import { MemoryDynamoDB, records, tableChange } from '../../../lambda/testing';
import { environmentFor } from '../../../lambda/testing/test-environment';

/** A handler as Lambda would call it, and the orders that it has seen. */
function called<Event, Answer>(handler: (event: Event, context: { getRemainingTimeInMillis(): number }) => Promise<Answer>) {
  const { door, remake } = (handler as unknown as Remakable<typeof handler>)[remaking];
  const metrics = { count: () => {}, measure: () => {}, flush: () => {} };
  const remade = remake({ environment: environmentFor(door, false), dynamodb: new MemoryDynamoDB().client(), metrics });
  return async (input: Event) => remade(input, { getRemainingTimeInMillis: () => 30_000 });
}

const seen: unknown[] = [];
const options = { on: orderPlaced, process: ({ orderId }: { readonly orderId: string }, { meta }: Processing) => { seen.push([orderId, meta.receiveCount]); } };

beforeEach(() => {
  seen.splice(0);
  jest.spyOn(process.stdout, 'write').mockReturnValue(true); // what the handlers log
});
afterEach(() => { jest.restoreAllMocks(); });

test('make a batch of a queue', async () => {
  expect(await called(queueConsumer(options))(await records.sqs(order('a'), '{"orderId":"b","sku":"book"}'))).toEqual({ batchItemFailures: [] });
  expect(seen).toEqual([['a', 1], ['b', 1]]);
});

test('make a notification of a topic', async () => {
  await called(topicConsumer(options))(await records.sns(order('a')));
  expect(seen).toEqual([['a', 1]]);
});

test('make an event of a bus', async () => {
  const made = await records.eventBridge(order('a'));

  await called(eventConsumer(options))(made);

  expect(made).toMatchObject({ 'detail-type': 'OrderPlaced', 'source': 'shop' });
  expect(seen).toEqual([['a', 1]]);
});

test('make a batch of a stream, with the key of the event as partition key', async () => {
  const made = await records.kinesis(order('a'), order('b'));

  await called(streamConsumer(options))(made);

  expect(made.Records.map(({ kinesis: { partitionKey } }) => partitionKey)).toEqual(['a', 'b']);
  expect(seen).toEqual([['a', 1], ['b', 1]]);
});

test('make a batch of a table\'s stream', async () => {
  const items: unknown[] = [];

  await called(tableStreamConsumer({ process: { insert: (item) => { items.push(item); } } }))(records.dynamodb(tableChange({ after: { id: 'a' } })));

  expect(items).toEqual([{ id: 'a' }]);
});

test('refuse an event that its contract refuses', async () => {
  await expect(records.sqs(event(orderPlaced, { orderId: 1, sku: 'book' } as never))).rejects.toThrow('the data is no OrderPlaced version 1');
});

test('an envelope is what an asynchronous invocation takes', async () => {
  const { Records: [record] } = await records.sqs(order('a'));

  await called(asyncConsumer(options))(JSON.parse(record!.body));

  expect(seen).toEqual([['a', 1]]);
});
