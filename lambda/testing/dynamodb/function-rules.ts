import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { compare, type TypeName, typeNames, typeOf } from './attribute-value';
import { samePath, spelled } from './document-path';
import type { Arithmetic, Between, Comparison, FunctionCall, Operand } from './expression';
import type { Problems } from './problems';

interface Rule {
  readonly operands: number;
  readonly allowedIn: 'condition' | 'update';
  readonly result?: TypeName;
}

const rules: Readonly<Record<string, Rule | undefined>> = {
  attribute_exists: { operands: 1, allowedIn: 'condition', result: 'BOOL' },
  attribute_not_exists: { operands: 1, allowedIn: 'condition', result: 'BOOL' },
  attribute_type: { operands: 2, allowedIn: 'condition', result: 'BOOL' },
  begins_with: { operands: 2, allowedIn: 'condition', result: 'BOOL' },
  contains: { operands: 2, allowedIn: 'condition', result: 'BOOL' },
  size: { operands: 1, allowedIn: 'condition', result: 'N' },
  if_not_exists: { operands: 2, allowedIn: 'update' },
  list_append: { operands: 2, allowedIn: 'update', result: 'L' },
};

const ordered: readonly TypeName[] = ['S', 'N', 'B'];

/** What the service sees of a call without looking at an item: the name, the number of operands, the types of values. */
export function refuseMisuse(call: FunctionCall, expression: 'condition' | 'update', problems: Problems): void {
  const { name, operands } = call;
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (!rule) {
    problems.note('function', `Invalid function name; function: ${name}`);
  } else if (rule.allowedIn !== expression) {
    problems.note('function', `The function is not allowed in ${expression === 'update' ? 'an update' : 'a condition'} expression; function: ${name}`);
  } else if (rule.operands !== operands.length) {
    problems.note('operands', `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands.length}`);
  } else {
    refuseOperands(call, problems);
  }
}

export function refuseComparison({ operator, left, right }: Comparison, problems: Problems): void {
  refuseSame(operator, [left, right], problems);
  if (operator === '=' || operator === '<>') { return; }
  for (const operand of [left, right]) { refuseTypes(operator, operand, ordered, problems); }
}

export function refuseBetween({ operand, lower, upper }: Between, problems: Problems): void {
  refuseSame('BETWEEN', [operand, lower, upper], problems);
  for (const one of [operand, lower, upper]) { refuseTypes('BETWEEN', one, ordered, problems); }
  if (lower.kind !== 'value' || upper.kind !== 'value') { return; }
  const bounds = `lower bound operand: ${described(lower.value)}, upper bound operand: ${described(upper.value)}`;
  if (typeOf(lower.value) !== typeOf(upper.value)) {
    problems.note('operands', `The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`);
  } else if (compare(lower.value, upper.value)! > 0) {
    problems.note('operands', `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${bounds}`);
  }
}

export function refuseArithmetic({ operator, left, right }: Arithmetic, problems: Problems): void {
  for (const operand of [left, right]) { refuseTypes(operator, operand, ['N'], problems); }
}

/** An operator that compares an attribute with itself is a mistake. */
export function refuseSame(operator: string, [first, ...others]: readonly Operand[], problems: Problems): void {
  if (first?.kind !== 'path' || !others.some((other) => other.kind === 'path' && samePath(first.path, other.path))) { return; }
  problems.note('operands', 'The first operand must be distinct from the remaining operands for this operator or function; '
    + `operator: ${operator}, first operand: ${spelled(first.path)}`);
}

function refuseOperands({ name, operands }: FunctionCall, problems: Problems): void {
  const [first, second] = operands;
  if (['attribute_exists', 'attribute_not_exists', 'if_not_exists'].includes(name) && first!.kind !== 'path') {
    problems.note('operands', `Operator or function requires a document path; operator or function: ${name}`);
  }
  if (rules[name]!.allowedIn === 'condition') { refuseSame(name, operands, problems); }
  if (name === 'begins_with') { operands.forEach((operand) => refuseTypes(name, operand, ['S', 'B'], problems)); }
  if (name === 'list_append') { operands.forEach((operand) => refuseTypes(name, operand, ['L'], problems)); }
  if (name === 'size') { refuseTypes(name, first!, ['S', 'B', 'SS', 'NS', 'BS', 'L', 'M'], problems); }
  if (name !== 'attribute_type') { return; }
  const type = second!.kind === 'value' ? second!.value.S : undefined;
  if (type === undefined) {
    problems.note('operands', `Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${typeGiven(second!) ?? `{${typeNames.join()}}`}`);
  } else if (!typeNames.some((known) => known === type)) {
    problems.note('operands', `Invalid attribute type name found; type: ${type}, valid types: {${typeNames.join()}}`);
  }
}

function refuseTypes(operator: string, operand: Operand, allowed: readonly TypeName[], problems: Problems): void {
  const type = typeGiven(operand);
  if (type && !allowed.includes(type)) {
    problems.note('operands', `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`);
  }
}

/** The type that an operand has whatever the item; undefined for what only the item knows. */
function typeGiven(operand: Operand): TypeName | undefined {
  if (operand.kind === 'value') { return typeOf(operand.value); }
  return operand.kind === 'function' ? rules[operand.name]?.result : undefined;
}

function described(value: AttributeValue): string {
  return `AttributeValue: {${typeOf(value)}:${Object.values(value).join()}}`;
}
