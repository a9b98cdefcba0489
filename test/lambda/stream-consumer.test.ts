import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { type FunctionModel, type Order, orderPlaced, writeOf } from './consumer-model';
import { long, record as part, sealed } from './kinesis-aggregate';
import { DoorModel, type DoorOptions } from './made-model';
import { pause, useVirtualClock } from './virtual-clock';
import { Poison, type Processing, RetryLater, streamConsumer } from '../../lambda';

useVirtualClock();

type Work = (order: Order, processing: Processing, lambda: FunctionModel) => Promise<void> | void;
type Model = DoorModel<KinesisStreamEvent, KinesisStreamBatchResponse>;

const writes: Work = ({ orderId }, { tx }) => tx.write(writeOf(orderId));

function given(process: Work = writes, options: DoorOptions = {}): Model & { readonly tries: string[] } {
  const tries: string[] = [];
  const model = new DoorModel<KinesisStreamEvent, KinesisStreamBatchResponse>((collaborators, lambda) => streamConsumer({
    on: orderPlaced,
    process: async (order, processing) => {
      tries.push(order.orderId);
      await process(order, processing, lambda);
    },
  }, collaborators), { ...options, environment: { source: { kind: 'kinesis', arn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders' }, ...options.environment } });
  return Object.assign(model, { tries });
}

let count = 0;

/** A record of the stream; the part of an order's id before the dash is its partition key. */
function record(content: string | Buffer, partitionKey = 'key'): KinesisStreamRecord {
  const sequenceNumber = String(49_000_000_000_000_000_000_000n + BigInt(++count));
  return {
    kinesis: { sequenceNumber, partitionKey, data: Buffer.from(content).toString('base64'), approximateArrivalTimestamp: Date.parse('2026-01-05T07:59:00Z') / 1000, kinesisSchemaVersion: '1.0' },
    eventID: `shardId-000:${sequenceNumber}`, eventName: 'aws:kinesis:record', eventSource: 'aws:kinesis', eventSourceARN: '', eventVersion: '1.0', invokeIdentityArn: '', awsRegion: 'eu-west-1',
  };
}

const order = (orderId: string) => JSON.stringify({ orderId, amount: 1 });
const ordered = (...ids: readonly string[]) => ids.map((id) => record(order(id), id.split('-')[0]));
const idsOf = (records: readonly KinesisStreamRecord[]) => records.map(({ kinesis }) => kinesis.sequenceNumber);

/** What Lambda does with a shard: from the first record that is not handled on, all of it comes again. Gives the first record of each invocation. */
async function read(model: Model, records: readonly KinesisStreamRecord[], mostInvocations = 50): Promise<number[]> {
  const starts: number[] = [];
  for (let start = 0; start < records.length;) {
    if (starts.push(start) > mostInvocations) { throw new Error(`the shard is stuck at record ${start}`); }
    const answer = await model.invoke({ Records: records.slice(start) });
    const [failed] = answer === 'died' ? records.slice(start).map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber })) : answer.batchItemFailures;
    start = failed ? idsOf(records).indexOf(failed.itemIdentifier) : records.length;
    jest.advanceTimersByTime(1_000);
  }
  return starts;
}

test('handles the records of one key in their order, those of several keys side by side', async () => {
  const model = given(async ({ orderId }, { tx }) => {
    await pause(orderId === 'a-1' ? 5_000 : 1_000);
    tx.write(writeOf(orderId));
  });

  expect(await model.invoke({ Records: ordered('a-1', 'a-2', 'b-1', 'b-2') })).toEqual({ batchItemFailures: [] });
  expect(model.done).toEqual(['b-1', 'b-2', 'a-1', 'a-2']);
});

test('stops a key at its failure and lets the others go on; nothing is done twice, and nothing overtakes', async () => {
  let failures = 0;
  const model = given((placed, processing, lambda) => {
    if (placed.orderId === 'a-2' && failures++ < 2) { throw new Error('not yet'); }
    return writes(placed, processing, lambda);
  });
  const records = ordered('a-1', 'b-1', 'a-2', 'a-3', 'b-2');

  const answer = await model.invoke({ Records: records });
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: idsOf(records)[2] }] });
  expect(model.done).toEqual(['a-1', 'b-1', 'b-2']);

  expect(await read(model, records.slice(2))).toEqual([0, 0]);
  expect(model.done).toEqual(['a-1', 'b-1', 'b-2', 'a-2', 'a-3']);
  expect(model.tries.filter((id) => id === 'b-2')).toHaveLength(1);
  expect(model.counted.counts).toEqual({ Processed: 5, Retried: 2, Duplicate: 2 });
});

test('names the first record that is not handled, whichever failed first', async () => {
  const model = given(async ({ orderId }) => { await pause(orderId === 'a-1' ? 5_000 : 1); throw new Error('no'); });
  const records = ordered('a-1', 'b-1', 'c-1');

  expect(await model.invoke({ Records: records })).toEqual({ batchItemFailures: [{ itemIdentifier: idsOf(records)[0] }] });
});

test('sets poison aside with its partition key, and the shard goes on, also behind it in its key', async () => {
  const model = given((placed, processing, lambda) => {
    if (placed.orderId === 'a-2') { throw new Poison('gone', { reason: 'Gone' }); }
    return writes(placed, processing, lambda);
  });
  const records = ordered('a-1', 'a-2', 'a-3');

  expect(await read(model, records)).toEqual([0]);
  expect(model.done).toEqual(['a-1', 'a-3']);
  expect(model.letters).toMatchObject([{ reason: 'Gone', body: order('a-2'), attributes: { partitionKey: 'a' }, messageId: idsOf(records)[1] }]);
});

test('leaves a record unhandled whose letter cannot be sent', async () => {
  let refused = 1;
  const model = given(writes, { fault: (call, moment) => { if (call === 'SendMessage' && moment === 'before' && refused-- > 0) { throw new Error('refused'); } } });
  const records = [...ordered('a-1'), record('no JSON', 'b'), ...ordered('c-1')];

  expect(await read(model, records)).toEqual([0, 1]);
  expect(model.letters).toMatchObject([{ reason: 'NotJson', attributes: { partitionKey: 'b' } }]);
  expect(model.done).toEqual(['a-1', 'c-1']);
});

test('counts tries although a stream does not say how often it hands out, and sets aside after maxAttempts', async () => {
  const attempts: number[] = [];
  const model = given((placed, processing, lambda) => {
    if (placed.orderId !== 'a-1') { return writes(placed, processing, lambda); }
    attempts.push(processing.meta.attempt);
    throw new Error('no');
  }, { environment: { maxAttempts: 3 } });

  expect(await read(model, ordered('a-1', 'a-2', 'b-1'))).toEqual([0, 0, 0]);
  expect(attempts).toEqual([1, 2, 3]);
  expect(model.letters).toMatchObject([{ reason: 'Error', attempt: 3 }]);
  expect(model.done).toEqual(['b-1', 'a-2']);
});

test.each([
  ['says to try again later', new RetryLater('wait', { after: 600 })], ['was too busy', Object.assign(new Error('busy'), { name: 'ThrottlingException' })],
  ['has no permission', Object.assign(new Error('no'), { name: 'AccessDeniedException' })],
])('waits as long as it takes at a record whose handler %s, and takes that for no try', async (_what, error) => {
  let failures = 0;
  const model = given((placed, processing, lambda) => {
    if (placed.orderId === 'a-1' && failures++ < 12) { throw error; }
    return writes(placed, processing, lambda);
  });

  expect(await read(model, ordered('a-1', 'b-1'))).toHaveLength(13);
  expect(model.letters).toEqual([]);
  expect(model.done).toEqual(['b-1', 'a-1']);
});

test('finds the record that kills its function, sets it aside after maxAttempts, and does the others once', async () => {
  const model = given(async (placed, processing, lambda) => {
    if (placed.orderId.includes('killer')) { await lambda.die(); }
    await pause(10);
    await writes(placed, processing, lambda);
  }, { environment: { maxAttempts: 3 }, timeoutMillis: 3_000 });

  await read(model, ordered('a-1', 'b-1', 'c-1', 'c-killer', 'c-2', 'd-1'));

  expect(model.letters).toMatchObject([{ reason: 'FunctionDied', body: order('c-killer'), attempt: 3 }]);
  expect([...model.done].sort()).toEqual(['a-1', 'b-1', 'c-1', 'c-2', 'd-1']);
  expect(model.done.indexOf('c-1')).toBeLessThan(model.done.indexOf('c-2'));
});

test('an event that the producer has sent twice is done once', async () => {
  const model = given();
  const [first, copy] = [...ordered('a-1'), ...ordered('a-1')];

  await model.invoke({ Records: [first!, copy!] });
  await model.invoke({ Records: ordered('a-1') });

  expect(model.done).toEqual(['a-1']);
  expect(model.counted.counts).toEqual({ Processed: 1, Duplicate: 1 });
});

describe('a record', () => {
  test('that is not UTF-8 is set aside as it came, and says so', async () => {
    const model = given();
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x00]);

    expect(await read(model, [record(bytes, 'b'), ...ordered('a-1')])).toEqual([0]);
    expect(model.letters).toMatchObject([{ reason: 'NotText', attributes: { partitionKey: 'b', encoding: 'base64' } }]);
    expect(Buffer.from(model.letters[0]!.body, 'base64')).toEqual(bytes);
  });

  test('with characters that SQS does not take is set aside in base64', async () => {
    const model = given();

    await read(model, [record('no \u0000 JSON')]);

    expect(model.letters).toMatchObject([{ reason: 'NotJson', attributes: { encoding: 'base64' } }]);
    expect(Buffer.from(model.letters[0]!.body, 'base64').toString()).toBe('no \u0000 JSON');
  });

  test('that is empty is set aside', async () => {
    const model = given();

    expect(await read(model, [record(''), ...ordered('a-1')])).toEqual([0]);
    expect(model.letters).toMatchObject([{ reason: 'NotJson', body: 'empty', attributes: { encoding: 'empty', partitionKey: 'key' } }]);
  });

  test('of the Kinesis Producer Library is taken apart: each part is in the order of its own key', async () => {
    const model = given(async (placed, processing, lambda) => {
      await pause(placed.orderId === 'a-1' ? 100 : 1);
      await writes(placed, processing, lambda);
    });
    const aggregate = sealed(long(1, 'a'), long(1, 'b'), part(0, order('a-1')), part(1, order('b-1')), part(0, order('a-2')));

    expect(await read(model, [record(aggregate, 'any'), ...ordered('a-3')])).toEqual([0]);
    expect(model.done).toEqual(['b-1', 'a-1', 'a-2', 'a-3']);
  });

  test('of the Kinesis Producer Library with one bad part has that one set aside, and the others done', async () => {
    const model = given();
    const aggregate = sealed(long(1, 'a'), part(0, order('a-1')), part(0, Buffer.from([0xff])), part(7, order('a-9')), part(0, 'no JSON'), part(0, order('a-2')));
    const [only] = [record(aggregate, 'any')];

    expect(await read(model, [only])).toEqual([0]);
    expect(model.done).toEqual(['a-1', 'a-2']);
    const id = only.kinesis.sequenceNumber;
    expect([...model.letters].sort((a, b) => a.messageId! < b.messageId! ? -1 : 1)).toMatchObject([
      { reason: 'NotText', messageId: `${id}.1`, attributes: { partitionKey: 'a', encoding: 'base64' }, body: Buffer.from([0xff]).toString('base64') },
      { reason: 'BadAggregate', messageId: `${id}.2`, attributes: { partitionKey: 'any', encoding: 'base64' } },
      { reason: 'NotJson', messageId: `${id}.3`, attributes: { partitionKey: 'a' }, body: 'no JSON' },
    ]);
  });

  test('of the Kinesis Producer Library stays unhandled while one of its parts is', async () => {
    let failures = 0;
    const model = given((placed, processing, lambda) => {
      if (placed.orderId === 'b-1' && failures++ === 0) { throw new Error('not yet'); }
      return writes(placed, processing, lambda);
    });
    const aggregate = sealed(long(1, 'a'), long(1, 'b'), part(0, order('a-1')), part(1, order('b-1')));

    expect(await read(model, [...ordered('c-1'), record(aggregate), ...ordered('d-1')])).toEqual([0, 1]);
    expect(model.done).toEqual(['c-1', 'a-1', 'd-1', 'b-1']);
  });
});

test('fails on what is not of a Kinesis stream', async () => {
  for (const event of [{}, undefined, null]) {
    await expect(given().invoke(event as never)).rejects.toThrow(new TypeError('this function handles records of a Kinesis stream; the event has no Records'));
  }
});

test('what is set aside behind a record that fails has one letter, however often the shard delivers it again', async () => {
  let failures = 0;
  const model = given((placed, processing, lambda) => {
    if (placed.orderId === 'a-1' && failures++ < 3) { throw new RetryLater('not yet'); }
    if (placed.orderId === 'c-1') { throw new Poison('nobody wants it'); }
    return writes(placed, processing, lambda);
  });

  await read(model, [...ordered('a-1'), record('no order', 'b'), ...ordered('c-1', 'd-1')]);

  expect(model.letters.map(({ reason }) => reason).sort()).toEqual(['NotJson', 'Poison']);
  expect(model.done).toEqual(['d-1', 'a-1']);
});
