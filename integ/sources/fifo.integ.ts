import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { clients } from '../clients';
import { redrive } from '../dead-letters';
import { DeployedStack } from '../deployed-stack';
import { eventually } from '../eventually';
import { depth } from '../queue-contents';
import { FifoStack } from '../stacks/fifo-stack';
import type { Task } from '../stacks/task-given';
import { task, TestedConsumer } from '../tested-consumer';

const { sqs } = clients();
const stack = DeployedStack.of(FifoStack);
const continuing = new TestedConsumer(stack, 'Continuing');
const parking = new TestedConsumer(stack, 'Parking');

const newGroup = () => `group-${randomUUID()}`;

/** Sends tasks, each in the group that it names, or bodies as they are. */
async function give(queue: 'Continuing' | 'Parking', ...messages: readonly (Task | { readonly body: string; readonly group: string })[]): Promise<void> {
  const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({
    QueueUrl: stack.output(`${queue}QueueUrl`),
    Entries: messages.map((message, index) => ({
      Id: String(index), MessageDeduplicationId: randomUUID(),
      ...('body' in message ? { MessageBody: message.body, MessageGroupId: message.group } : { MessageBody: JSON.stringify(message), MessageGroupId: message.content }),
    })),
  }));
  expect(Failed).toEqual([]);
}

async function atRest(queue: 'Continuing' | 'Parking'): Promise<void> {
  await eventually(async () => expect(await depth(sqs, stack.output(`${queue}QueueUrl`))).toBe(0));
}

const idsOf = (tasks: readonly Task[]) => tasks.map(({ id }) => id);

test('a head that fails twice holds up its own group only, and the group keeps its order', async () => {
  const [slow, other] = [newGroup(), newGroup()];
  const held = [task('fail-twice', slow), task('work', slow), task('work', slow)];
  const free = [task('work', other), task('work', other)];

  await continuing.afterwards(async () => give('Continuing', held[0]!, held[1]!, free[0]!, held[2]!, free[1]!));

  await atRest('Continuing');
  expect(await continuing.doneIn(slow)).toEqual(idsOf(held));
  expect(await continuing.doneIn(other)).toEqual(idsOf(free));
  expect(await continuing.finished(free[1]!)).toBeLessThan(await continuing.finished(held[0]!));
  await eventually(async () => {
    expect((await continuing.linesAbout(held[0]!)).map(({ outcome, attempt }) => [outcome, attempt])).toEqual([['retry', 1], ['retry', 2], ['processed', 3]]);
  });
});

test('poison in a group that goes on rests among the dead letters, and those behind it are done without it', async () => {
  const group = newGroup();
  const tasks = [task('work', group), task('work', group), task('work', group)];

  await continuing.afterwards(async () => give('Continuing', tasks[0]!, { body: `{ "of": "${group}" }`, group }, tasks[1]!, tasks[2]!));

  await atRest('Continuing');
  expect(await continuing.doneIn(group)).toEqual(idsOf(tasks));
  const letters = await continuing.lettersAbout(group);
  expect(letters.map(({ letter }) => [letter.reason, letter.receiveCount])).toEqual([['SchemaMismatch', 1]]);
  expect(letters[0]!.message.Attributes).toMatchObject({ MessageGroupId: group });
});

test('poison in a group that stops has its followers set aside behind it, in order; sent back, all are done in order', async () => {
  const [stopped, other] = [newGroup(), newGroup()];
  const tasks = [task('work', stopped), task('need-repair', stopped), task('work', stopped), task('work', stopped)];
  const free = task('work', other);
  await parking.afterwards(async () => give('Parking', ...tasks, free));
  await atRest('Parking');
  expect(await parking.doneIn(stopped)).toEqual(idsOf(tasks.slice(0, 1)));
  expect(await parking.doneIn(other)).toEqual(idsOf([free]));
  const late = task('work', stopped);
  await give('Parking', late);
  await atRest('Parking');

  const letters = await parking.lettersAbout(stopped);
  expect(letters.map(({ body, letter: { reason } }) => [(JSON.parse(body) as Task).id, reason])).toEqual([
    [tasks[1]!.id, 'WriteRefused'], [tasks[2]!.id, 'GroupParked'], [tasks[3]!.id, 'GroupParked'], [late.id, 'GroupParked'],
  ]);
  await parking.repair(tasks[1]!);
  await redrive(sqs, stack.output('ParkingDeadLettersArn'), stack.output('ParkingQueueArn'));

  await eventually(async () => expect(await parking.doneIn(stopped)).toEqual(idsOf([...tasks, late])));
  await atRest('Parking');
  expect(await parking.lettersAbout(stopped)).toEqual([]);
  const next = task('work', stopped);
  await give('Parking', next);
  await eventually(async () => expect(await parking.effectsOf(next)).toBe(1));
});

test('a function that is killed in the middle of a group loses nothing, repeats nothing, and changes no order', async () => {
  const [group, other] = [newGroup(), newGroup()];
  const tasks = [task('work', group), task('kill-once', group), task('work', group), task('work', group)];
  const free = task('work', other);

  await continuing.afterwards(async () => give('Continuing', ...tasks, free));

  await atRest('Continuing');
  expect(await continuing.doneIn(group)).toEqual(idsOf(tasks));
  expect(await continuing.doneIn(other)).toEqual(idsOf([free]));
  await eventually(async () => expect(await continuing.log()).toContain('Runtime exited with error: signal: killed'));
  expect(await continuing.runsOf(tasks[1]!)).toBe(2);
  // what had counted before the function died was delivered again after it
  await eventually(async () => expect((await continuing.linesAbout(tasks[0]!)).map(({ outcome }) => outcome)).toEqual(['processed', 'duplicate']));
  expect(await continuing.lettersAbout(group)).toEqual([]);
});
