import { type Process, queueConsumer } from 'cdk-event-patterns/lambda';
import { type Task, taskGiven } from '../task-given';

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

/** Counts an effect per task, in the task's own transaction; before that, the script has its way. */
const doTask: Process<Task> = async ({ id, script }, { meta: { attempt, receiveCount }, tx }) => {
  const table = process.env.EFFECTS_TABLE!;
  tx.write({ Update: { TableName: table, Key: { id }, UpdateExpression: 'ADD effects :one', ExpressionAttributeValues: { ':one': 1 } } });

  if (script === 'fail-twice' && attempt <= 2) { throw new TypeError(`try ${attempt} fails`); }
  if (script === 'need-repair') {
    tx.write({ ConditionCheck: { TableName: table, Key: { id: 'repaired' }, ConditionExpression: 'attribute_exists(id)' } });
  }
  if (script === 'kill-always' || (script === 'kill-once' && receiveCount === 1)) {
    await pause(500); // the batch mates come to their end, or to the middle
    process.kill(process.pid, 'SIGKILL');
  }
  if (script === 'hang-once' && attempt === 1) { await new Promise(() => {}); }
  if (script === 'spin-once' && receiveCount === 1) { for (;;) { /* not even a timer gets its turn */ } }
  if (script === 'write-too-much') { tx.write({ Put: { TableName: table, Item: { id: `${id}-content`, content: 'x'.repeat(450_000) } } }); }
};

export const handler = queueConsumer({ on: taskGiven, process: doTask });
