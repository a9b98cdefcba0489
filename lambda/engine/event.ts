import { createHash } from 'node:crypto';
import { contentOf } from './content';
import type { Delivery } from './delivery';
import type { EventContract } from '../contract';
import type { Decoded } from '../decode';
import { NewerVersion, Poison } from '../errors';
import { aggregateOf, keyPartsOf, placeOf, validated } from '../event-data';
import type { Identity } from '../store/once';

const mostHops = 16; // as many as Lambda lets pass where it notices a loop by itself

/** Where an event stands among those of its aggregate. */
export interface Position {
  /** The key under which the aggregate's last event is remembered. */
  readonly key: string;
  readonly place: string;
  readonly gapless: boolean;
  /** Tells two events at one place apart. */
  readonly fingerprint: string;
}

/** A delivery that has been read: what it holds, and what identifies it. */
export interface ReadEvent extends Identity {
  readonly contract: EventContract;
  readonly data: unknown;
  /** The business key as its parts say it. */
  readonly businessKey: string;
  readonly eventId: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly traceparent?: string;
  readonly hops: number;
  /** When the event was sent first. */
  readonly time: Date;
  readonly replay?: string;
  readonly position?: Position;
}

/** How events are read. */
export interface Reading {
  readonly contracts: readonly EventContract[];
  readonly consumerId: string;
  /** Whether an event that an archive replays is another one than the first time, once for each replay. */
  readonly replayCounts: boolean;
}

/** Reads a message by the contracts of its consumer; fails with `Poison` that says what is wrong. */
export async function readEvent(delivery: Delivery, { contracts, consumerId, replayCounts }: Reading): Promise<ReadEvent> {
  const decoded = delivery.decode();
  const { metadata, replay } = decoded;
  const contract = contractFor(decoded, contracts);
  if ((metadata?.hops ?? 0) > mostHops) { throw new Poison(`the event has gone through ${metadata?.hops} handlers: this is a loop`, { reason: 'TooManyHops' }); }
  const data = await validated(contract, decoded.data);
  const parts = keyPartsOf(contract, data);
  const place = placeOf(contract, data);
  const scope = replayCounts && replay ? ['replay', replay, contract.source] : [contract.source];
  // read anew: a schema may change what it is given
  const content = contentOf(delivery.decode().data, data);
  return {
    contract,
    data,
    content,
    businessKey: parts.join('/'),
    key: keyOf(consumerId, 'event', [...scope, contract.type, ...parts, ...(place === undefined ? [] : [place])]),
    eventId: decoded.id ?? delivery.messageId,
    correlationId: metadata?.correlationId || decoded.correlationId || delivery.correlationId,
    hops: metadata?.hops ?? 0,
    time: timeOf(decoded.time) ?? delivery.sentAt,
    ...(metadata?.causationId ? { causationId: metadata.causationId } : {}),
    ...(metadata?.traceparent ? { traceparent: metadata.traceparent } : {}),
    ...(replay ? { replay } : {}),
    ...(place === undefined ? {} : {
      position: { key: keyOf(consumerId, 'aggregate', [...scope, aggregateOf(contract), ...parts]), place, gapless: contract.gapless === true, fingerprint: hash([contract.type, content]) },
    }),
  };
}

/** The key under which an event waits that came too early. */
export const parkedKey = ({ key }: Position, place: string) => `${key}#${place}`;

/** The key under which it is remembered that a message was set aside, whatever is in it. */
export const letterKey = (consumerId: string, { messageId }: Delivery) => keyOf(consumerId, 'letter', [messageId]);

/** The key under which a message group is stopped. */
export const groupKey = (consumerId: string, group: string) => keyOf(consumerId, 'group', [group]);

function contractFor({ type, source, version }: Decoded, contracts: readonly EventContract[]): EventContract {
  const [only, ...others] = contracts as readonly [EventContract, ...EventContract[]];
  if (type === undefined) {
    // a bare fact: its schema tells whether it is the one event that is expected here
    if (others.length === 0) { return only; }
    throw new Poison('the message does not say which event it is, and this consumer handles several: send it in its envelope', { reason: 'UnknownType' });
  }
  const known = contracts.filter((contract) => contract.type === type && (source === undefined || contract.source === source));
  if (known.length === 0) {
    const expected = contracts.map((contract) => `${contract.type} of ${contract.source}`).join(', ');
    throw new Poison(`${printable(type)} of ${printable(source ?? 'an unknown source')} is none of the events that this consumer handles (${expected})`, { reason: 'UnknownType' });
  }
  const newest = known.reduce((a, b) => a.version >= b.version ? a : b);
  if (version === undefined) { return newest; }
  if (version > newest.version) { throw new NewerVersion(type, version, newest.version); }
  return known.find((contract) => contract.version === version) ?? newest;
}

/** The parts are listed, not joined: `['a', 'bc']` and `['ab', 'c']` are two keys. */
function keyOf(consumerId: string, kind: 'event' | 'aggregate' | 'group' | 'letter', parts: readonly string[]): string {
  return `${consumerId}#${kind === 'event' ? '' : `${kind}#`}${hash(parts)}`;
}

const hash = (parts: readonly string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/** What a stranger calls a thing, short enough for a log. */
const printable = (name: string) => JSON.stringify(name.slice(0, 100));

function timeOf(text: string | undefined): Date | undefined {
  const time = new Date(text ?? NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
