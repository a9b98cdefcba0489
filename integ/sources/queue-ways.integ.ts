import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { event, publishEvents, publishToTopic, sendMessages } from 'cdk-event-patterns/lambda';
import { clients } from '../clients';
import { redrive } from '../dead-letters';
import { DeployedStack } from '../deployed-stack';
import { eventually } from '../eventually';
import { depth } from '../queue-contents';
import { QueueWaysStack } from '../stacks/queue-ways-stack';
import { type Task, taskGiven } from '../stacks/task-given';
import { task, TestedConsumer } from '../tested-consumer';

const { sqs } = clients();
const stack = DeployedStack.of(QueueWaysStack);
const tasks = new TestedConsumer(stack, 'Tasks');

const ways = {
  'as it is': async (given: Task) => { await sqs.send(new SendMessageCommand({ QueueUrl: stack.output('TasksQueueUrl'), MessageBody: JSON.stringify(given) })); },
  'in its envelope': async (given: Task) => { await sendMessages([event(taskGiven, given)], { queue: stack.output('TasksQueueUrl') }); },
  'by a topic': async (given: Task) => { await publishToTopic([event(taskGiven, given)], { topic: stack.output('WrappingTopicArn') }); },
  'by a topic, raw': async (given: Task) => { await publishToTopic([event(taskGiven, given)], { topic: stack.output('RawTopicArn') }); },
  'by a rule of a bus': async (given: Task) => { await publishEvents([event(taskGiven, given)], { bus: stack.output('BusName') }); },
};
const wayNames = Object.keys(ways) as (keyof typeof ways)[];

async function atRest(): Promise<void> {
  await eventually(async () => expect(await depth(sqs, stack.output('TasksQueueUrl'))).toBe(0));
}

/** Waits until the log accounts for so many deliveries of a task, and gives their outcomes. */
async function outcomesOf(given: Task, deliveries: number): Promise<(string | undefined)[]> {
  return eventually(async () => {
    const lines = await tasks.linesAbout(given);
    expect(lines.reduce((sum, { copies = 1 }) => sum + copies, 0)).toBe(deliveries);
    return lines.map(({ outcome }) => outcome);
  });
}

test('an event that comes by one way counts once, though it comes by all ways after that', async () => {
  await Promise.all(wayNames.map(async (way) => {
    const given = task('work');
    await ways[way](given);
    expect({ way, outcomes: await outcomesOf(given, 1) }).toEqual({ way, outcomes: ['processed'] });

    for (const next of wayNames) { await ways[next](given); }

    const [first, ...more] = await outcomesOf(given, 1 + wayNames.length);
    expect({ way, first, more: new Set(more) }).toEqual({ way, first: 'processed', more: new Set(['duplicate']) });
    expect({ way, effects: await tasks.effectsOf(given), runs: await tasks.runsOf(given) }).toEqual({ way, effects: 1, runs: 1 });
  }));
});

test('an event that comes by all ways in one batch counts once', async () => {
  const given = task('work');

  await tasks.afterwards(async () => {
    for (const way of wayNames) { await ways[way](given); }
    await eventually(async () => expect(await depth(sqs, stack.output('TasksQueueUrl'))).toBe(wayNames.length));
  });

  expect((await outcomesOf(given, wayNames.length))[0]).toBe('processed');
  expect(await tasks.effectsOf(given)).toBe(1);
  expect(await tasks.runsOf(given)).toBe(1);
  await atRest();
});

test('an event that fails every try rests among the dead letters as it came, by whichever way; repaired and sent back it counts once', async () => {
  const given = wayNames.map((way) => [way, task('need-repair')] as const);
  for (const [way, each] of given) { await ways[way](each); }
  await atRest();
  for (const [, each] of given) {
    expect((await tasks.lettersAbout(each.id)).map(({ letter }) => letter)).toEqual([
      expect.objectContaining({ reason: 'WriteRefused', attempt: 3, source: stack.output('TasksQueueArn') }),
    ]);
    await tasks.repair(each);
  }

  await redrive(sqs, stack.output('TasksDeadLettersArn'), stack.output('TasksQueueArn'));

  for (const [, each] of given) {
    expect(await outcomesOf(each, 4)).toEqual(['retry', 'retry', 'dead-letter', 'processed']);
    expect(await tasks.effectsOf(each)).toBe(1);
    // under its new message id it is still known by what caused it
    expect(new Set((await tasks.linesAbout(each)).map(({ correlationId }) => correlationId)).size).toBe(1);
  }
});
