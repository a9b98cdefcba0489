import type { TransactWriteItem, TransactWriteItemsCommandInput } from '@aws-sdk/client-dynamodb';
import { copy, type Item } from './attribute-value';
import { sizeOf } from './item-size';
import { type CancellationReason, conditionFailed, invalid, isInvalid, transactionCanceled } from './refusals';
import type { Table } from './table';
import type { Tables } from './tables';
import { type Action, type Step, Write } from './write';

const mostActions = 100;
const longestToken = 36;
const largest = 4 * 1024 * 1024;
const kinds = ['ConditionCheck', 'Put', 'Delete', 'Update'] as const;

/** The writes of a transaction, read. */
export function writesOf({ TransactItems = [], ClientRequestToken: token = '' }: TransactWriteItemsCommandInput, tables: Tables): readonly Write[] {
  refuseCount(TransactItems);
  if (token.length > longestToken) { throw invalid(`1 validation error detected: Value '${token}' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to ${longestToken}`); }
  const writes = TransactItems.map((item, index) => new Write(actionOf(item, index + 1), tables));
  const payload = writes.reduce((sum, { given }) => sum + sizeOf(given), 0);
  if (payload > largest) { throw invalid(`Transaction payload size cannot exceed 4MB. Payload Size: ${payload}`); }
  return writes;
}

/** What a transaction would change. Refuses all of it when one condition is not met, or one write does not fit its item. */
export function stepsOf(writes: readonly Write[]): readonly Step[] {
  refuseRepetition(writes);
  const outcomes = writes.map(outcomeOf);
  const reasons = outcomes.map((outcome) => 'Code' in outcome ? outcome : { Code: 'None' });
  if (reasons.some(({ Code }) => Code !== 'None')) { throw transactionCanceled(reasons); }
  return outcomes.flatMap((outcome) => 'Code' in outcome ? [] : [outcome]);
}

export function refuseCount(items: readonly unknown[]): void {
  const limit = items.length === 0 ? 'greater than or equal to 1' : `less than or equal to ${mostActions}`;
  if (items.length === 0 || items.length > mostActions) {
    throw invalid(`1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length ${limit}`);
  }
}

export function refuseRepetition(items: readonly { readonly table: Table; readonly given: Item }[]): void {
  if (new Set(items.map(({ table, given }) => `${table.name} ${table.identity(given)}`)).size < items.length) {
    throw invalid('Transaction request cannot include multiple operations on one item');
  }
}

function outcomeOf(write: Write): Step | CancellationReason {
  try {
    write.refuseMisfit();
    return write.conditionIsMet ? write.step() : failed(write);
  } catch (error) {
    if (!isInvalid(error)) { throw error; }
    return { Code: 'ValidationError', Message: error.message };
  }
}

function failed({ action: { request }, before }: Write): CancellationReason {
  const Item = before && request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? copy(before) : undefined;
  return { Code: 'ConditionalCheckFailed', Message: conditionFailed, ...(Item ? { Item } : {}) };
}

function actionOf(item: TransactWriteItem, position: number): Action {
  const given = kinds.filter((kind) => item[kind] !== undefined);
  if (given.length === 0) { throw invalid('Invalid Request: TransactWriteRequest should contain Delete or Put or Update request'); }
  if (given.length > 1) { throw invalid('TransactItems can only contain one of Check, Put, Update or Delete'); }
  const missing = item.ConditionCheck && item.ConditionCheck.ConditionExpression === undefined ? 'conditionCheck.conditionExpression'
    : item.Update && item.Update.UpdateExpression === undefined ? 'update.updateExpression' : undefined;
  if (missing) {
    throw invalid(`1 validation error detected: Value null at 'transactItems.${position}.member.${missing}' failed to satisfy constraint: Member must not be null`);
  }
  return { kind: given[0], request: item[given[0]!] } as Action;
}
