import { queueConsumer } from 'cdk-event-patterns/lambda';
import { taskDone } from '../task-done';
import { taskGiven } from '../task-given';

/** Counts an effect per task, and says that the task is done; dies once before it, when the script says so. */
export const handler = queueConsumer({
  on: taskGiven,
  emits: [taskDone],
  process: ({ id, script }, { meta: { attempt, receiveCount }, tx }) => {
    tx.write({
      Update: { TableName: process.env.EFFECTS_TABLE!, Key: { id }, UpdateExpression: 'ADD effects :one', ExpressionAttributeValues: { ':one': 1 } },
    });
    tx.emit(taskDone, { id });
    if (script === 'fail-twice' && attempt <= 2) { throw new TypeError(`try ${attempt} fails`); }
    if (script === 'kill-once' && receiveCount === 1) { process.kill(process.pid, 'SIGKILL'); }
  },
});
