import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { compare, equal, type Item, membersOf, typeOf } from './attribute-value';
import { valueAt } from './document-path';
import type { Between, Comparator, Condition, FunctionCall, Operand } from './expression';

const orders: Readonly<Record<Exclude<Comparator, '=' | '<>'>, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** Whether the item is as the condition wants it. An item that is not there is one without attributes. */
export function meets(condition: Condition, item: Item): boolean {
  switch (condition.kind) {
    case 'or': return condition.parts.some((part) => meets(part, item));
    case 'and': return condition.parts.every((part) => meets(part, item));
    case 'not': return !meets(condition.part, item);
    case 'between': return isBetween(condition, item);
    case 'in': return condition.choices.some((choice) => holds('=', valueOf(condition.operand, item), valueOf(choice, item)));
    case 'compare': return holds(condition.operator, valueOf(condition.left, item), valueOf(condition.right, item));
    case 'function': return isTrue(condition, item);
  }
}

/** What is not there equals nothing, and differs from everything. */
function holds(operator: Comparator, left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  const same = left !== undefined && right !== undefined && equal(left, right);
  if (operator === '=') { return same; }
  if (operator === '<>') { return !same; }
  const order = left && right && compare(left, right);
  return order !== undefined && orders[operator](order);
}

function isBetween({ operand, lower, upper }: Between, item: Item): boolean {
  const value = valueOf(operand, item);
  return holds('>=', value, valueOf(lower, item)) && holds('<=', value, valueOf(upper, item));
}

function isTrue({ name, operands: [first, second] }: FunctionCall, item: Item): boolean {
  const value = valueOf(first!, item);
  const other = second && valueOf(second, item);
  switch (name) {
    case 'attribute_exists': return value !== undefined;
    case 'attribute_not_exists': return value === undefined;
    case 'attribute_type': return value !== undefined && typeOf(value) === other?.S;
    case 'begins_with': return value !== undefined && other !== undefined && beginsWith(value, other);
    default: return value !== undefined && other !== undefined && contains(value, other);
  }
}

export function beginsWith(value: AttributeValue, start: AttributeValue): boolean {
  if (value.S !== undefined && start.S !== undefined) { return value.S.startsWith(start.S); }
  return value.B !== undefined && start.B !== undefined && Buffer.from(value.B).subarray(0, start.B.length).equals(start.B);
}

function contains(value: AttributeValue, sought: AttributeValue): boolean {
  if (value.S !== undefined) { return sought.S !== undefined && value.S.includes(sought.S); }
  if (value.B !== undefined) { return sought.B !== undefined && Buffer.from(value.B).includes(Buffer.from(sought.B)); }
  return (value.L ?? membersOf(value)).some((member) => equal(member, sought));
}

function valueOf(operand: Operand, item: Item): AttributeValue | undefined {
  if (operand.kind === 'path') { return valueAt(item, operand.path); }
  if (operand.kind === 'value') { return operand.value; }
  const size = sizeOf(valueOf(operand.operands[0]!, item));
  return size === undefined ? undefined : { N: String(size) };
}

/** Characters of text, bytes of a binary, elements of all else that has a size. */
function sizeOf(value: AttributeValue | undefined): number | undefined {
  if (!value) { return undefined; }
  const { S, B, L, M, SS, NS, BS } = value;
  return (S ?? B ?? L ?? SS ?? NS ?? BS)?.length ?? (M && Object.keys(M).length);
}
