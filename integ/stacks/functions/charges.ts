import { queueConsumer } from 'cdk-event-patterns/lambda';
import { charge, countRun, ours, table } from './effects';
import { chargeDue } from '../charge-due';

/** Charges in a step of its own, and then notes the receipt in the transaction. */
export const handler = queueConsumer({
  on: chargeDue,
  process: async ({ id, mishap, onTimeout }, { tx }) => {
    const first = await countRun(id) === 1;
    const receipt = await tx.once('charge', async (key) => {
      if (first && mishap === 'throws before the charge') { throw new TypeError('the first try fails'); }
      if (first && mishap === 'dies before the charge') { process.kill(process.pid, 'SIGKILL'); }
      const times = await charge(id, key);
      if (first && mishap === 'dies after the charge') { process.kill(process.pid, 'SIGKILL'); }
      if (first && mishap === 'hangs after the charge') { await new Promise(() => {}); }
      return `receipt of charge ${times}`;
    }, { onTimeout });
    if (first && mishap === 'dies after the step') { process.kill(process.pid, 'SIGKILL'); }
    tx.write({
      Update: {
        TableName: table, Key: { id: ours(id) }, UpdateExpression: 'SET done = list_append(if_not_exists(done, :none), :this) ADD effects :one',
        ExpressionAttributeValues: { ':none': [], ':this': [receipt], ':one': 1 },
      },
    });
  },
});
