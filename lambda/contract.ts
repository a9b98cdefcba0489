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

/** The type that a schema turns its input into. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output'];

/** What an event is called, what it holds and by what it is recognised: one object for producer, consumer and test. */
export interface EventContract<Type extends string = string, Schema extends StandardSchema = StandardSchema> {
  /** What happened, in the past tense: `OrderPlaced`. */
  readonly type: Type;

  /** Counts up when the schema changes in a way that old consumers cannot read. */
  readonly version: number;

  /** What the event holds. */
  readonly schema: Schema;

  /**
   * The business key: two messages with the same key are the same event, however often and by whichever way they come.
   * Several parts together make one key; every part must be there and not be empty.
   */
  key(data: OutputOf<Schema>): string | readonly string[];
}

/**
 * Declares an event.
 *
 * The key must survive a retry of the producer: take an id that was made when the fact was recorded, never a message id or the time of sending.
 */
export function defineEvent<const Type extends string, Schema extends StandardSchema>(contract: EventContract<Type, Schema>): EventContract<Type, Schema> {
  return contract;
}
