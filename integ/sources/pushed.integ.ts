import { randomUUID } from 'node:crypto';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { event, publishEvents, publishToTopic } from 'cdk-event-patterns/lambda';
import { seal } from '../../lambda/envelope';
import { clients } from '../clients';
import { DeployedStack } from '../deployed-stack';
import { eventually } from '../eventually';
import { peek } from '../queue-contents';
import { PushedStack } from '../stacks/pushed-stack';
import { type Task, taskGiven } from '../stacks/task-given';
import { task, TestedConsumer } from '../tested-consumer';

const { events, lambda, sqs } = clients();
const sns = new SNSClient();
const stack = DeployedStack.of(PushedStack);
const [notified, routed, invoked] = [new TestedConsumer(stack, 'Notified'), new TestedConsumer(stack, 'Routed'), new TestedConsumer(stack, 'Invoked')];

/** Who gets the event, how it is sent in its envelope, and how anything else is sent. */
const pushers = {
  'a topic': {
    consumer: notified,
    give: async (given: Task) => { await publishToTopic([event(taskGiven, given)], { topic: stack.output('TopicArn') }); },
    giveAsIs: async (data: unknown) => { await sns.send(new PublishCommand({ TopicArn: stack.output('TopicArn'), Message: JSON.stringify(data) })); },
  },
  'a rule': {
    consumer: routed,
    give: async (given: Task) => { await publishEvents([event(taskGiven, given)], { bus: stack.output('BusName') }); },
    giveAsIs: async (data: unknown) => {
      await events.send(new PutEventsCommand({
        Entries: [{ EventBusName: stack.output('BusName'), Source: taskGiven.source, DetailType: taskGiven.type, Detail: JSON.stringify(data) }],
      }));
    },
  },
  'an asynchronous invocation': {
    consumer: invoked,
    give: async (given: Task) => invoke(await seal(event(taskGiven, given))),
    giveAsIs: invoke,
  },
};
type Pusher = keyof typeof pushers;

async function invoke(payload: unknown): Promise<void> {
  await lambda.send(new InvokeCommand({ FunctionName: stack.output('InvokedName'), InvocationType: 'Event', Payload: JSON.stringify(payload) }));
}

/** The same by each of them, side by side. */
async function byEach(names: readonly Pusher[], what: (pusher: Pusher) => Promise<void>): Promise<void> {
  await Promise.all(names.map(what));
}

const all = Object.keys(pushers) as Pusher[];

/** Waits until the log tells these outcomes of a task, and no others. */
async function expectOutcomes(pusher: Pusher, given: Task, outcomes: readonly string[]): Promise<void> {
  await eventually(async () => {
    const lines = await pushers[pusher].consumer.linesAbout(given);
    expect({ pusher, outcomes: lines.map(({ outcome }) => outcome) }).toEqual({ pusher, outcomes });
  });
}

/** Checks how often a task has counted, and how often its handler has begun. */
async function expectCounts(pusher: Pusher, given: Task, expected: { readonly effects: number; readonly runs: number }): Promise<void> {
  const { consumer } = pushers[pusher];
  expect({ pusher, effects: await consumer.effectsOf(given), runs: await consumer.runsOf(given) }).toEqual({ pusher, ...expected });
}

test('an event that comes twice in its envelope and once as it is counts once', async () => {
  await byEach(all, async (pusher) => {
    const { give, giveAsIs } = pushers[pusher];
    const given = task('work');
    await give(given);
    await expectOutcomes(pusher, given, ['processed']);

    await give(given);
    await giveAsIs(given);

    await expectOutcomes(pusher, given, ['processed', 'duplicate', 'duplicate']);
    await expectCounts(pusher, given, { effects: 1, runs: 1 });
  });
});

test('an event whose handler fails twice counts once', async () => {
  await byEach(all, async (pusher) => {
    const { consumer, give } = pushers[pusher];
    const given = task('fail-twice');

    await give(given);

    await expectOutcomes(pusher, given, ['retry', 'retry', 'processed']);
    await expectCounts(pusher, given, { effects: 1, runs: 3 });
    expect(await consumer.lettersAbout(given.id)).toEqual([]);
  });
});

test('what is not of the schema rests among the dead letters at first sight, whole, with the reason', async () => {
  await byEach(all, async (pusher) => {
    const { consumer, giveAsIs } = pushers[pusher];
    const id = randomUUID();

    await giveAsIs({ id, script: 'none that is known' });

    const letters = await eventually(async () => {
      const found = await consumer.lettersAbout(id);
      expect({ pusher, found }).not.toEqual({ pusher, found: [] });
      return found;
    });
    expect(letters.map(({ letter }) => letter)).toEqual([expect.objectContaining({ reason: 'SchemaMismatch', message: expect.stringContaining('script: '), receiveCount: 1 })]);
  });
});

test('an event whose function is killed counts once', async () => {
  await byEach(all, async (pusher) => {
    const { consumer, give } = pushers[pusher];
    const given = task('kill-once');

    await give(given);

    await eventually(async () => expectCounts(pusher, given, { effects: 1, runs: 2 }));
    await eventually(async () => expect(await consumer.log()).toContain('Runtime exited with error: signal: killed'));
    expect(await consumer.lettersAbout(given.id)).toEqual([]);
  });
});

test('an event that fails as often as it may rests among the dead letters, with its last error', async () => {
  await byEach(['a topic', 'a rule'], async (pusher) => {
    const { consumer, give } = pushers[pusher];
    const given = task('need-repair');

    await give(given);

    await expectOutcomes(pusher, given, ['retry', 'retry', 'dead-letter']);
    expect((await consumer.lettersAbout(given.id)).map(({ letter }) => letter)).toEqual([expect.objectContaining({ reason: 'WriteRefused', attempt: 3 })]);
    await expectCounts(pusher, given, { effects: 0, runs: 3 });
  });
});

test.each(['need-repair', 'kill-always'] as const)('when Lambda gives up on an event (%s), its failure destination and the dead-letter queue have it, whole', async (script) => {
  const given = task(script);

  await invoke(given);

  const failure = await eventually(async () => {
    const found = (await peek(sqs, stack.output('FailuresUrl'))).filter(({ Body = '' }) => Body.includes(given.id));
    expect(found).toHaveLength(1);
    return JSON.parse(found[0]!.Body!) as unknown;
  });
  expect(failure).toMatchObject({ requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 }, requestPayload: given });
  await eventually(async () => expect((await invoked.lettersAbout(given.id)).map(({ body }) => JSON.parse(body) as unknown)).toEqual([given]));
  expect(await invoked.effectsOf(given)).toBe(0);
});
