import type { EventContract, InputDataOf } from './contract';

/** An event pattern of EventBridge, as it travels: `detail-type`, not `detailType`. */
export interface EventPattern {
  readonly 'source': string[];
  readonly 'detail-type': string[];
  readonly 'detail'?: { readonly data: object };
}

/** A filter policy of SNS, for subscriptions whose filter policy scope is the message body. */
export interface FilterPolicy {
  readonly metadata: { readonly source: string[]; readonly type: string[] };
}

/** One thing or another, as EventBridge and SNS say it. */
export interface AnyOf<Each> {
  readonly $or: Each[];
}

type Leaf = string | number | boolean | null;

type Several<T> = readonly [T, ...T[]];

type Bound = readonly ['<' | '<=' | '=' | '>' | '>=', number];

/** What a field must be: a value, or what a value is measured by. */
export type Condition<Value extends Leaf> =
  | Value
  | { readonly exists: boolean }
  | (Value extends string ? { readonly prefix: string } | { readonly 'anything-but': string | Several<string> | { readonly prefix: string } } : never)
  /** EventBridge compares numbers from -5e9 to 5e9, up to six digits after the point. */
  | (Value extends number
    ? { readonly numeric: Bound | readonly [...Bound, ...Bound] } | { readonly 'anything-but': number | Several<number> }
    : never);

/** Conditions on fields, all of which must be met; of the conditions on one field one is enough. In a list one element that meets them is enough. */
export type DataFilter<Data> = Data extends readonly (infer Element)[]
  ? DataFilter<Element>
  : { readonly [Name in keyof Data]?: FieldFilter<NonNullable<Data[Name]>, Extract<Data[Name], Leaf>> };

type FieldFilter<Field, Value extends Leaf> = [Field] extends [Leaf]
  ? Several<Condition<Value>>
  : Field extends readonly (infer Element)[] ? FieldFilter<NonNullable<Element>, Extract<Element, Leaf>> : DataFilter<Field>;

/**
 * The event pattern by which EventBridge finds these events, or events whose data, as producers give it, meets a filter.
 *
 * EventBridge refuses patterns of more than 2048 characters, unless it has been asked for more.
 */
export function eventPatternOf<Contract extends EventContract>(contract: Contract, filter?: { readonly data: DataFilter<InputDataOf<Contract>> }): EventPattern;
export function eventPatternOf(contract: EventContract, ...more: readonly EventContract[]): EventPattern | AnyOf<EventPattern>;
export function eventPatternOf(contract: EventContract, ...more: readonly (EventContract | { readonly data: object } | undefined)[]) {
  const contracts = more.filter((each): each is EventContract => each !== undefined && 'schema' in each);
  const filter = more.find((each): each is { readonly data: object } => each !== undefined && !('schema' in each));
  return anyOf(bySource([contract, ...contracts]).map(([source, types]) => ({
    'source': [source], 'detail-type': types, ...(filter ? { detail: { data: filter.data } } : {}),
  })));
}

/** The filter policy by which SNS finds these events in messages that hold our envelope. SNS refuses policies of more than 150 combinations. */
export function filterPolicyOf(contract: EventContract): FilterPolicy;
export function filterPolicyOf(contract: EventContract, ...more: readonly EventContract[]): FilterPolicy | AnyOf<FilterPolicy>;
export function filterPolicyOf(contract: EventContract, ...more: readonly EventContract[]) {
  return anyOf(bySource([contract, ...more]).map(([source, types]) => ({ metadata: { source: [source], type: types } })));
}

/** Sources each with its types: a list of sources beside a list of types would also mean the types of one that another source sends. */
function bySource(contracts: readonly EventContract[]): readonly (readonly [string, string[]])[] {
  const sources = [...new Set(contracts.map(({ source }) => source))];
  return sources.map((source) => [source, [...new Set(contracts.filter((each) => each.source === source).map(({ type }) => type))]]);
}

// with a single part `$or` would be an ordinary field
const anyOf = <Each>(parts: readonly Each[]): Each | AnyOf<Each> => parts.length === 1 ? parts[0]! : { $or: [...parts] };
