import { randomUUID } from 'node:crypto';
import { DescribeReplayCommand, StartReplayCommand } from '@aws-sdk/client-eventbridge';
import { event, publishEvents } from 'cdk-event-patterns/lambda';
import { clients } from '../clients';
import { DeployedStack } from '../deployed-stack';
import { eventually } from '../eventually';
import { ReplayStack } from '../stacks/replay-stack';
import { taskGiven } from '../stacks/task-given';
import { task, TestedConsumer } from '../tested-consumer';

const { events } = clients();
const stack = DeployedStack.of(ReplayStack);
const once = new TestedConsumer(stack, 'Once');
const forEachReplay = new TestedConsumer(stack, 'ForEachReplay');

/** Replays what the archive got in the last hour, and waits until all of it is on the bus again. */
async function replay(): Promise<void> {
  const ReplayName = randomUUID();
  await events.send(new StartReplayCommand({
    ReplayName,
    EventSourceArn: stack.output('ArchiveArn'),
    EventStartTime: new Date(Date.now() - 3_600_000),
    EventEndTime: new Date(Date.now() + 60_000),
    Destination: { Arn: stack.output('BusArn') },
  }));
  await eventually(async () => expect((await events.send(new DescribeReplayCommand({ ReplayName }))).State).toBe('COMPLETED'));
}

test('an event that is replayed counts once; where each replay is to count, once more for each', async () => {
  const given = task('work');
  const outcomesOf = async (consumer: TestedConsumer) => (await consumer.linesAbout(given)).map(({ outcome }) => outcome);
  await publishEvents([event(taskGiven, given)], { bus: stack.output('BusName') });
  await eventually(async () => expect([await outcomesOf(once), await outcomesOf(forEachReplay)]).toEqual([['processed'], ['processed']]));

  await replay();
  await replay();

  await eventually(async () => {
    expect(await outcomesOf(once)).toEqual(['processed', 'duplicate', 'duplicate']);
    expect(await outcomesOf(forEachReplay)).toEqual(['processed', 'processed', 'processed']);
  });
  expect([await once.effectsOf(given), await forEachReplay.effectsOf(given)]).toEqual([1, 3]);
});
