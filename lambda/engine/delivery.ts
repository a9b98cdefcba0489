/** One message as its source delivered it, whatever the source. */
export interface Delivery {
  /** What the source calls this message; a redrive gives it a new one. */
  readonly messageId: string;
  readonly body: string;
  /** How often the source has handed this message out, this time included. Not the number of tries: a batch mate's crash counts here too. */
  readonly receiveCount: number;
  /** Ties together everything that one request caused. */
  readonly correlationId: string;
  readonly sentAt: Date;
}

/** What becomes of a delivery. */
export type Outcome =
  /** The source may forget it. */
  | { readonly kind: 'done' }
  /** The source delivers it again after `delaySeconds`; undefined leaves the time to the source. */
  | { readonly kind: 'again'; readonly delaySeconds: number | undefined };

/** Why a message was set aside, for the person who finds it among the dead letters. */
export interface DeadLetterReason {
  readonly reason: string;
  readonly message: string;
  readonly attempt: number;
}
