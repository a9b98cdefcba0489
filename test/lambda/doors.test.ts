import type { EventBridgeEvent, SNSEvent } from 'aws-lambda';
import { environment, type FunctionModel, type Order, orderPlaced, writeOf } from './consumer-model';
import { DoorModel, type DoorOptions } from './made-model';
import { pause, useVirtualClock } from './virtual-clock';
import { asyncConsumer, eventConsumer, type Meta, Poison, type Processing, topicConsumer } from '../../lambda';

useVirtualClock();

type Work = (order: Order, processing: Processing, lambda: FunctionModel) => Promise<void> | void;

const writes: Work = ({ orderId }, { tx }) => tx.write(writeOf(orderId));

const metadata = { id: 'event-1', source: 'shop', type: 'OrderPlaced', version: 1, time: '2026-01-05T07:00:00.000Z', correlationId: 'request-1', hops: 3 };

/** What a topic hands over. */
function notified(message: unknown): SNSEvent {
  const Sns = {
    Type: 'Notification', MessageId: 'sns-1', TopicArn: 'arn:aws:sns:eu-west-1:123456789012:orders', Message: typeof message === 'string' ? message : JSON.stringify(message),
    Timestamp: '2026-01-05T07:59:00.000Z', MessageAttributes: {}, SignatureVersion: '1', Signature: '', SigningCertUrl: '', UnsubscribeUrl: '',
  };
  return { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn: '', Sns }] };
}

/** What a rule hands over. */
const matched = (detail: unknown, more: object = {}): EventBridgeEvent<string, unknown> => ({
  'version': '0', 'id': 'bus-1', 'source': 'shop', 'detail-type': 'OrderPlaced', 'account': '123456789012', 'region': 'eu-west-1', 'time': '2026-01-05T07:59:00Z', 'resources': [], detail, ...more,
});

interface Door {
  readonly given: (process?: Work, options?: DoorOptions) => DoorModel<unknown, void>;
  /** The source's own form of a fact. */
  readonly event: (fact: unknown) => unknown;
  /** The event again, made of the body of its letter. */
  readonly again: (body: string) => unknown;
  readonly id: string;
}

type Make = ConstructorParameters<typeof DoorModel<unknown, void>>[0];

const modelOf = (make: (process: Work) => Make, source: object): Door['given'] => (process = writes, options = {}) =>
  new DoorModel<unknown, void>(make(process), { ...options, environment: { source: source as never, ...options.environment } });

/** What each door is given. */
const optionsOf = (process: Work, lambda: FunctionModel) => ({
  on: orderPlaced, process: async (placed: Order, processing: Processing) => process(placed, processing, lambda),
});

const doors: Readonly<Record<string, Door>> = {
  topicConsumer: {
    given: modelOf((process) => (collaborators, lambda) => topicConsumer(optionsOf(process, lambda), collaborators) as never, {
      kind: 'sns', arn: 'arn:aws:sns:eu-west-1:123456789012:orders',
    }),
    event: notified, again: (body) => ({ Records: [{ Sns: JSON.parse(body) as unknown }] }), id: 'sns-1',
  },
  eventConsumer: {
    given: modelOf((process) => (collaborators, lambda) => eventConsumer(optionsOf(process, lambda), collaborators) as never, {
      kind: 'eventbridge', arn: 'arn:aws:events:eu-west-1:123456789012:rule/orders',
    }),
    event: matched, again: (body) => JSON.parse(body), id: 'bus-1',
  },
  asyncConsumer: {
    given: modelOf((process) => (collaborators, lambda) => asyncConsumer(optionsOf(process, lambda), collaborators), { kind: 'lambda' }),
    event: (fact) => fact, again: (body) => JSON.parse(body), id: 'request-id',
  },
};

const order = { orderId: 'a', amount: 1 };

describe.each(Object.entries(doors))('%s', (_name, { given, event, again, id }) => {
  test('handles an event, and knows its ids: those of the source for a bare fact, else those of the envelope', async () => {
    const metas: Meta[] = [];
    const model = given((_order, { meta }) => { metas.push(meta); });

    await model.invoke(event(order), 'request-id');
    await model.invoke(event({ metadata, data: { orderId: 'b', amount: 1 } }), 'request-id');

    expect(metas).toMatchObject([
      { eventId: id, correlationId: id, messageId: id, key: 'a', type: 'OrderPlaced', attempt: 1, hops: 0 },
      { eventId: 'event-1', correlationId: 'request-1', messageId: id, key: 'b', hops: 3 },
    ]);
  });

  test('is content with an event that comes again, and counts it as a duplicate', async () => {
    const model = given();

    for (let delivery = 0; delivery < 3; delivery++) { await model.invoke(event(order), `request-${delivery}`); }

    expect(model.done).toEqual(['a']);
    expect(model.counted.counts).toEqual({ Processed: 1, Duplicate: 2 });
  });

  test('fails the invocation with the very error of the handler, and is done once when Lambda tries again', async () => {
    const error = Object.assign(new Error('busy'), { name: 'ThrottlingException' });
    let tries = 0;
    const model = given((placed, processing, lambda) => {
      if (tries++ < 2) { throw error; }
      return writes(placed, processing, lambda);
    });

    await expect(model.invoke(event(order), 'request-id')).rejects.toBe(error);
    await expect(model.invoke(event(order), 'request-id')).rejects.toBe(error);
    await model.invoke(event(order), 'request-id');

    expect(model.done).toEqual(['a']);
    expect([model.letters, model.table.records.size]).toEqual([[], 1]);
  });

  test('counts the tries of an unknown failure over invocations, and sets the event aside after maxAttempts', async () => {
    const attempts: number[] = [];
    const model = given((_order, { meta }) => { attempts.push(meta.attempt); throw new Error('no'); }, { environment: { maxAttempts: 2 } });

    await expect(model.invoke(event(order), 'request-id')).rejects.toThrow('no');
    await model.invoke(event(order), 'request-id');

    expect(attempts).toEqual([1, 2]);
    expect(model.letters).toMatchObject([{ reason: 'Error', message: 'no', attempt: 2 }]);
  });

  test('sets poison aside and succeeds; the body of the letter is the event, which may be handed in again', async () => {
    let broken = true;
    const model = given((placed, processing, lambda) => {
      if (broken) { throw new Poison('gone', { reason: 'Gone' }); }
      return writes(placed, processing, lambda);
    });

    await model.invoke(event({ metadata, data: order }), 'request-id');
    expect(model.letters).toMatchObject([{ reason: 'Gone', messageId: id, correlationId: 'request-1' }]);
    broken = false;
    await model.invoke(again(model.letters[0]!.body), 'another');

    expect(model.done).toEqual(['a']);
  });

  test('fails the invocation when the letter cannot be sent, and leaves one when Lambda tries again', async () => {
    let refused = true;
    const model = given(() => { throw new Poison('gone'); }, { fault: (call) => { if (call === 'SendMessage' && refused) { throw new Error('refused'); } } });

    await expect(model.invoke(event(order), 'request-id')).rejects.toThrow();
    expect(model.letters).toEqual([]);
    refused = false;
    await model.invoke(event(order), 'request-id');

    expect(model.letters).toMatchObject([{ reason: 'Poison' }]);
  });

  test('is one event when the function is killed, and Lambda tries again', async () => {
    let deaths = 0;
    const model = given(async (placed, processing, lambda) => {
      processing.tx.write(writeOf(placed.orderId));
      if (deaths++ === 0) { await lambda.die(); }
    });

    expect(await model.invoke(event(order), 'request-id')).toBe('died');
    await expect(model.invoke(event(order), 'request-id')).rejects.toThrow('not handled yet');
    jest.advanceTimersByTime(60_000);
    await model.invoke(event(order), 'request-id');

    expect(model.done).toEqual(['a']);
  });

  test('is one event when two functions have it at the same time: the second one fails, and finds it done later', async () => {
    const model = given(async (placed, processing, lambda) => {
      await pause(5_000);
      await writes(placed, processing, lambda);
    });

    const first = model.invoke(event(order), 'request-1');
    const second = model.invoke(event(order), 'request-2');
    await expect(second).rejects.toThrow('not handled yet');
    await first;
    await model.invoke(event(order), 'request-2');

    expect(model.done).toEqual(['a']);
  });

  test('sets a fact aside that its schema refuses', async () => {
    const model = given();

    await model.invoke(event({ orderId: 7 }), 'request-id');

    expect(model.letters).toMatchObject([{ reason: 'SchemaMismatch', messageId: id }]);
  });
});

test.each([['topicConsumer', 'notifications of an SNS topic'], ['eventConsumer', 'events of an EventBridge rule']])('%s fails on what is not of its source', async (name, what) => {
  const model = doors[name]!.given();

  for (const event of [{}, undefined, null, { Records: 'none' }, 'text', []]) {
    await expect(model.invoke(event)).rejects.toThrow(new TypeError(`this function handles ${what}; the event has no ${name === 'topicConsumer' ? 'Records' : 'detail-type'}`));
  }
  expect(model.table.records.size).toBe(0);
});

test.each([[undefined], [null], [7], ['text'], [[]]])('asyncConsumer sets %p aside, as it sets aside whatever is no fact', async (event) => {
  const model = doors.asyncConsumer!.given();

  await model.invoke(event, 'request-id');

  expect(model.letters).toMatchObject([{ reason: 'SchemaMismatch', body: JSON.stringify(event ?? null), messageId: 'request-id' }]);
});

test('topicConsumer sets a message aside that is no JSON, with the whole notification', async () => {
  const model = doors.topicConsumer!.given();

  await model.invoke(notified('no JSON'));

  expect(model.letters).toMatchObject([{ reason: 'NotJson', source: 'arn:aws:sns:eu-west-1:123456789012:orders' }]);
  expect(JSON.parse(model.letters[0]!.body)).toMatchObject({ Message: 'no JSON', TopicArn: 'arn:aws:sns:eu-west-1:123456789012:orders' });
});

test('topicConsumer takes the correlation id from the attributes of the message', async () => {
  const metas: Meta[] = [];
  const model = doors.topicConsumer!.given((_order, { meta }) => { metas.push(meta); });
  const { Records: [record] } = notified(order);

  await model.invoke({ Records: [{ ...record, Sns: { ...record!.Sns, MessageAttributes: { correlationId: { Type: 'String', Value: 'request-2' } } } }] });

  expect(metas).toMatchObject([{ correlationId: 'request-2', sentAt: new Date('2026-01-05T07:59:00.000Z') }]);
});

test('eventConsumer knows a replayed event again', async () => {
  const model = doors.eventConsumer!.given();
  await model.invoke(matched(order));

  await model.invoke(matched(order, { 'replay-name': 'replay-1' }));

  expect(model.done).toEqual(['a']);
});

test('a door fails at its start behind another source, and says which door is the right one', () => {
  const variable = { ...environment, source: { kind: 'kinesis', arn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders' } };
  Object.assign(process.env, { AWS_LAMBDA_FUNCTION_NAME: 'consumer', EVENT_PATTERNS_CONSUMER: JSON.stringify(variable) });
  try {
    for (const door of [topicConsumer, eventConsumer, asyncConsumer]) {
      expect(() => door({ on: orderPlaced, process: () => {} })).toThrow('the source is kinesis, which');
      expect(() => door({ on: orderPlaced, process: () => {} })).toThrow('write the handler with streamConsumer');
    }
  } finally {
    delete process.env.AWS_LAMBDA_FUNCTION_NAME;
    delete process.env.EVENT_PATTERNS_CONSUMER;
  }
});
