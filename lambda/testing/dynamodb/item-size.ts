import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Item, membersOf } from './attribute-value';
import { sizeOfNumber } from './decimal';

/** Bytes that an item may have. */
export const largestItem = 400 * 1024;

const container = 3; // bytes that a list or a map takes beside its elements, which take one more each

/** Bytes of an item, as the service counts them for its limits: the names count. */
export function sizeOf(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value), 0);
}

function sizeOfValue(value: AttributeValue): number {
  if (value.S !== undefined) { return Buffer.byteLength(value.S); }
  if (value.N !== undefined) { return sizeOfNumber(value.N); }
  if (value.B !== undefined) { return value.B.byteLength; }
  if (value.M) { return container + Object.keys(value.M).length + sizeOf(value.M); }
  if (value.L) { return container + value.L.length + sum(value.L); }
  return Math.max(1, sum(membersOf(value)));
}

const sum = (values: readonly AttributeValue[]) => values.reduce((total, value) => total + sizeOfValue(value), 0);
