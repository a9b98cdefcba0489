import { createHash, randomUUID } from 'node:crypto';
import type { EventContract, InputDataOf } from './contract';
import { keyPartsOf, placeOf, validated } from './event-data';
import type { Cause } from './run';

/** What is said about an event beside the fact itself. */
export interface Metadata {
  /** The same for the same event, however often its producer sends it. */
  readonly id: string;
  /** When it was sent first, in ISO 8601. */
  readonly time: string;
  readonly source: string;
  readonly type: string;
  /** Of the schema. */
  readonly version: number;
  /** Ties together everything that one request caused. */
  readonly correlationId: string;
  /** The id of the event that caused this one. */
  readonly causationId?: string;
  /** The parts of the business key, joined by `/`. */
  readonly idempotencyKey: string;
  /** How many handlers the chain of causes has gone through. */
  readonly hops: number;
  /** W3C trace context. */
  readonly traceparent?: string;
}

/** An event as it travels. */
export interface Envelope<Data = unknown> {
  readonly metadata: Metadata;
  readonly data: Data;
}

/** An event that is to be sent. */
export interface Outgoing<Contract extends EventContract = EventContract> {
  readonly contract: Contract;
  readonly data: InputDataOf<Contract>;
}

/** An event to send: the contract, and the data as its schema takes it. */
export function event<Contract extends EventContract>(contract: Contract, data: InputDataOf<Contract>): Outgoing<Contract> {
  return { contract, data };
}

/** Checks an event and puts it into its envelope. Its id depends on what it is, not on when or how often it is sent. */
export async function seal({ contract, data }: Outgoing, cause?: Cause, time = new Date()): Promise<Envelope> {
  const read = await validated(contract, data);
  const key = keyPartsOf(contract, read);
  const place = placeOf(contract, read);
  const id = idOf([contract.source, contract.type, ...key, ...(place === undefined ? [] : [place])]);
  return {
    metadata: {
      id,
      time: time.toISOString(),
      source: contract.source,
      type: contract.type,
      version: contract.version,
      correlationId: cause?.correlationId ?? randomUUID(),
      ...(cause ? { causationId: cause.causationId } : {}),
      idempotencyKey: key.join('/'),
      hops: cause ? cause.hops + 1 : 0,
      ...(cause?.traceparent ? { traceparent: cause.traceparent } : {}),
    },
    data,
  };
}

/** A UUID (version 8) made of a name. */
function idOf(parts: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${'89ab'[Number.parseInt(hex[16]!, 16) % 4]}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
