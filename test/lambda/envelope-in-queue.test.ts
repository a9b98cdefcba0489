import { type Order, orderPlaced, writeOf } from './consumer-model';
import { MadeModel } from './made-model';
import { useVirtualClock } from './virtual-clock';
import { type Meta, queueConsumer } from '../../lambda';

useVirtualClock();

const attribute = (value: string) => ({ attributes: { correlationId: { DataType: 'String', StringValue: value } } });

/** A consumer that notes what it knows of each event. */
function given(onReplay?: 'dedupe' | 'force') {
  const metas: Meta[] = [];
  const model = new MadeModel((collaborators) => queueConsumer({
    on: orderPlaced,
    ...(onReplay ? { onReplay } : {}),
    process: ({ orderId }: Order, { tx, meta }) => {
      metas.push(meta);
      tx.write(writeOf(orderId));
    },
  }, collaborators));
  return { model, metas };
}

const order = (orderId = 'a') => ({ orderId, amount: 1 });
const enveloped = (orderId = 'a', metadata: object = {}) => ({
  metadata: { id: 'event-1', source: 'shop', type: 'OrderPlaced', version: 1, time: '2026-01-05T07:00:00.000Z', correlationId: 'request-1', causationId: 'event-0', hops: 3, ...metadata },
  data: order(orderId),
});
const notification = (message: unknown, more: object = {}) => ({
  Type: 'Notification', MessageId: 'sns-1', TopicArn: 'arn:aws:sns:eu-west-1:123456789012:orders', Message: JSON.stringify(message), Timestamp: '2026-01-05T07:30:00.000Z', ...more,
});
const busEvent = (detail: unknown, more: object = {}) => ({
  'version': '0', 'id': 'bus-1', 'source': 'shop', 'detail-type': 'OrderPlaced', 'account': '123456789012', 'region': 'eu-west-1', 'time': '2026-01-05T07:45:00Z', 'resources': [], detail, ...more,
});

/** Every way by which one fact may come. */
const ways: Readonly<Record<string, object>> = {
  'the bare fact': order(),
  'our envelope': enveloped(),
  'an SNS notification of the bare fact': notification(order()),
  'an SNS notification of our envelope': notification(enveloped()),
  'an EventBridge event with the bare fact': busEvent(order()),
  'an EventBridge event with our envelope': busEvent(enveloped()),
  'an EventBridge event that a topic sent on': notification(busEvent(enveloped())),
  'a replayed event': busEvent(enveloped(), { 'replay-name': 'replay-1' }),
};

test.each(Object.entries(ways))('%s is the same event as what comes by every other way', async (_way, body) => {
  const { model, metas } = given();
  model.queue.send(JSON.stringify(body));
  await model.drain();
  for (const other of Object.values(ways)) { model.queue.send(JSON.stringify(other)); }

  await model.drain();

  expect(metas).toHaveLength(1);
  expect(model.done).toEqual(['a']);
  expect(model.letters).toEqual([]);
  expect(model.table.records.size).toBe(1);
});

test('copies that come by all ways in one batch are one event, too', async () => {
  const { model } = given();
  for (const body of Object.values(ways)) { model.queue.send(JSON.stringify(body)); }

  expect(await model.deliver()).toEqual({ batchItemFailures: [] });
  expect(model.done).toEqual(['a']);
});

test.each([
  ['the bare fact', order(), { eventId: 'message-1', hops: 0 }, 'message-1'],
  ['our envelope', enveloped(), { eventId: 'event-1', hops: 3, causationId: 'event-0' }, 'request-1'],
  ['an SNS notification of the bare fact', notification(order()), { eventId: 'sns-1', hops: 0 }, 'message-1'],
  ['an SNS notification with an attribute', notification(order(), { MessageAttributes: { correlationId: { Type: 'String', Value: 'request-2' } } }), { eventId: 'sns-1' }, 'request-2'],
  ['an SNS notification of our envelope', notification(enveloped(), { MessageAttributes: { correlationId: { Type: 'String', Value: 'request-2' } } }), { eventId: 'event-1', hops: 3 }, 'request-1'],
  ['an EventBridge event with the bare fact', busEvent(order()), { eventId: 'bus-1', hops: 0 }, 'message-1'],
  ['an EventBridge event with our envelope', busEvent(enveloped()), { eventId: 'event-1', hops: 3, causationId: 'event-0' }, 'request-1'],
])('the handler is told the ids of %s', async (_way, body, meta, correlationId) => {
  const { model, metas } = given();
  model.queue.send(JSON.stringify(body));

  await model.drain();

  expect(metas).toMatchObject([{ messageId: 'message-1', type: 'OrderPlaced', key: 'a', ...meta, correlationId }]);
  if (!('causationId' in meta)) { expect(Object.hasOwn(metas[0]!, 'causationId')).toBe(meta.eventId === 'event-1'); }
});

test.each([
  ['the bare fact', order(), 'request-3'],
  ['an SNS notification', notification(order()), 'request-3'],
  ['an envelope without one', enveloped('a', { correlationId: undefined }), 'request-3'],
  ['an envelope with an empty one', enveloped('a', { correlationId: '' }), 'request-3'],
  ['an envelope with its own', enveloped(), 'request-1'],
])('the correlation id may come as an attribute of the message; the envelope\'s comes first: %s', async (_way, body, correlationId) => {
  const { model, metas } = given();
  model.queue.send(JSON.stringify(body), attribute('request-3'));

  await model.drain();

  expect(metas).toMatchObject([{ correlationId }]);
});

test('a notification in a notification is read, and too many of them are set aside', async () => {
  const { model } = given();
  const nested = (depth: number): object => depth === 0 ? order(`depth-${depth}`) : notification(nested(depth - 1));
  model.queue.send(JSON.stringify(nested(4)));
  model.queue.send(JSON.stringify(nested(5)));

  await model.drain();

  expect(model.done).toEqual(['depth-0']);
  expect(model.letters).toMatchObject([{ reason: 'TooDeep' }]);
});

test.each([
  ['says another source than the event', busEvent(enveloped('a', { source: 'market' }))],
  ['says another type than the event', busEvent(enveloped('a', { type: 'OrderCancelled' }))],
  ['has no source', enveloped('a', { source: undefined })],
  ['has hops that are no number', enveloped('a', { hops: '3' })],
  ['has an empty id', enveloped('a', { id: '' })],
])('an envelope that %s is set aside, whole', async (_what, body) => {
  const { model } = given();
  model.queue.send(JSON.stringify(body));

  await model.drain();

  expect(model.letters).toMatchObject([{ reason: 'BadEnvelope', body: JSON.stringify(body) }]);
  expect(model.done).toEqual([]);
});

test('the letter of an event from a topic knows its correlation id, can be sent back as it is, and is handled', async () => {
  let broken = true;
  const done: string[] = [];
  const model = new MadeModel((collaborators) => queueConsumer({
    on: orderPlaced, classify: () => 'poison', process: ({ orderId }) => { if (broken) { throw new Error('no'); } done.push(orderId); },
  }, collaborators));
  model.queue.send(JSON.stringify(notification(busEvent(enveloped()))));
  await model.drain();
  expect(model.letters).toMatchObject([{ correlationId: 'request-1', messageId: 'message-1' }]);

  broken = false;
  model.queue.redrive();
  await model.drain();

  expect(done).toEqual(['a']);
});

describe('an event that an archive replays', () => {
  const replay = (name: string, orderId = 'a') => JSON.stringify(busEvent(enveloped(orderId), { 'replay-name': name }));

  test('is the same as before; one that was never handled is handled', async () => {
    const { model, metas } = given('dedupe');
    model.queue.send(JSON.stringify(busEvent(enveloped())));
    await model.drain();
    model.queue.send(replay('replay-1'));
    model.queue.send(replay('replay-1', 'lost'));

    await model.drain();

    expect(model.done).toEqual(['a', 'lost']);
    expect(metas.map(({ replay: name }) => name)).toEqual([undefined, 'replay-1']);
  });

  test('counts again where the consumer says so, once for each replay', async () => {
    const { model, metas } = given('force');
    model.queue.send(JSON.stringify(busEvent(enveloped())));
    await model.drain();
    for (const name of ['replay-1', 'replay-1', 'replay-2']) {
      model.queue.send(replay(name));
      await model.drain();
    }
    model.queue.send(JSON.stringify(busEvent(enveloped())));

    await model.drain();

    expect(metas.map(({ replay: name }) => name)).toEqual([undefined, 'replay-1', 'replay-2']);
    expect(model.counted.counts).toMatchObject({ Processed: 3, Duplicate: 2 });
  });
});
