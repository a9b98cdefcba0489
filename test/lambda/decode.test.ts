import { z } from 'zod/mini';
import { decode } from '../../lambda/decode';
import { event, seal } from '../../lambda/envelope';
import { Poison } from '../../lambda/errors';

const fact = { orderId: 'a', amount: 1 };
const metadata = { id: 'e1', source: 'shop.checkout', type: 'OrderPlaced', version: 2 };
const envelope = { metadata, data: fact };
const whole = { ...metadata, time: '2026-01-01T00:00:00Z', correlationId: 'c', causationId: 'e0', idempotencyKey: 'a', hops: 3, traceparent: '00-1-2-01' };

const busEvent = (detail: unknown, more: object = {}) => ({
  'version': '0', 'id': 'b1', 'source': 'shop.checkout', 'detail-type': 'OrderPlaced', 'account': '111122223333', 'region': 'eu-west-1',
  'time': '2026-01-02T00:00:00Z', 'resources': [], detail, ...more,
});
const notification = (message: unknown, more: object = {}) => ({
  Type: 'Notification', MessageId: 'n1', TopicArn: 'arn:aws:sns:eu-west-1:111122223333:orders', Message: JSON.stringify(message), ...more,
});
const decoded = (value: unknown) => decode(JSON.stringify(value));

/** The poison that a body is. */
function poison(body: string): Poison {
  try { decode(body); } catch (error) { return error as Poison; }
  throw new Error('it was decoded');
}

test.each([[fact], [[fact]], ['text'], [7], [null], [false], [{}], [[]]])('takes %j for the bare fact', (value) => {
  expect(decoded(value)).toEqual({ data: value });
});

test('reads an envelope', () => {
  expect(decoded({ metadata: whole, data: fact })).toEqual({
    data: fact, metadata: whole, id: 'e1', source: 'shop.checkout', type: 'OrderPlaced', version: 2, time: '2026-01-01T00:00:00Z', correlationId: 'c',
  });
});

test('reads an envelope that says only what it must', () => {
  expect(decoded(envelope)).toEqual({ data: fact, metadata, ...metadata });
});

test('reads what a producer has sealed', async () => {
  const contract = { source: 'shop.checkout', type: 'OrderPlaced', version: 2, schema: z.object({ orderId: z.string() }), key: () => 'a' };
  const sealed = await seal(event(contract, { orderId: 'a' }), { correlationId: 'c', causationId: 'e0', hops: 1, traceparent: '00-1-2-01' });

  expect(decoded(sealed)).toMatchObject({ data: { orderId: 'a' }, metadata: sealed.metadata });
});

test('leaves behind what it does not know of an envelope', () => {
  const body = '{"metadata": {"id": "e1", "source": "s", "type": "T", "version": 1, "other": 1, "__proto__": {"hops": 9}}, "data": 1}';

  expect(decode(body).metadata).toStrictEqual({ id: 'e1', source: 's', type: 'T', version: 1 });
});

test.each([
  ['a third property', { ...envelope, more: 1 }],
  ['no data', { metadata }],
  ['metadata that is a list', { metadata: ['id', 'type'], data: 1 }],
  ['metadata without an id', { metadata: { type: 'OrderPlaced' }, data: 1 }],
  ['metadata without a type', { metadata: { id: 'e1' }, data: 1 }],
])('takes what has %s for a bare fact', (_what, value) => {
  expect(decoded(value)).toEqual({ data: value });
});

test.each([
  ['id', ''], ['id', 1], ['type', null], ['source', ''], ['source', undefined], ['version', '1'], ['version', 1.5], ['version', -1], ['version', undefined],
  ['time', 1], ['correlationId', null], ['causationId', {}], ['idempotencyKey', []], ['traceparent', 1], ['hops', -1], ['hops', 0.5], ['hops', '1'],
])('refuses an envelope whose %s is %j, and names only that', (field, value) => {
  const { reason, message } = poison(JSON.stringify({ metadata: { ...whole, [field]: value }, data: 'secret' }));

  expect(reason).toBe('BadEnvelope');
  expect(message).toMatch(new RegExp(`^the metadata of the envelope is broken: ${field} is not a[^,]+$`));
});

test('reads the bare fact of an EventBridge event', () => {
  expect(decoded(busEvent(fact))).toEqual({ data: fact, id: 'b1', source: 'shop.checkout', type: 'OrderPlaced', time: '2026-01-02T00:00:00Z' });
});

test('believes the envelope more than the EventBridge event around it', () => {
  expect(decoded(busEvent({ metadata: whole, data: fact })))
    .toMatchObject({ data: fact, id: 'e1', time: '2026-01-01T00:00:00Z', version: 2, correlationId: 'c' });
  expect(decoded(busEvent(envelope))).toMatchObject({ id: 'e1', time: '2026-01-02T00:00:00Z' });
});

test.each([['a notification', notification(fact)], ['an EventBridge event', busEvent(fact)]])(
  'takes %s for the fact itself when EventBridge or an envelope holds it', (_what, value) => {
    expect(decoded(busEvent(value)).data).toEqual(value);
    expect(decoded({ metadata, data: value }).data).toEqual(value);
  },
);

test('knows a replay', () => {
  expect(decoded(busEvent(envelope, { 'replay-name': 'second-try' })).replay).toBe('second-try');
});

test.each([
  ['version', 0], ['id', undefined], ['source', null], ['detail-type', 1], ['account', undefined], ['region', undefined],
  ['time', undefined], ['detail', undefined],
])('takes an object for a bare fact that would be an EventBridge event if its %s were not %j', (field, value) => {
  const near = JSON.parse(JSON.stringify(busEvent(fact, { [field]: value })));

  expect(decoded(near)).toEqual({ data: near });
});

test.each([
  ['source', { source: 'shop.billing' }, 'source is not the source of the event'],
  ['type', { 'detail-type': 'OrderCancelled' }, 'type is not the detail-type of the event'],
])('refuses an envelope that names another %s than EventBridge', (_what, more, fault) => {
  const message = `the metadata of the envelope is broken: ${fault}`;

  expect(poison(JSON.stringify(busEvent(envelope, more)))).toMatchObject({ reason: 'BadEnvelope', message });
});

test('reads a notification, and the correlation id that came with it', () => {
  const correlationId = { Type: 'String', Value: 'c' };

  expect(decoded(notification(fact, { Timestamp: '2026-01-03T00:00:00Z', MessageAttributes: { correlationId } })))
    .toEqual({ data: fact, id: 'n1', time: '2026-01-03T00:00:00Z', correlationId: 'c' });
});

test('believes what is inside a notification more than the notification', () => {
  const attributes = { MessageAttributes: { correlationId: { Type: 'String', Value: 'other' } } };

  expect(decoded(notification({ metadata: whole, data: fact }, attributes))).toMatchObject({ id: 'e1', correlationId: 'c', data: fact });
  expect(decoded(notification(busEvent(fact), attributes))).toMatchObject({ id: 'b1', type: 'OrderPlaced', correlationId: 'other', data: fact });
});

test.each([null, [], 'c', { correlationId: null }, { correlationId: 'c' }, { correlationId: { Value: 1 } }, { correlationId: { Value: '' } }])(
  'does without a correlation id when a notification has the attributes %j', (MessageAttributes) => {
    expect(decoded(notification(fact, { MessageAttributes }))).toEqual({ data: fact, id: 'n1' });
  },
);

test.each([['Type', 'SubscriptionConfirmation'], ['MessageId', undefined], ['TopicArn', 1], ['Message', { orderId: 'a' }]])(
  'takes an object for a bare fact that would be a notification if its %s were not %j', (field, value) => {
    const near = JSON.parse(JSON.stringify(notification(fact, { [field]: value })));

    expect(decoded(near)).toEqual({ data: near });
  },
);

test('reads four notifications that are one in the other, but not five', () => {
  let value: unknown = fact;
  for (let depth = 0; depth < 4; depth++) { value = notification(value); }

  expect(decoded(value).data).toEqual(fact);
  expect(poison(JSON.stringify(notification(value)))).toMatchObject({ reason: 'TooDeep', message: 'more than 4 notifications are one in the other' });
});

test('says how long a body is that is not JSON, and not what it is', () => {
  const { reason, message, cause } = poison('{"sécret');

  expect({ reason, message, cause }).toEqual({ reason: 'NotJson', message: 'the body (9 bytes) is not JSON', cause: undefined });
  expect(poison(JSON.stringify(notification(fact, { Message: 'secret' }))))
    .toMatchObject({ reason: 'NotJson', message: 'the message of the notification (6 bytes) is not JSON' });
});

test('takes 512 levels of data, and refuses more without failing itself', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

  expect(decode(nested(512)).data).toEqual(JSON.parse(nested(512)));
  for (const levels of [513, 100_000]) {
    expect(poison(nested(levels))).toMatchObject({ reason: 'TooDeep', message: 'the data has more than 512 levels' });
    expect(poison(JSON.stringify(envelope).replace('{"orderId":"a","amount":1}', nested(levels))).reason).toBe('TooDeep');
  }
});

test('gives no object another prototype, whatever its properties are called', () => {
  const { data } = decode('{"__proto__": {"admin": true}, "constructor": {"prototype": {"admin": true}}}');

  expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
  expect(Object.keys(data as object)).toEqual(['__proto__', 'constructor']);
  expect((data as { admin?: boolean }).admin).toBeUndefined();
});
