/** What is known of a key that has been seen before. Times are epoch milliseconds. */
export interface KnownKey {
  readonly status: 'INPROGRESS' | 'COMPLETED';
  /** When the memory of the key ends. */
  readonly expiresAt: number;
  /** Until when the run that holds the key may live; 0 when it gave the key back. */
  readonly leaseUntil: number;
  /** How often the event was tried so far, by our own count. */
  readonly attempts: number;
  /** Whether the last run was the only one under way in its function. If it died in company, it may have been for another's sake. */
  readonly alone: boolean;
  /** Tells two payloads with the same key apart. */
  readonly fingerprint: string;
}

/** What a run wants to hold. */
export interface ClaimRequest {
  readonly key: string;
  readonly owner: string;
  readonly fingerprint: string;
  readonly leaseUntil: number;
  readonly expiresAt: number;
  /** Whether no other run is under way in this function. */
  readonly alone: boolean;
  /** Whether this run takes the place of one that died in company: then it is no further try. */
  readonly replaces: boolean;
}

/** Taken, with the number of this try; or held, with what is known of the holder. */
export type ClaimAnswer = { readonly taken: true; readonly attempt: number } | { readonly taken: false; readonly known: KnownKey | undefined };

/** One write of a handler, as DynamoDB's `TransactWriteItems` takes it, with plain JavaScript values. */
export type Write =
  | { readonly Put: WriteTarget & { readonly Item: Attributes } }
  | { readonly Update: WriteTarget & { readonly Key: Attributes; readonly UpdateExpression: string } }
  | { readonly Delete: WriteTarget & { readonly Key: Attributes } }
  | { readonly ConditionCheck: WriteTarget & { readonly Key: Attributes; readonly ConditionExpression: string } };

/** An item or a part of one, as plain JavaScript values. */
export type Attributes = Readonly<Record<string, unknown>>;

/** What every kind of write has. */
export interface WriteTarget {
  readonly TableName: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Attributes;
}

/** Where finished work is remembered. Each operation is atomic; `complete` and `release` work for the owner only. */
export interface IdempotencyStore {
  /** Takes the key unless it is completed, or held by a run that may still live, or belongs to another payload. Counts a try, unless it replaces one. */
  claim(request: ClaimRequest): Promise<ClaimAnswer>;

  /** Commits the writes and the completion together, or none of them. Fails with `ClaimLost`, `WriteRefused`, or the service's error. */
  complete(key: string, owner: string, expiresAt: number, writes: readonly Write[]): Promise<void>;

  /** Gives the key back after a failed try; `refund` takes the try back too. */
  release(key: string, owner: string, refund: boolean): Promise<void>;

  /** Forgets a key that nobody holds and that is not completed. */
  forget(key: string): Promise<void>;

  /** What is known of these keys, in one round trip; a key that is unknown is not in the answer. */
  lookUp(keys: readonly string[]): Promise<ReadonlyMap<string, KnownKey>>;
}
