/** What is known of an event that has been seen before. Times are epoch milliseconds. */
export interface KnownEvent {
  readonly kind: 'event';
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
  /** What the finished work gave, as JSON. */
  readonly result?: string;
}

/** The last event that was done for one aggregate. */
export interface KnownPlace {
  readonly kind: 'place';
  /** Sorts as a text. */
  readonly place: string;
  /** Tells two events at the same place apart. */
  readonly fingerprint: string;
  readonly eventId: string;
}

/** An event that came before its predecessors, and waits for them. */
export interface ParkedEvent {
  readonly kind: 'parked';
  /** The delivery, as JSON. */
  readonly delivery: string;
  readonly since: number;
}

/** A message group that is not handled until its poisoned head has come back. */
export interface HaltedGroup {
  readonly kind: 'halted';
  readonly since: number;
}

/** What the store holds under a key. */
export type Remembered = KnownEvent | KnownPlace | ParkedEvent | HaltedGroup;

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
  /** Whether the key may be taken over from a run that died. If not, only a key that was given back is free. */
  readonly takesOver: boolean;
}

/** Taken, with the number of this try; or held, with what is known of the holder. */
export type ClaimAnswer = { readonly taken: true; readonly attempt: number } | { readonly taken: false; readonly known: KnownEvent | undefined };

/** The place that an event takes among those of its aggregate. */
export interface PlaceTaken extends Omit<KnownPlace, 'kind'> {
  /** The key under which the aggregate's last event is remembered. */
  readonly key: string;
  /** The place that must be the last one so far; null: there must be none yet; undefined: any earlier one will do. */
  readonly after?: string | null;
  /** When the memory of the aggregate ends; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** How a run ends well: everything in it is written together, or nothing. */
export interface Completion {
  readonly key: string;
  readonly owner: string;
  readonly expiresAt: number;
  readonly writes: readonly Write[];
  /** What the work gave, as JSON. */
  readonly result?: string;
  readonly place?: PlaceTaken;
  /** The key of the parked event that this run has done. */
  readonly parked?: string;
}

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

  /** Commits everything together, or nothing. Fails with `ClaimLost`, `PlaceRefused`, `WriteRefused`, `Poison` for what can never be stored, or the service's error. */
  complete(completion: Completion): Promise<void>;

  /** Gives the key back after a failed try; `refund` takes the try back too. Gives the number of the try where it is known only now. */
  release(key: string, owner: string, refund: boolean): Promise<number | void>;

  /** Forgets a key that nobody holds and that is not completed. */
  forget(key: string): Promise<void>;

  /** What is known of these keys, in one round trip; a key that is unknown is not in the answer. */
  lookUp(keys: readonly string[]): Promise<ReadonlyMap<string, Remembered>>;
}

/** What a store must do besides for events without gaps and for message groups that stop at poison. */
export interface OrderStore extends IdempotencyStore {
  /** Parks an event while its aggregate is still at `last` (null: has none); says whether it is parked. */
  park(key: string, delivery: string, aggregate: { readonly key: string; readonly last: string | null }): Promise<boolean>;

  /** Stops a message group. */
  halt(key: string, expiresAt: number): Promise<void>;

  /** Lets a message group go on. */
  resume(key: string): Promise<void>;
}
