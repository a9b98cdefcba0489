import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Item, equal, membersOf, setOf, typeOf } from './attribute-value';
import { add, subtract } from './decimal';
import { comparePaths, type DocumentPath, elementOf, valueAt } from './document-path';
import type { Arithmetic, FunctionCall, Operand, UpdateAction } from './expression';
import { invalid } from './refusals';

type Path = readonly (string | number)[];

interface Outcome {
  readonly path: DocumentPath;
  /** Undefined to remove what is there. */
  readonly value: AttributeValue | undefined;
}

/** The item after the update; a new item begins with its key. All actions see the item as it was; elements of lists go from the end, so that places keep their meaning. */
export function updated(item: Item, actions: readonly UpdateAction[]): Item {
  const outcomes = actions.map((action) => outcomeOf(action, item));
  for (const { path } of outcomes) { refuseUnreachable(item, path); }

  const effective = outcomes.filter(({ path, value }) => value !== undefined || valueAt(item, path) !== undefined);
  const ordered = effective.sort((a, b) => comparePaths(a.path, b.path));
  let value: AttributeValue = { M: item };
  for (const outcome of ordered.filter((one) => one.value !== undefined)) { value = replaced(value, outcome.path, outcome.value); }
  for (const outcome of ordered.filter((one) => one.value === undefined).reverse()) { value = replaced(value, outcome.path, undefined); }
  return value.M!;
}

function outcomeOf(action: UpdateAction, item: Item): Outcome {
  const { path } = action;
  switch (action.clause) {
    case 'SET': return { path, value: valueOf(action.operand, item) };
    case 'REMOVE': return { path, value: undefined };
    case 'ADD': return { path, value: added(valueAt(item, path), action.value) };
    case 'DELETE': return { path, value: withoutMembers(valueAt(item, path), action.value) };
  }
}

function added(value: AttributeValue | undefined, more: AttributeValue): AttributeValue {
  if (!value) { return more; }
  if (typeOf(value) !== typeOf(more)) { throw wrongType(); }
  if (value.N !== undefined) { return { N: add(value.N, more.N!) }; }
  const members = membersOf(value);
  return setOf(typeOf(value), [...members, ...membersOf(more).filter((member) => !has(members, member))])!;
}

function withoutMembers(value: AttributeValue | undefined, less: AttributeValue): AttributeValue | undefined {
  if (!value) { return undefined; }
  if (typeOf(value) !== typeOf(less)) { throw wrongType(); }
  const members = membersOf(less);
  return setOf(typeOf(value), membersOf(value).filter((member) => !has(members, member)));
}

function valueOf(operand: Operand | Arithmetic, item: Item): AttributeValue {
  switch (operand.kind) {
    case 'value': return operand.value;
    case 'function': return resultOf(operand, item);
    case 'path': {
      const value = valueAt(item, operand.path);
      if (!value) { throw invalid('The provided expression refers to an attribute that does not exist in the item'); }
      return value;
    }
    case 'arithmetic': {
      const [left, right] = [valueOf(operand.left, item).N, valueOf(operand.right, item).N];
      if (left === undefined || right === undefined) { throw wrongType(); }
      return { N: operand.operator === '+' ? add(left, right) : subtract(left, right) };
    }
  }
}

function resultOf({ name, operands: [first, second] }: FunctionCall, item: Item): AttributeValue {
  if (name === 'if_not_exists') { return (first!.kind === 'path' && valueAt(item, first!.path)) || valueOf(second!, item); }
  const [front, back] = [valueOf(first!, item).L, valueOf(second!, item).L];
  if (!front || !back) { throw wrongType(); }
  return { L: [...front, ...back] };
}

/** All but the last element of a path must be there, and be a list or a map as the next one wants it. */
function refuseUnreachable(item: Item, path: DocumentPath): void {
  const parent = valueAt(item, path.slice(0, -1));
  if (!(typeof path.at(-1) === 'number' ? parent?.L : parent?.M)) {
    throw invalid('The document path provided in the update expression is invalid for update');
  }
}

function replaced(value: AttributeValue, [head, ...rest]: Path, replacement: AttributeValue | undefined): AttributeValue {
  const element = rest.length === 0 ? replacement : replaced(elementOf(value, head!)!, rest, replacement);
  if (typeof head === 'string') {
    const { [head]: _before, ...others } = value.M!;
    return { M: element ? { ...value.M, [head]: element } : others };
  }
  const list = [...value.L!];
  // beyond the end is the end
  list.splice(head!, 1, ...(element ? [element] : []));
  return { L: list };
}

const has = (members: readonly AttributeValue[], sought: AttributeValue) => members.some((member) => equal(member, sought));

const wrongType = () => invalid('An operand in the update expression has an incorrect data type');
