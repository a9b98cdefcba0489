import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Write } from './idempotency-store';
import { Poison } from '../errors';

/** The handler's writes as DynamoDB takes them. Fails with `Poison` for a value that it can never take. */
export function toTransactItems(writes: readonly Write[]): TransactWriteItem[] {
  return writes.map((write, index) => {
    try {
      return toTransactItem(write);
    } catch (error) {
      // a class instance, a Date, a loop: neither this run nor the next can store it
      throw new Poison(`${describeWrite(write, index)} cannot be stored: ${error instanceof RangeError ? 'it refers to itself' : (error as Error).message}`, {
        reason: 'NotStorable', cause: error,
      });
    }
  });
}

/** Which write it is, for the person who reads of it. */
export function describeWrite(write: Write | undefined, index: number): string {
  const [[kind, { TableName }]] = Object.entries(write ?? {}) as [[string, { TableName: string }]];
  return `write ${index + 1} (${kind} on ${TableName})`;
}

function toTransactItem(write: Write): TransactWriteItem {
  return Object.fromEntries(Object.entries(write).map(([kind, { Key, Item, ExpressionAttributeValues, ...rest }]: [string, Record<string, unknown>]) => [kind, {
    ...rest,
    ...(Key ? { Key: toItem(Key) } : {}),
    ...(Item ? { Item: toItem(Item) } : {}),
    ...(ExpressionAttributeValues ? { ExpressionAttributeValues: toItem(ExpressionAttributeValues) } : {}),
  }]));
}

const toItem = (value: unknown) => marshall(value as Record<string, unknown>, { removeUndefinedValues: true });
