import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Item, typeOf } from './attribute-value';
import { meets } from './condition';
import type { Between, Comparison, Condition, FunctionCall, Operand } from './expression';
import { invalid } from './refusals';
import type { Table } from './table';

type KeyPart = Comparison | Between | FunctionCall;

/** Which partition a query reads, and which of its items. */
export interface KeyRange {
  readonly partition: AttributeValue;
  includes(item: Item): boolean;
}

/** A key condition is a condition of few words: the partition key equals a value, and perhaps one thing about the sort key. */
export function keyRangeOf(condition: Condition, table: Table): KeyRange {
  const parts = partsOf(condition).map((part) => ({ part, name: keyNameOf(part) }));
  const names = parts.map(({ name }) => name);
  if (new Set(names).size < names.length) { throw invalid('KeyConditionExpressions must only contain one condition per key'); }
  const { partitionKey, sortKey } = table.key;
  const partition = parts.find(({ name }) => name === partitionKey)?.part;
  const sort = parts.find(({ name }) => name === sortKey)?.part;
  if (!partition) { throw invalid(`Query condition missed key schema element: ${partitionKey}`); }
  if (names.length > 1 && !sort) { throw invalid(sortKey === undefined ? 'Query key condition not supported' : `Query condition missed key schema element: ${sortKey}`); }
  if (partition.kind !== 'compare' || partition.operator !== '=') { throw invalid('Query key condition not supported'); }

  for (const { part, name } of parts) { refuseOtherType(part, name, table); }
  const [value] = valuesOf(partition);
  if (value!.S === '' || value!.B?.length === 0) {
    throw invalid(`One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${value!.B ? 'binary' : 'string'} value. Key: ${partitionKey}`);
  }
  return { partition: value!, includes: (item) => !sort || meets(sort, item) };
}

function partsOf(condition: Condition): KeyPart[] {
  if (condition.kind === 'and') { return condition.parts.flatMap(partsOf); }
  if (condition.kind === 'compare' && condition.operator !== '<>' || condition.kind === 'between' || condition.kind === 'function' && condition.name === 'begins_with') {
    return [condition];
  }
  const operator = condition.kind === 'compare' ? condition.operator : condition.kind === 'function' ? condition.name : condition.kind.toUpperCase();
  throw invalid(`Invalid operator used in KeyConditionExpression: ${operator}`);
}

function operandsOf(part: KeyPart): readonly Operand[] {
  if (part.kind === 'compare') { return [part.left, part.right]; }
  return part.kind === 'between' ? [part.operand, part.lower, part.upper] : part.operands;
}

function valuesOf(part: KeyPart): AttributeValue[] {
  return operandsOf(part).flatMap((operand) => operand.kind === 'value' ? [operand.value] : []);
}

function keyNameOf(part: KeyPart): string {
  const operands = operandsOf(part);
  if (operands.some(({ kind }) => kind === 'function')) { throw invalid('KeyConditionExpressions cannot contain nested operations'); }
  const paths = operands.flatMap((operand) => operand.kind === 'path' ? [operand.path] : []);
  if (paths.length > 1) { throw invalid('Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition'); }
  const [path] = paths;
  if (!path) { throw invalid('Invalid condition in KeyConditionExpression: No key attribute specified'); }
  if (part.kind !== 'compare' && operands[0]!.kind !== 'path') {
    throw invalid(`Invalid condition in KeyConditionExpression: ${part.kind === 'between' ? 'BETWEEN' : part.name} operator must have the key attribute as its first operand`);
  }
  if (path.length > 1) { throw invalid(`Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: ${path[0]}`); }
  return path[0];
}

function refuseOtherType(part: KeyPart, name: string, table: Table): void {
  for (const value of valuesOf(part)) {
    if (!table.fits(name, value)) {
      throw invalid(`One or more parameter values were invalid: Condition parameter type does not match schema type, key: ${name}, given: ${typeOf(value)}`);
    }
  }
}
