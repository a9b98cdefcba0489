import type { Decoded } from '../decode';

/** One message as its source delivered it, whatever the source. */
export interface Delivery {
  /** What the source calls this message; a redrive gives it a new one. */
  readonly messageId: string;
  /** The message as a text: what is set aside, and what is parked. */
  readonly body: string;
  /** Reads the message by its structure; fails with `Poison` when there is none. */
  readonly decode: () => Decoded;
  /** How often the source has handed this message out, this time included. Not the number of tries: a batch mate's crash counts here too. */
  readonly receiveCount: number;
  /** Ties together everything that one request caused, as far as the source knows. */
  readonly correlationId: string;
  readonly sentAt: Date;
  /** Messages with the same group are handled one after the other, in the order in which they came. */
  readonly group?: string;
  /** What the source sent along, for the letter; it survives JSON. */
  readonly carried?: unknown;
  /** Why it was set aside before; it is back from the dead-letter queue. */
  readonly returnedAfter?: string;
}

/** What becomes of a delivery. */
export type Outcome =
  /** The source may forget it; `parked`: it waits in the store for one before it. */
  | { readonly kind: 'done'; readonly parked?: true }
  /** The source delivers it again after `delaySeconds`; undefined leaves the time to the source. `alone`: unless it can run while nothing else is under way;
   * `heldUntil`: epoch milliseconds until which another run may be alive that holds it. */
  | { readonly kind: 'again'; readonly delaySeconds: number | undefined; readonly error?: unknown; readonly alone?: true; readonly heldUntil?: number };

/** Why a message was set aside, for the person who finds it among the dead letters. */
export interface DeadLetterReason {
  readonly reason: string;
  readonly message: string;
  readonly attempt: number;
  /** What the event itself says; the delivery may know less. */
  readonly correlationId?: string | undefined;
}
