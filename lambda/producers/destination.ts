import type { EventContract } from '../contract';
import type { Envelope, Outgoing } from '../envelope';
import type { Answers } from './answers';

/** What an event has become for a service. */
export interface Fitted<Entry> {
  readonly entry: Entry;
  /** As the service counts them. */
  readonly bytes: number;
  /** Entries with the same one arrive in the order given; undefined for those that have no order. */
  readonly lane?: string;
}

/** Where events go: what a service takes, and what it says to it. */
export interface Destination<Entry> {
  /** The most that one request holds. */
  readonly request: { readonly entries: number; readonly bytes: number };
  /** The most that one event holds, and what helps one that is larger. */
  readonly event: { readonly bytes: number; readonly cure: string };
  fit(envelope: Envelope, text: string): Fitted<Entry>;
  send(entries: readonly Entry[], options: { readonly abortSignal?: AbortSignal }): Promise<Answers>;
}

/** How long to try. */
export interface Patience {
  /** Fires when there is no time left: what was not accepted by then has failed. */
  readonly signal?: AbortSignal;

  /**
   * How often an event is sent before it counts as failed, each time after a longer pause. The SDK's own tries are not counted.
   *
   * @default 8 - about six seconds
   */
  readonly tries?: number;
}

/** Events to send, each with the data of its own contract. */
export type OutgoingOf<Contracts extends readonly EventContract[]> = { readonly [Index in keyof Contracts]: Outgoing<Contracts[Index]> };

/** An event that was accepted. */
export interface Published {
  readonly id: string;
}
