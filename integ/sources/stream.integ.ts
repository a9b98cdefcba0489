import { randomUUID } from 'node:crypto';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { event, putRecords } from 'cdk-event-patterns/lambda';
import { clients } from '../clients';
import { DeployedStack } from '../deployed-stack';
import { eventually } from '../eventually';
import { StreamStack } from '../stacks/stream-stack';
import { type Task, taskGiven } from '../stacks/task-given';
import { task, TestedConsumer } from '../tested-consumer';

const { kinesis } = clients();
const stack = DeployedStack.of(StreamStack);
const streamed = new TestedConsumer(stack, 'Streamed');

const newKey = () => `key-${randomUUID()}`;
const idsOf = (tasks: readonly Task[]) => tasks.map(({ id }) => id);

type Given = Task | { readonly data: string; readonly key: string };

/** Puts tasks in one request, each under the partition key that it names, or data as it is. */
async function put(...records: readonly Given[]): Promise<void> {
  const { FailedRecordCount } = await kinesis.send(new PutRecordsCommand({
    StreamName: stack.output('StreamName'),
    Records: records.map((record) => 'data' in record
      ? { Data: Buffer.from(record.data), PartitionKey: record.key } : { Data: Buffer.from(JSON.stringify(record)), PartitionKey: record.content }),
  }));
  expect(FailedRecordCount).toBe(0);
}

/** Puts tasks while the shard is held up, so that they come in one batch. */
async function putTogether(...records: readonly Given[]): Promise<void> {
  const holding = task('hang-once', newKey());
  await put(holding);
  await eventually(async () => expect(await streamed.runsOf(holding)).toBe(1));
  await put(...records);
}

/** The letters about data that was put as it is. */
async function lettersOf(data: string, key: string) {
  return (await streamed.lettersAbout(data)).filter(({ message }) => message.MessageAttributes?.partitionKey?.StringValue === key);
}

const outcomesOf = async (given: Task) => (await streamed.linesAbout(given)).map(({ outcome }) => outcome);

test('events are done in the order of their keys', async () => {
  const keys = [newKey(), newKey(), newKey()];
  const tasks = Array.from({ length: 15 }, (_, index) => task('work', keys[index % keys.length]));

  await putTogether(...tasks);

  await eventually(async () => {
    for (const key of keys) { expect(await streamed.doneIn(key)).toEqual(idsOf(tasks.filter(({ content }) => content === key))); }
  });
});

test('an event that fails twice stops its own key only, and its key keeps its order', async () => {
  const [slow, other] = [newKey(), newKey()];
  const held = [task('fail-twice', slow), task('work', slow), task('work', slow)];
  const free = [task('work', other), task('work', other)];

  await putTogether(held[0]!, free[0]!, held[1]!, free[1]!, held[2]!);

  await eventually(async () => expect(await streamed.doneIn(slow)).toEqual(idsOf(held)));
  expect(await streamed.doneIn(other)).toEqual(idsOf(free));
  expect(await streamed.finished(free[1]!)).toBeLessThan(await streamed.finished(held[0]!));
  await eventually(async () => {
    expect((await streamed.linesAbout(held[0]!)).map(({ outcome, attempt }) => [outcome, attempt])).toEqual([['retry', 1], ['retry', 2], ['processed', 3]]);
    // what lies behind the failed one came again with it
    expect(await outcomesOf(free[1]!)).toEqual(['processed', 'duplicate', 'duplicate']);
  });
});

test.each([
  ['that is not JSON', '{ "of": "half', 'NotJson'],
  ['that is not of the schema', '{ "id": 7 }', 'SchemaMismatch'],
])('a record %s rests among the dead letters once, whole, with the reason, and the shard goes on', async (_what, data, reason) => {
  const key = newKey();
  const tasks = [task('work', key), task('fail-twice', key), task('work', key)];

  await putTogether(tasks[0]!, { data, key }, tasks[1]!, tasks[2]!);

  await eventually(async () => expect(await streamed.doneIn(key)).toEqual(idsOf(tasks)));
  expect((await lettersOf(data, key)).map(({ letter }) => letter)).toEqual([expect.objectContaining({ reason, source: stack.output('StreamArn') })]);
});

test('a record that is set aside behind one that fails has one letter, however often it comes again', async () => {
  const [slow, key] = [newKey(), newKey()];
  const before = task('fail-twice', slow);

  await putTogether(before, { data: '{ "id": 8 }', key });

  await eventually(async () => expect(await streamed.doneIn(slow)).toEqual([before.id]));
  expect(await lettersOf('{ "id": 8 }', key)).toHaveLength(1);
});

test('an event that fails as often as it may rests among the dead letters, and its key goes on', async () => {
  const key = newKey();
  const tasks = [task('need-repair', key), task('work', key)];

  await put(...tasks);

  await eventually(async () => expect(await streamed.doneIn(key)).toEqual([tasks[1]!.id]));
  expect((await streamed.lettersAbout(tasks[0]!.id)).map(({ letter }) => letter)).toEqual([expect.objectContaining({ reason: 'WriteRefused', attempt: 3 })]);
});

test('a function that is killed in the middle of a batch loses nothing, repeats nothing, and changes no order', async () => {
  const [key, other] = [newKey(), newKey()];
  const tasks = [task('work', key), task('kill-once', key), task('work', key)];
  const mate = task('work', other);

  await putTogether(...tasks, mate);

  await eventually(async () => expect(await streamed.doneIn(key)).toEqual(idsOf(tasks)));
  await eventually(async () => expect(await streamed.doneIn(other)).toEqual([mate.id]));
  expect(await streamed.runsOf(tasks[1]!)).toBe(2);
  // it had counted before the function died, and came again until the claim of the killed run was over
  const [first, ...more] = await outcomesOf(mate);
  expect([first, new Set(more)]).toEqual(['processed', new Set(['duplicate'])]);
  expect(await streamed.log()).toContain('Runtime exited with error: signal: killed');
  expect(await streamed.lettersAbout(key)).toEqual([]);
});

test('an event that kills its function every time rests among the dead letters, and the shard goes on', async () => {
  const key = newKey();
  const [killer, mate] = [task('kill-always', key), task('work', key)];

  await put(killer, mate);

  await eventually(async () => expect(await streamed.doneIn(key)).toEqual([mate.id]));
  expect((await streamed.lettersAbout(killer.id)).map(({ letter }) => letter)).toEqual([expect.objectContaining({ reason: 'FunctionDied', attempt: 3 })]);
});

test('an event that its producer puts twice counts once', async () => {
  const given = task('work');
  const twice = async () => { await putRecords([event(taskGiven, given)], { stream: stack.output('StreamName') }); };
  await twice();
  await eventually(async () => expect(await outcomesOf(given)).toEqual(['processed']));

  await twice();

  await eventually(async () => expect(await outcomesOf(given)).toEqual(['processed', 'duplicate']));
  expect([await streamed.effectsOf(given), await streamed.runsOf(given)]).toEqual([1, 1]);
});

test('an event that its producer puts twice in one batch counts once', async () => {
  const given = task('work', newKey());

  await putTogether(given, given);

  await eventually(async () => expect(await streamed.linesAbout(given)).toEqual([expect.objectContaining({ outcome: 'processed', copies: 2 })]));
  expect([await streamed.effectsOf(given), await streamed.runsOf(given)]).toEqual([1, 1]);
});
