import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { KnownEvent, KnownPlace, Remembered } from './idempotency-store';

/** Powertools' own names where it has one, so that its tools read our records; `expiration` is in seconds for DynamoDB's time to live. */
export const names = {
  '#id': 'id', '#status': 'status', '#expiry': 'expiration', '#lease': 'in_progress_expiration', '#fingerprint': 'validation', '#result': 'data',
  '#owner': 'owner', '#attempts': 'attempts', '#alone': 'alone', '#place': 'place', '#event': 'event', '#delivery': 'delivery', '#since': 'since',
} as const;

/** The names that an expression uses, and no others: DynamoDB refuses unused ones. */
export function namesIn(...expressions: readonly string[]): Record<string, string> {
  const text = expressions.join(' ');
  const known = namesByExpression.get(text);
  if (known) { return known; }
  const used = new Set(text.match(/#\w+/g));
  const found = Object.fromEntries(Object.entries(names).filter(([name]) => used.has(name)));
  namesByExpression.set(text, found);
  return found;
}

// there are a dozen expressions, and each message needs two
const namesByExpression = new Map<string, Record<string, string>>();

/** Values of our own, as DynamoDB takes them. */
export function attributesOf(values: Readonly<Record<string, string | number | boolean>>): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(values)) {
    attributes[name] = typeof value === 'string' ? { S: value } : typeof value === 'number' ? { N: String(value) } : { BOOL: value };
  }
  return attributes;
}

/** What a record of the table says. */
export function rememberedFrom(item: Record<string, AttributeValue>): Remembered {
  switch (item.status?.S) {
    case 'PLACE': return knownPlaceFrom(item);
    case 'PARKED': return { kind: 'parked', delivery: item.delivery?.S ?? '', since: Number(item.since?.N) };
    case 'HALTED': return { kind: 'halted', since: Number(item.since?.N) };
    default: return knownEventFrom(item);
  }
}

export function knownEventFrom(item: Record<string, AttributeValue>): KnownEvent {
  const { status, expiration, in_progress_expiration: lease, attempts, alone, validation, data } = unmarshall(item) as Record<string, unknown>;
  return {
    kind: 'event',
    status: status === 'COMPLETED' ? 'COMPLETED' : 'INPROGRESS',
    expiresAt: Number(expiration) * 1000,
    leaseUntil: Number(lease ?? 0),
    attempts: Number(attempts ?? 0),
    alone: alone === true,
    fingerprint: String(validation ?? ''),
    ...(typeof data === 'string' ? { result: data } : {}),
  };
}

export function knownPlaceFrom(item: Record<string, AttributeValue>): KnownPlace {
  return { kind: 'place', place: item.place?.S ?? '', fingerprint: item.validation?.S ?? '', eventId: item.event?.S ?? '' };
}
