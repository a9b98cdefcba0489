import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { canonical, compareNumbers } from './decimal';
import { invalid, unreadable } from './refusals';

export type Item = Record<string, AttributeValue>;

export const typeNames = ['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'NULL', 'BOOL'] as const;
export type TypeName = typeof typeNames[number];

const deepest = 32;

export function typeOf(value: AttributeValue): TypeName {
  return typeNames.find((name) => (value as Partial<Record<TypeName, unknown>>)[name] !== undefined) ?? 'NULL';
}

/** What is stored of a value that was given: a copy, its numbers in their one spelling. Refuses what is no value. */
export function accepted(value: AttributeValue, depth = 1): AttributeValue {
  const given = Object.entries(value).filter(([, content]: [string, unknown]) => content !== undefined);
  if (given.length === 0) { throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'); }
  if (given.length > 1) { throw invalid('Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes'); }
  if (depth > deepest) { throw invalid('Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit'); }

  if (value.M) { return { M: acceptedItem(value.M, depth + 1) }; }
  if (value.L) { return { L: value.L.map((element) => accepted(element, depth + 1)) }; }
  if (value.S !== undefined) { return { S: text(value.S) }; }
  if (value.N !== undefined) { return { N: canonical(text(value.N)) }; }
  if (value.B !== undefined) { return { B: bytes(value.B) }; }
  if (value.SS) { return { SS: distinct(value.SS.map(text), 'An string set  may not be empty', (member) => member) }; }
  if (value.NS) { return { NS: distinct(value.NS.map((member) => canonical(text(member))), 'An number set  may not be empty', (member) => member) }; }
  if (value.BS) { return { BS: distinct(value.BS.map(bytes), 'Binary sets should not be empty', base64) }; }
  if (value.NULL === false) { throw invalid('One or more parameter values were invalid: Null attribute value types must have the value of true'); }
  return { ...value };
}

export function acceptedItem(item: Item, depth = 1): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, accepted(value, depth)]));
}

/** For who may change what he gets: items are never changed in place. */
export function copy(item: Item): Item {
  return copied(item) as Item;
}

export function equal(a: AttributeValue, b: AttributeValue): boolean {
  const type = typeOf(a);
  if (type !== typeOf(b)) { return false; }
  switch (type) {
    case 'M': return equalItems(a.M!, b.M!);
    case 'L': return a.L!.length === b.L!.length && a.L!.every((element, index) => equal(element, b.L![index]!));
    case 'SS': case 'NS': case 'BS': return sameMembers(membersOf(a), membersOf(b));
    case 'BOOL': return a.BOOL === b.BOOL;
    case 'NULL': return true;
    default: return compare(a, b) === 0;
  }
}

export function equalItems(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && equal(a[name]!, b[name]!));
}

/** The order of two values of the same type, in bytes for text as for binaries; undefined when they have none. */
export function compare(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.N !== undefined && b.N !== undefined) { return compareNumbers(a.N, b.N); }
  if (a.S !== undefined && b.S !== undefined) { return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S)); }
  if (a.B !== undefined && b.B !== undefined) { return Buffer.compare(a.B, b.B); }
  return undefined;
}

/** The members of a set, each as a value of its own; none for what is no set. */
export function membersOf(value: AttributeValue): AttributeValue[] {
  if (value.SS) { return value.SS.map((S) => ({ S })); }
  if (value.NS) { return value.NS.map((N) => ({ N })); }
  return (value.BS ?? []).map((B) => ({ B }));
}

/** A set of these members; undefined for none, since there is no empty set. */
export function setOf(type: TypeName, members: readonly AttributeValue[]): AttributeValue | undefined {
  if (members.length === 0) { return undefined; }
  if (type === 'SS') { return { SS: members.map(({ S }) => S!) }; }
  return type === 'NS' ? { NS: members.map(({ N }) => N!) } : { BS: members.map(({ B }) => B!) };
}

export const base64 = (value: Uint8Array) => Buffer.from(value).toString('base64');

function sameMembers(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  return a.length === b.length && a.every((member) => b.some((other) => equal(member, other)));
}

function distinct<T>(members: T[], empty: string, spelling: (member: T) => string): T[] {
  if (members.length === 0) { throw invalid(`One or more parameter values were invalid: ${empty}`); }
  const spellings = members.map(spelling);
  if (new Set(spellings).size < members.length) {
    throw invalid(`One or more parameter values were invalid: Input collection [${spellings.join(', ')}] contains duplicates.`);
  }
  return members;
}

function copied(part: unknown): unknown {
  if (part === null || typeof part !== 'object') { return part; }
  if (ArrayBuffer.isView(part)) { return bytes(part); }
  return Array.isArray(part) ? part.map(copied) : Object.fromEntries(Object.entries(part).map(([name, value]: [string, unknown]) => [name, copied(value)]));
}

function text(value: unknown): string {
  if (typeof value !== 'string') { throw unreadable(`${typeof value} can not be converted to a String: give ${JSON.stringify(String(value))}`); }
  return value;
}

function bytes(value: unknown): Uint8Array {
  if (!ArrayBuffer.isView(value)) { throw unreadable(`${typeof value} can not be converted to a Blob: give a Uint8Array`); }
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
}
