/** What a schema library gives us, whichever it is: the Standard Schema interface (zod, valibot, arktype and others implement it). */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The answer of a Standard Schema: the value, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type that a schema takes. */
export type InputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['input'];

/** The type that a schema turns its input into. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output'];

/** What an event is called, what it holds and by what it is recognised: one object for producer, consumer and test. */
export interface EventContract<Type extends string = string, Schema extends StandardSchema = StandardSchema> {
  /** Who says so, as a name that other services know: `shop.checkout`. */
  readonly source: string;

  /** What happened, in the past tense: `OrderPlaced`. */
  readonly type: Type;

  /** Counts up when the schema changes in a way that old consumers cannot read. */
  readonly version: number;

  /** What the event holds. */
  readonly schema: Schema;

  /**
   * Whether places count up by one, from 1, so that a missing event is noticed: an event that comes too early waits for those before it.
   *
   * @default false
   */
  readonly gapless?: boolean;

  /**
   * What the events tell of. Events of several types with one name here share their places: `OrderPlaced` and `OrderCancelled` of one `Order`.
   *
   * @default - the type: each type has places of its own
   */
  readonly aggregate?: string;

  /**
   * The business key. Without `orderBy`, two messages with the same key are the same event, however often and by whichever way they come. With `orderBy` the key
   * names what the event tells of (an order, an account), and key and place together are the event.
   *
   * Several parts together make one key; every part must be there and not be empty.
   */
  key(data: OutputOf<Schema>): string | readonly string[];

  /**
   * The event's place among those with the same key: a version that counts up, a sequence number, or a time in ISO 8601 with its zone. It turns the version gate on: what comes
   * after a later one is stale.
   *
   * @default - events have no order
   */
  orderBy?(data: OutputOf<Schema>): number | bigint | string;
}

/** An event whose place among those with the same key is known. */
export interface OrderedEventContract<Type extends string = string, Schema extends StandardSchema = StandardSchema> extends EventContract<Type, Schema> {
  orderBy(data: OutputOf<Schema>): number | bigint | string;
}

/**
 * Declares an event.
 *
 * The key must survive a retry of the producer: take an id that was made when the fact was recorded, never a message id or the time of sending.
 */
export function defineEvent<const Type extends string, Schema extends StandardSchema>(
  contract: OrderedEventContract<Type, Schema>,
): OrderedEventContract<Type, Schema>;
export function defineEvent<const Type extends string, Schema extends StandardSchema>(
  contract: EventContract<Type, Schema> & { readonly gapless?: never },
): EventContract<Type, Schema>;
export function defineEvent(contract: EventContract): EventContract {
  return contract;
}

/** What a contract's events hold, as consumers see it. */
export type DataOf<Contract extends EventContract> = OutputOf<Contract['schema']>;

/** What a contract's events hold, as producers give it. */
export type InputDataOf<Contract extends EventContract> = InputOf<Contract['schema']>;
