import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KinesisStreamEvent, KinesisStreamBatchResponse, SNSEvent, SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { ConsumerModel } from './consumer-model';
import { facts, wrappings } from './hostile-bodies';
import { DoorModel } from './made-model';
import { startClock } from './virtual-clock';
import { asyncConsumer, defineEvent, type Processing, type StandardSchema, streamConsumer, topicConsumer } from '../../lambda';
import { decode } from '../../lambda/decode';
import { storm } from '../chaos/storm';

const perRun = 10;
const parameters = storm('hostile messages', perRun);

afterEach(() => jest.useRealTimers());

const nameOf = (data: unknown) => createHash('sha256').update(JSON.stringify(data)).digest('hex');

const isOrder = (data: unknown): data is { readonly orderId: string } =>
  typeof data === 'object' && data !== null && !Array.isArray(data) && typeof (data as { orderId?: unknown }).orderId === 'string';

/** Takes an order as it is: what a schema library makes of hostile names is not the question here. */
const schema: StandardSchema<unknown, { readonly orderId: string }> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => isOrder(value) ? { value } : { issues: [{ message: 'no order' }] } },
};

// the names that the hostile envelopes use too
const contract = defineEvent({ source: 's', type: 'T', version: 1, schema, key: nameOf });

const process = (data: unknown, { tx }: Processing) => tx.write({ Put: { TableName: 'orders', Item: { orderId: nameOf(data) } } });

/** What must become of a body, by the rules and not by the engine: the event that it is, or poison, or an event for a later deployment. */
function fateOf(body: string): { readonly done: string } | 'poison' | 'later' {
  let decoded: ReturnType<typeof decode>;
  try {
    decoded = decode(body);
  } catch {
    return 'poison';
  }
  const { data, type = contract.type, source = contract.source, version = 1, metadata } = decoded;
  if (type !== contract.type || source !== contract.source) { return 'poison'; }
  if (version > contract.version) { return 'later'; }
  if ((metadata?.hops ?? 0) > 16) { return 'poison'; }
  return isOrder(data) ? { done: nameOf(data) } : 'poison';
}

const bodies = fc.array(fc.oneof(
  { weight: 5, arbitrary: fc.tuple(facts, wrappings).map(([fact, layers]) => layers.reduceRight((inner, layer) => layer.around(inner), fact)) },
  { weight: 1, arbitrary: facts },
  {
    weight: 1,
    arbitrary: fc.record({
      metadata: fc.record({
        id: fc.constant('e'), source: fc.constantFrom('s', 'another'), type: fc.constantFrom('T', 'Another'), version: fc.constantFrom(0, 1, 2), hops: fc.constantFrom(0, 16, 17),
      }),
      data: fc.record({ orderId: fc.oneof(fc.string(), fc.integer()) }),
    }).map((each) => JSON.stringify(each)),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }) },
), { minLength: perRun, maxLength: perRun });

const seen = new Map<string, number>();

/** What the bodies must have become together. */
function fatesOf(all: readonly string[]) {
  const fates = all.map(fateOf);
  for (const fate of fates) {
    const kind = typeof fate === 'string' ? fate : 'done';
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  return { fates, done: [...new Set(fates.flatMap((fate) => typeof fate === 'string' ? [] : [fate.done]))].sort() };
}

function recordsOf(all: readonly string[]): SQSRecord[] {
  return all.map((body, index) => ({
    messageId: `m${index}`, receiptHandle: `r${index}`, body, attributes: {}, messageAttributes: {}, md5OfBody: '', eventSource: 'aws:sqs', eventSourceARN: '', awsRegion: '',
  }) as unknown as SQSRecord);
}

test('whatever comes, each message of a batch has the fate that the rules give it: nothing is let through, and nothing takes its batch with it', async () => {
  await fc.assert(fc.asyncProperty(bodies, fc.constantFrom('queue', 'stream', 'topic', 'async'), async (all, door) => {
    startClock();
    const { fates, done } = fatesOf(all);
    const poison = fates.filter((fate) => fate === 'poison').length;
    if (door === 'queue') {
      const model = new ConsumerModel({ on: contract as never, process: process as never });
      const { batchItemFailures } = (await model.deliver(recordsOf(all)))!;

      expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(fates.flatMap((fate, index) => fate === 'later' ? [`m${index}`] : []));
      expect([...model.done].sort()).toEqual(done);
      expect(model.letters).toHaveLength(poison);
    } else if (door === 'stream') {
      // the same event with two partition keys is two chains, of which one waits for the other
      const single = all.filter((_body, index) => fates.findIndex((fate) => isDeepStrictEqual(fate, fates[index])) === index);
      const model = new DoorModel<KinesisStreamEvent, KinesisStreamBatchResponse>((collaborators) => streamConsumer({ on: contract, process }, collaborators), {
        environment: { source: { kind: 'kinesis', arn: 'a' } },
      });
      const answer = await model.invoke({
        Records: single.map((body, index) => ({
          kinesis: { sequenceNumber: `${index}`, partitionKey: `${index}`, data: Buffer.from(body).toString('base64'), approximateArrivalTimestamp: 1 },
        })),
      } as unknown as KinesisStreamEvent);

      const first = single.map(fateOf).indexOf('later');
      expect(answer).toEqual({ batchItemFailures: first < 0 ? [] : [{ itemIdentifier: `${first}` }] });
      expect([...model.done].sort()).toEqual(done);
      expect(model.letters).toHaveLength(Math.min(poison, 1));
    } else {
      for (const body of all.slice(0, 3)) {
        const model = door === 'topic'
          ? new DoorModel<SNSEvent, void>((collaborators) => topicConsumer({ on: contract, process }, collaborators), { environment: { source: { kind: 'sns', arn: 'a' } } })
          : new DoorModel<unknown, void>((collaborators) => asyncConsumer({ on: contract, process }, collaborators), { environment: { source: { kind: 'lambda' } } });
        const told = door === 'topic' ? notified(body) : parsed(body);
        if (told === undefined) { continue; }
        // one notification more than the body has
        const fate = fateOf(JSON.stringify(door === 'topic' ? (told as ReturnType<typeof notified>).Records[0]!.Sns : told));
        const invoked = model.invoke(told as never);

        if (fate === 'later') { await expect(invoked).rejects.toMatchObject({ name: 'NewerVersion' }); } else { await invoked; }
        expect(model.done).toEqual(typeof fate === 'string' ? [] : [fate.done]);
        expect(model.letters).toHaveLength(fate === 'poison' ? 1 : 0);
      }
    }
    parameters.passed(all.length);
  }), parameters);

  expect([...seen.keys()].sort()).toEqual(['done', 'later', 'poison']);
}, 7_200_000);

const notified = (Message: string) => ({
  Records: [{ Sns: { Type: 'Notification', MessageId: 'sns', TopicArn: 't', Message, Timestamp: '2026-01-05T08:00:00Z', MessageAttributes: {} } }],
});

/** An invocation hands over what its JSON has become; what is too deep to be written again fails it, and Lambda keeps it. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(JSON.stringify(JSON.parse(body)));
  } catch {
    return undefined;
  }
}
