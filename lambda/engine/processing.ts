import type { EventLog } from './event-log';
import type { Tx } from './transaction';
import type { DataOf, EventContract, OrderedEventContract } from '../contract';

/** What is known of a message besides its data. */
export interface Meta {
  /** The same for the same event, by whichever way it comes; the message's own id when its producer gave none. */
  readonly eventId: string;
  readonly type: string;
  /** Ties together everything that one request caused. */
  readonly correlationId: string;
  /** The id of the event that caused this one. */
  readonly causationId?: string;
  /** The business key of the event. */
  readonly key: string;
  /** Which try of the event this is. What says nothing about the event, such as a busy service or a death in company, is no try. */
  readonly attempt: number;
  /** How often the source has handed this message out, this time included. */
  readonly receiveCount: number;
  readonly messageId: string;
  readonly sentAt: Date;
  /** How many handlers the chain of causes has gone through. */
  readonly hops: number;
  /** The name of the archive replay that brought it. */
  readonly replay?: string;
  /** Whether a later event of the aggregate was done before; only with `onStale: 'process'`. */
  readonly stale: boolean;
}

/** What a handler works with. */
export interface Processing<Effects = Tx<never>> {
  readonly meta: Meta;
  /** What happens once, together with the memory that the event is done. */
  readonly tx: Effects;
  /** Writes lines that carry the correlation id, the key and the attempt. */
  readonly log: EventLog;
  /** Fires before the function's time is up. */
  readonly signal: AbortSignal;
}

/** Handles one event. It may run more than once; what it puts into `tx` happens once. */
export type Process<Data, Effects = Tx<never>> = (data: Data, processing: Processing<Effects>) => Promise<void> | void;

/** One event, or several. */
export type Events = EventContract | readonly [EventContract, ...EventContract[]];

/** Events whose place among those with the same key is known. */
export type OrderedEvents = OrderedEventContract | readonly [OrderedEventContract, ...OrderedEventContract[]];

/** One function for one event; for several, a function for each type. */
export type ProcessOf<On extends Events, Effects> =
  On extends readonly EventContract[] ? { readonly [Contract in On[number] as Contract['type']]: Process<DataOf<Contract>, Effects> }
    : On extends EventContract ? Process<DataOf<On>, Effects> : never;
