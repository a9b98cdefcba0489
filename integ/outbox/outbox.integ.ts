import { randomUUID } from 'node:crypto';
import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { event, sendMessages } from 'cdk-event-patterns/lambda';
import { clients } from '../clients';
import { DeployedStack } from '../deployed-stack';
import { eventually } from '../eventually';
import { depth, peek } from '../queue-contents';
import { OutboxStack } from '../stacks/outbox-stack';
import { type Task, taskGiven } from '../stacks/task-given';

const { sqs, dynamodb } = clients();
const stack = DeployedStack.of(OutboxStack);

interface Arrived {
  readonly metadata: { readonly causationId: string; readonly hops: number };
  readonly data: { readonly id: string };
}

/** What came out at the other end about a task. */
async function arrived({ id }: Task): Promise<Arrived[]> {
  const messages = await peek(sqs, stack.output('DoneQueueUrl'));
  return messages.map(({ Body }) => (JSON.parse(Body!) as { detail: Arrived }).detail).filter(({ data }) => data.id === id);
}

async function effectsOf({ id }: Task): Promise<number> {
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: stack.output('EffectsTable'), Key: { id: { S: id } }, ConsistentRead: true }));
  return Number(Item?.effects?.N ?? 0);
}

const task = (script: Task['script']): Task => ({ id: `${script}-${randomUUID()}`, script });

test.each(['work', 'fail-twice', 'kill-once'] as const)('a task that has the script "%s" has one effect and one event, which says what caused it', async (script) => {
  const given = task(script);
  const [sent] = await sendMessages([event(taskGiven, given)], { queue: stack.output('QueueUrl') });

  await eventually(async () => expect(await arrived(given)).toHaveLength(1), 60_000);
  await eventually(async () => expect(await depth(sqs, stack.output('QueueUrl'))).toBe(0), 60_000);

  expect(await effectsOf(given)).toBe(1);
  expect(await arrived(given)).toMatchObject([{ metadata: { causationId: sent!.id, hops: 1 } }]);
});

test('a task that comes twice is done once, and says so once', async () => {
  const given = task('work');
  const queue = stack.output('QueueUrl');
  await sendMessages([event(taskGiven, given)], { queue });
  await eventually(async () => expect(await arrived(given)).toHaveLength(1), 60_000);

  await sendMessages([event(taskGiven, given)], { queue });
  await eventually(async () => expect(await depth(sqs, queue)).toBe(0), 60_000);

  expect(await effectsOf(given)).toBe(1);
  expect(await arrived(given)).toHaveLength(1);
});

test('what was sent stays in the outbox, with the time at which it ends', async () => {
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: stack.output('OutboxTable'), ConsistentRead: true }));

  expect(Items).toHaveLength(4);
  expect(Items.every(({ expiration }) => Number(expiration?.N) > Date.now() / 1000 + 13 * 86_400)).toBe(true);
});
