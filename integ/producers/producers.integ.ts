import { randomUUID } from 'node:crypto';
import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateStreamCommand, GetRecordsCommand, GetShardIteratorCommand, KinesisClient, waitUntilStreamExists } from '@aws-sdk/client-kinesis';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { defineEvent } from '../../lambda/contract';
import { type Envelope, event, type Outgoing } from '../../lambda/envelope';
import { publishEvents } from '../../lambda/producers/bus';
import type { Published } from '../../lambda/producers/destination';
import { sendMessages } from '../../lambda/producers/queue';
import { putRecords } from '../../lambda/producers/stream';
import { publishToTopic } from '../../lambda/producers/topic';
import { eventually } from '../eventually';

// these make what they need themselves; nothing of it is worth making in a real account
if (!process.env.AWS_ENDPOINT_URL) { throw new Error('AWS_ENDPOINT_URL is not set: run these tests by the task test:integ'); }

const [sqs, sns, events, kinesis] = [new SQSClient(), new SNSClient(), new EventBridgeClient(), new KinesisClient()];
const account = '000000000000';

const counted = defineEvent({
  source: 'shop.counter', type: 'Counted', version: 1, schema: z.object({ counter: z.string(), count: z.number(), text: z.string().optional() }),
  key: ({ counter }) => counter, orderBy: ({ count }) => count,
});

type Counted = Envelope<z.infer<typeof counted.schema>>;

/** 25 events of five counters, which take turns. */
const twentyFive = Array.from({ length: 25 }, (_, index) => event(counted, { counter: `counter-${index % 5}`, count: Math.floor(index / 5) + 1, text: 'größer 😀 \uFFFE' }));

/** A queue that takes part in a test. */
async function newQueue(suffix = '') {
  const name = `producers-${randomUUID()}${suffix}`;
  const { QueueUrl: url } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: suffix ? { FifoQueue: 'true' } : {} }));
  return { url: url!, arn: `arn:aws:sqs:us-east-1:${account}:${name}` };
}

/** Waits until a queue has given this many messages, and gives them in the order in which they came. */
async function received(url: string, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  await eventually(async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({
      QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'],
    }));
    for (const message of Messages) {
      messages.push(message);
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle }));
    }
    expect(messages).toHaveLength(count);
  });
  return messages;
}

/** What is published has come as it was, each event once, under the id that the call gave. */
function expectAll(came: readonly Counted[], published: readonly Published[], sent: readonly Outgoing<typeof counted>[] = twentyFive): void {
  const byId = new Map(came.map((envelope) => [envelope.metadata.id, envelope]));
  expect(byId.size).toBe(came.length);
  expect(published.map(({ id }) => byId.get(id)?.data)).toEqual(sent.map(({ data }) => data));
  expect(came[0]!.metadata).toMatchObject({ source: 'shop.counter', type: 'Counted', version: 1, hops: 0, idempotencyKey: came[0]!.data.counter });
}

/** The counts of each counter have come as they were sent. */
function expectOrder(came: readonly Counted[]): void {
  for (let counter = 0; counter < 5; counter++) {
    expect(came.filter(({ data }) => data.counter === `counter-${counter}`).map(({ data }) => data.count)).toEqual([1, 2, 3, 4, 5]);
  }
}

const envelopeIn = ({ Body = '' }: Message) => JSON.parse(Body) as Counted;

test('25 events arrive in a standard queue', async () => {
  const { url } = await newQueue();

  const published = await sendMessages(twentyFive, { queue: url });

  const messages = await received(url, 25);
  expectAll(messages.map(envelopeIn), published);
  const { MessageAttributes, ...message } = messages[0]!;
  expect(MessageAttributes).toMatchObject({ correlationId: { DataType: 'String', StringValue: envelopeIn(message).metadata.correlationId } });
});

test('25 events arrive in a FIFO queue, those of a key in order, and the same events once more do not', async () => {
  const { url } = await newQueue('.fifo');

  const published = await sendMessages(twentyFive, { queue: url });
  const again = await sendMessages(twentyFive, { queue: url });
  await sendMessages([event(counted, { counter: 'the last', count: 1 })], { queue: url });

  expect(again).toEqual(published);
  const messages = await received(url, 26);
  const came = messages.map(envelopeIn).filter(({ data }) => data.counter !== 'the last');
  expectAll(came, published);
  expectOrder(came);
  const { Attributes, ...message } = messages[0]!;
  expect(Attributes).toMatchObject({ MessageGroupId: envelopeIn(message).data.counter, MessageDeduplicationId: envelopeIn(message).metadata.id });
});

test('25 events arrive through a topic in a queue, and a filter finds type, source and correlation id', async () => {
  const queue = await newQueue();
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `producers-${randomUUID()}` }));
  await sns.send(new SubscribeCommand({
    TopicArn, Protocol: 'sqs', Endpoint: queue.arn,
    Attributes: { RawMessageDelivery: 'true', FilterPolicy: '{"type":["Counted"],"source":[{"prefix":"shop."}],"correlationId":[{"exists":true}]}' },
  }));

  const published = await publishToTopic(twentyFive, { topic: TopicArn! });

  const messages = await received(queue.url, 25);
  expectAll(messages.map(envelopeIn), published);
  expect(messages[0]!.MessageAttributes).toMatchObject({ type: { StringValue: 'Counted' }, source: { StringValue: 'shop.counter' } });
});

test('25 events arrive through a FIFO topic in a FIFO queue, those of a key in order', async () => {
  const queue = await newQueue('.fifo');
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `producers-${randomUUID()}.fifo`, Attributes: { FifoTopic: 'true' } }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn, Attributes: { RawMessageDelivery: 'true' } }));

  const published = await publishToTopic(twentyFive, { topic: TopicArn! });

  const came = (await received(queue.url, 25)).map(envelopeIn);
  expectAll(came, published);
  expectOrder(came);
});

test('25 events arrive through a rule of a bus in a queue', async () => {
  const queue = await newQueue();
  const bus = `producers-${randomUUID()}`;
  await events.send(new CreateEventBusCommand({ Name: bus }));
  await events.send(new PutRuleCommand({ Name: bus, EventBusName: bus, EventPattern: '{"source":["shop.counter"],"detail-type":["Counted"],"detail":{"metadata":{"version":[1]}}}' }));
  await events.send(new PutTargetsCommand({ Rule: bus, EventBusName: bus, Targets: [{ Id: 'queue', Arn: queue.arn }] }));

  const published = await publishEvents(twentyFive, { bus });

  const came = (await received(queue.url, 25)).map(({ Body = '' }) => JSON.parse(Body) as { detail: Counted; time: string });
  expectAll(came.map(({ detail }) => detail), published);
  expect(new Date(came[0]!.time).getTime()).toBe(Math.floor(new Date(came[0]!.detail.metadata.time).getTime() / 1000) * 1000);
});

test('25 events arrive in a stream, those of a key in order', async () => {
  const stream = `producers-${randomUUID()}`;
  await kinesis.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 }));
  await waitUntilStreamExists({ client: kinesis, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { StreamName: stream });

  const published = await putRecords(twentyFive, { stream });

  const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand({ StreamName: stream, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' }));
  const records = await eventually(async () => {
    const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
    expect(Records).toHaveLength(25);
    return Records;
  });
  const came = records.map(({ Data }) => JSON.parse(Buffer.from(Data!).toString()) as Counted);
  expectAll(came, published);
  expectOrder(came);
  expect(records.map(({ PartitionKey }) => PartitionKey)).toEqual(came.map(({ data }) => data.counter));
});

test('a call with one event that is too large sends nothing, and says which one and why', async () => {
  const { url } = await newQueue();
  const large = event(counted, { counter: 'large', count: 1, text: 'secret'.repeat(200_000) });

  const failure: unknown = await sendMessages([...twentyFive.slice(0, 3), large], { queue: url }).catch((error: unknown) => error);

  expect(failure).toMatchObject({ name: 'PublishFailed', accepted: 0, failed: [{ code: 'NotSent' }, { code: 'NotSent' }, { code: 'NotSent' }, { index: 3, code: 'TooLarge' }] });
  expect(String(failure)).toMatch(/\[3\] Counted: TooLarge: 1200\d{3} bytes, at most 1048576 are possible/);
  expect(String(failure)).not.toContain('secret');
  // what is sent now is the first that comes
  await sendMessages([event(counted, { counter: 'the first', count: 1 })], { queue: url });
  expect((await received(url, 1)).map(envelopeIn)).toMatchObject([{ data: { counter: 'the first' } }]);
});

test('the largest events that fit arrive, though not in one request', async () => {
  const { url } = await newQueue();
  const large = Array.from({ length: 3 }, (_, index) => event(counted, { counter: `counter-${index}`, count: 1, text: 'x'.repeat(1_048_000) }));

  const published = await sendMessages(large, { queue: url });

  expectAll((await received(url, 3)).map(envelopeIn), published, large);
});

test.each([
  ['queue', async () => sendMessages(twentyFive, { queue: `${process.env.AWS_ENDPOINT_URL}/${account}/nowhere` })],
  ['topic', async () => publishToTopic(twentyFive, { topic: `arn:aws:sns:us-east-1:${account}:nowhere` })],
  ['stream', async () => putRecords(twentyFive, { stream: 'nowhere' })],
])('a %s that does not exist takes nothing, and the error names every event', async (_kind, publish) => {
  const failure: unknown = await publish().catch((error: unknown) => error);

  expect(failure).toMatchObject({ name: 'PublishFailed', accepted: 0, $retryable: undefined, failed: { length: 25 } });
  expect(String(failure)).toMatch(/Counted: \S*(NonExistent|DoesNotExist|NotFound)/);
});
