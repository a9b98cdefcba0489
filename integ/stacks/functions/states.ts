import { type EntityTx, type Process, queueConsumer } from 'cdk-event-patterns/lambda';
import { ours, table } from './effects';
import { everyStateSet, type State, stateSet } from '../state-set';

/** Gives a thing its state, and notes it behind those that it had; `gone` deletes it. */
const setState: Process<State, EntityTx> = ({ id, version, state }, { meta: { attempt }, tx }) => {
  const [TableName, Key] = [table, { id: ours(id) }];
  if (state === 'fail-twice' && attempt <= 2) { throw new TypeError(`try ${attempt} fails`); }
  if (state === 'gone') {
    tx.write({ Delete: { TableName, Key } });
    return;
  }
  tx.write({
    Update: {
      TableName, Key, UpdateExpression: 'SET done = list_append(if_not_exists(done, :none), :this)', ExpressionAttributeValues: { ':none': [], ':this': [`${version} ${state}`] },
    },
  });
};

export const gated = queueConsumer({ on: stateSet, process: setState });

export const inEntity = queueConsumer({ on: stateSet, process: setState, idempotency: 'entity' });

export const gapless = queueConsumer({ on: everyStateSet, process: setState });
