import { ServiceModel } from './service-model';
import { envelopes, failureOf, moved, orderPlaced, placed, queueUrl, several, topicArn } from './targets';
import { Poison } from '../../../lambda/errors';
import { publishEvents } from '../../../lambda/producers/bus';
import { sendMessages } from '../../../lambda/producers/queue';
import { putRecords } from '../../../lambda/producers/stream';
import { publishToTopic } from '../../../lambda/producers/topic';
import { Run, runWith } from '../../../lambda/run';
import { ended, useVirtualClock } from '../virtual-clock';

useVirtualClock();

const run = (correlationId = 'request-1') => new Run({ correlationId, causationId: 'cause-1', hops: 2 });
const [time, seconds] = ['2026-01-05T08:00:00.000Z', new Date('2026-01-05T08:00:00Z')];
const metadata = {
  id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string, time, source: 'shop.checkout', type: 'OrderPlaced', version: 2,
  correlationId: 'request-1', causationId: 'cause-1', idempotencyKey: 'a', hops: 3,
};

describe('what arrives', () => {
  test('at a bus: the envelope as detail, under type and source of the contract', async () => {
    const service = new ServiceModel();

    await runWith(run(), async () => publishEvents([placed('a')], { bus: 'shop', client: service.bus() }));

    expect(service.requests).toEqual([{
      Entries: [{ EventBusName: 'shop', Source: 'shop.checkout', DetailType: 'OrderPlaced', Time: seconds, Detail: service.arrived[0]!.text }],
    }]);
    expect(envelopes(service)).toEqual([{ metadata, data: { orderId: 'a' } }]);
  });

  test('at a topic: the envelope as message, with what filters need', async () => {
    const service = new ServiceModel();

    await runWith(run(), async () => publishToTopic([placed('a')], { topic: topicArn, client: service.topic() }));

    expect(service.requests).toEqual([{
      TopicArn: topicArn,
      PublishBatchRequestEntries: [{
        Id: '0', Message: service.arrived[0]!.text, MessageAttributes: {
          type: { DataType: 'String', StringValue: 'OrderPlaced' },
          source: { DataType: 'String', StringValue: 'shop.checkout' },
          correlationId: { DataType: 'String', StringValue: 'request-1' },
        },
      }],
    }]);
    expect(envelopes(service)).toEqual([{ metadata, data: { orderId: 'a' } }]);
  });

  test('at a queue: the envelope as body, with the correlation id beside it', async () => {
    const service = new ServiceModel();

    await runWith(run(), async () => sendMessages([placed('a')], { queue: queueUrl, delaySeconds: 5, client: service.queue() }));

    expect(service.requests).toEqual([{
      QueueUrl: queueUrl,
      Entries: [{ Id: '0', MessageBody: service.arrived[0]!.text, DelaySeconds: 5, MessageAttributes: { correlationId: { DataType: 'String', StringValue: 'request-1' } } }],
    }]);
    expect(envelopes(service)).toEqual([{ metadata, data: { orderId: 'a' } }]);
  });

  test.each([['orders', { StreamName: 'orders' }], ['arn:aws:kinesis:eu-west-1:123456789012:stream/orders', { StreamARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders' }]])(
    'at the stream %s: the envelope as record, under the key of the event', async (stream, named) => {
      const service = new ServiceModel();

      await runWith(run(), async () => putRecords([placed('a')], { stream, client: service.stream() }));

      expect(service.requests).toEqual([{ ...named, Records: [{ PartitionKey: 'a', Data: Buffer.from(service.arrived[0]!.text) }] }]);
      expect(envelopes(service)).toEqual([{ metadata, data: { orderId: 'a' } }]);
    });

  test('a correlation id that came from elsewhere does no harm', async () => {
    const service = new ServiceModel();

    await runWith(run('a\u0000b\uFFFF😀'), async () => sendMessages([placed('a')], { queue: queueUrl, client: service.queue() }));
    await runWith(run(''), async () => sendMessages([placed('b')], { queue: queueUrl, client: service.queue() }));

    expect(entriesOf(service).map((entry) => (entry as { MessageAttributes: object }).MessageAttributes)).toEqual([
      { correlationId: { DataType: 'String', StringValue: 'a\uFFFDb\uFFFD😀' } }, {},
    ]);
    expect(envelopes(service).map(({ metadata: { correlationId } }) => correlationId)).toEqual(['a\u0000b\uFFFF😀', '']);
  });
});

describe('groups', () => {
  test.each([
    ['topic', async (service: ServiceModel, fifo: string) => publishToTopic([moved('a', 1), placed('b')], { topic: topicArn + fifo, client: service.topic() })],
    ['queue', async (service: ServiceModel, fifo: string) => sendMessages([moved('a', 1), placed('b')], { queue: queueUrl + fifo, client: service.queue() })],
  ])('a FIFO %s gets the keys of the events as groups and their ids against copies, a standard one neither', async (_kind, send) => {
    const [fifo, standard] = [new ServiceModel(), new ServiceModel()];

    const ids = await send(fifo, '.fifo');
    await send(standard, '');

    expect(entriesOf(fifo)).toMatchObject([{ MessageGroupId: 'a', MessageDeduplicationId: ids[0]!.id }, { MessageGroupId: 'b', MessageDeduplicationId: ids[1]!.id }]);
    expect(entriesOf(standard).map((entry) => Object.keys(entry).filter((name) => /Group|Dedup/.test(name)))).toEqual([[], []]);
  });

  test.each([
    ['queue', async (service: ServiceModel, events: ReturnType<typeof placed>[]) =>
      sendMessages(events, { queue: queueUrl, groupOf: ({ data }) => data.note ?? 'none', client: service.queue() })],
    ['topic', async (service: ServiceModel, events: ReturnType<typeof placed>[]) =>
      publishToTopic(events, { topic: topicArn, groupOf: ({ data }) => data.note ?? 'none', client: service.topic() })],
  ])('are named from what the event holds; a standard %s is shared by them, and they do not wait for each other there', async (_kind, send) => {
    const service = new ServiceModel();

    await send(service, [placed('a', 'tenant-1'), placed('b', 'tenant-1')]);

    expect(entriesOf(service)).toMatchObject([{ MessageGroupId: 'tenant-1' }, { MessageGroupId: 'tenant-1' }]);
    expect(entriesOf(service).some((entry) => 'MessageDeduplicationId' in entry)).toBe(false);
    expect(service.requests).toHaveLength(1);
  });

  test.each(['with blanks', 'größer', 'x'.repeat(129)])('may have the name %j, which the services do not take: it becomes another one, always the same', async (name) => {
    const service = new ServiceModel();

    await sendMessages([placed(name), placed(name)], { queue: `${queueUrl}.fifo`, client: service.queue() });
    await publishToTopic([placed('a', name)], { topic: `${topicArn}.fifo`, groupOf: ({ data }) => data.note!, client: service.topic() });

    const groups = service.arrived.map(({ group }) => group);
    expect(groups[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(groups).size).toBe(1);
  });

  test('without a name are told before anything is sent', async () => {
    const service = new ServiceModel();

    const failure = await failureOf(sendMessages([placed('a', 'x'), placed('b', '')], { queue: queueUrl, groupOf: ({ data }) => data.note!, client: service.queue() }));

    expect(failure.failed.map(({ code }) => code)).toEqual(['NotSent', 'MissingGroup']);
    expect(service.requests).toEqual([]);
  });

  test('a partition key longer than Kinesis takes becomes another one, always the same', async () => {
    const service = new ServiceModel();

    await putRecords([moved('ö'.repeat(257), 1), moved('ö'.repeat(257), 2), moved('ö'.repeat(256), 1)], { stream: 'orders', client: service.stream() });

    const groups = service.arrived.map(({ group }) => group!);
    expect(groups.map(({ length }) => length).sort()).toEqual([256, 64, 64]);
    expect(new Set(groups).size).toBe(2);
  });
});

describe('limits', () => {
  test('a topic and a stream with larger limits of their own take larger events', async () => {
    const service = new ServiceModel();
    const [large, huge] = [placed('a', 'x'.repeat(900_000)), placed('b', 'x'.repeat(10_000_000))];

    await publishToTopic([large], { topic: topicArn, maxBytes: 1024 * 1024, client: service.topic(1024 * 1024) });
    await putRecords([large, huge], { stream: 'orders', maxBytes: 10 * 1024 * 1024, client: service.stream() });

    expect(service.arrived).toHaveLength(3);
    const refused = await failureOf(publishToTopic([huge], { topic: topicArn, maxBytes: 1024 ** 3, client: service.topic() }));
    expect(refused.message).toContain('at most 1048576 are possible: put the large part into a bucket');
    const limited = await failureOf(putRecords([huge], { stream: 'orders', client: service.stream() }));
    expect(limited.message).toContain('at most 1048576 are possible: raise the stream\'s maximum record size and name it as maxBytes, or put');
  });

  test('a record that the stream is too small for, although it was said not to be, does not keep the others back', async () => {
    const service = new ServiceModel();

    const failure = await failureOf(ended(putRecords([placed('a'), placed('b', 'x'.repeat(2_000_000)), placed('c')], {
      stream: 'orders', maxBytes: 10 * 1024 * 1024, client: service.stream(1024 * 1024),
    })));

    expect(failure).toMatchObject({ accepted: 2, failed: [{ index: 1, code: 'InvalidArgumentException' }] });
  });

  test('1100 records go in three requests', async () => {
    const service = new ServiceModel();

    await putRecords(several(1100), { stream: 'orders', client: service.stream() });

    expect(service.requests.map((request) => (request as { Records: unknown[] }).Records.length)).toEqual([500, 500, 100]);
  });

  test.each([-1, 901, 0.5, Number.NaN])('a delay of %d seconds is refused', async (delaySeconds) => {
    const service = new ServiceModel();

    await expect(sendMessages([placed('a')], { queue: queueUrl, delaySeconds, client: service.queue() })).rejects.toThrow(`delaySeconds is ${delaySeconds}: it must be a whole number from 0 to 900`);
    expect(service.requests).toEqual([]);
  });

  test('a delay of its own is refused for a message of a FIFO queue', async () => {
    await expect(sendMessages([placed('a')], { queue: `${queueUrl}.fifo`, delaySeconds: 0, client: new ServiceModel().queue() })).rejects.toThrow('a FIFO queue has one delay for all its messages');
  });
});

describe('in a run of a handler', () => {
  test('a call that nobody waits for is over before the run is', async () => {
    const service = new ServiceModel();
    let busy = 2;
    service.entryFault = () => busy-- > 0 ? 'busy' : undefined;
    const of = run();

    await runWith(of, async () => { void publishEvents([placed('a')], { bus: 'shop', client: service.bus() }); });
    expect(service.arrived).toEqual([]);
    await ended(of.settled());

    expect(envelopes(service)).toMatchObject([{ metadata: { causationId: 'cause-1' } }]);
  });

  test('the failure of a call that nobody waits for is the failure of the run, and no unhandled one', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const of = run();

    await runWith(of, async () => { void publishEvents([placed('a', 7 as never)], { bus: 'shop', client: new ServiceModel().bus() }); });

    await expect(of.settled()).rejects.toMatchObject({ name: 'PublishFailed', failed: [{ code: 'SchemaMismatch' }] });
    await new Promise((resolve) => { setImmediate(resolve); });
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('outside of a run an event begins a chain of its own', async () => {
    const service = new ServiceModel();

    await publishEvents([placed('a')], { bus: 'shop', client: service.bus() });

    expect(envelopes(service)[0]!.metadata).toMatchObject({ hops: 0, correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(envelopes(service)[0]!.metadata).not.toHaveProperty('causationId');
  });
});

test('what a contract says of an event is repeated, what anything else says is not', async () => {
  const contracts = [
    { ...orderPlaced, key: () => { throw new Poison('unheard of'); } },
    { ...orderPlaced, schema: { '~standard': { version: 1 as const, vendor: 'test', validate: () => { throw new Error('secret'); } } } },
  ];

  const failure = await failureOf(publishEvents(contracts.map((contract) => ({ contract, data: { orderId: 'a' } })), { bus: 'shop', client: new ServiceModel().bus() }));

  expect(failure.failed.map(({ code, message }) => [code, message])).toEqual([
    ['MissingKey', 'OrderPlaced.key failed: unheard of'], ['Error', 'it cannot be written as JSON, or its contract fails'],
  ]);
});

const entriesOf = ({ requests }: ServiceModel) => requests.flatMap((request) => {
  const { Entries, PublishBatchRequestEntries } = request as { Entries?: object[]; PublishBatchRequestEntries?: object[] };
  return Entries ?? PublishBatchRequestEntries ?? [];
});
