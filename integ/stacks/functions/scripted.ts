import type { Process } from 'cdk-event-patterns/lambda';
import { countRun, ours, table } from './effects';
import type { Task } from '../task-given';

/**
 * Counts an effect per task, and notes it behind those of its group (the `content`), in the task's own transaction; before that, the script has its way. Every run is
 * counted too, outside of the transaction.
 */
export const doTask: Process<Task> = async ({ id, script, content: group }, { meta: { attempt }, tx }) => {
  const run = await countRun(id);
  tx.write({
    Update: { TableName: table, Key: { id: ours(id) }, UpdateExpression: 'SET finished = :now ADD effects :one', ExpressionAttributeValues: { ':now': Date.now(), ':one': 1 } },
  });
  if (group !== undefined) {
    tx.write({
      Update: {
        TableName: table, Key: { id: ours(group) }, UpdateExpression: 'SET done = list_append(if_not_exists(done, :none), :this)',
        ExpressionAttributeValues: { ':none': [], ':this': [id] },
      },
    });
  }

  if (script === 'fail-twice' && attempt <= 2) { throw new TypeError(`try ${attempt} fails`); }
  if (script === 'need-repair') { tx.write({ ConditionCheck: { TableName: table, Key: { id: ours(`repaired ${id}`) }, ConditionExpression: 'attribute_exists(id)' } }); }
  if (script === 'kill-always' || (script === 'kill-once' && run === 1)) {
    await new Promise((resolve) => setTimeout(resolve, 300)); // the batch mates come to their end, or to the middle
    process.kill(process.pid, 'SIGKILL');
  }
  if (script === 'hang-once' && run === 1) { await new Promise(() => {}); }
};
