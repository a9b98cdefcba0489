import type { Metadata } from './envelope';
import { Poison } from './errors';

/** What was delivered: the fact, and what its envelope, or else its transport, says of it. */
export interface Decoded {
  readonly data: unknown;
  /** There is one when the fact came in an envelope of ours. */
  readonly metadata?: Partial<Metadata>;
  readonly source?: string;
  readonly type?: string;
  readonly version?: number;
  /** What names the event; a transport gives an event that is sent again another one. */
  readonly id?: string;
  readonly time?: string;
  readonly correlationId?: string;
  /** The replay of an EventBridge archive that the event came from. */
  readonly replay?: string;
}

type Fields = Readonly<Record<string, unknown>>;

const notificationDepth = 4; // a topic that feeds a topic through somebody's function is rare enough
const dataDepth = 512; // far from where recursion fails, and farther from what a fact needs

const filled = { is: (value: unknown) => typeof value === 'string' && value !== '', wanted: 'a text that is not empty' };
const text = { is: (value: unknown) => typeof value === 'string', wanted: 'a text' };
const count = { is: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0, wanted: 'a whole number' };
const required = { id: filled, type: filled, source: filled, version: count };
const optional = { time: text, correlationId: text, causationId: text, idempotencyKey: text, hops: count, traceparent: text };

/**
 * Reads what a source delivered by its structure: an SNS notification, an EventBridge event, an envelope of ours, one in the other, or the bare fact.
 *
 * Fails with `Poison`, which quotes nothing of the body: `NotJson`, `BadEnvelope` or `TooDeep`.
 */
export function decode(body: string): Decoded {
  return unwrapped(parse(body, 'the body'), 0);
}

function unwrapped(value: unknown, depth: number): Decoded {
  if (isNotification(value)) {
    if (depth === notificationDepth) { throw new Poison(`more than ${notificationDepth} notifications are one in the other`, { reason: 'TooDeep' }); }
    return { ...noted(value), ...unwrapped(parse(value.Message, 'the message of the notification'), depth + 1) };
  }
  return isBusEvent(value) ? ofBus(value) : ofProducer(value);
}

function noted({ MessageId, Timestamp, MessageAttributes }: Fields & { readonly MessageId: string }): Partial<Decoded> {
  const attribute = isObject(MessageAttributes) ? MessageAttributes.correlationId : undefined;
  const correlationId = isObject(attribute) ? attribute.Value : undefined;
  return {
    id: MessageId,
    ...(typeof Timestamp === 'string' ? { time: Timestamp } : {}),
    ...(typeof correlationId === 'string' && correlationId !== '' ? { correlationId } : {}),
  };
}

function ofBus(event: BusEvent): Decoded {
  const { 'id': id, 'source': source, 'time': time, 'detail-type': type, 'replay-name': replay, detail } = event;
  const inner = ofProducer(detail);
  const others = [
    ...(inner.source === undefined || inner.source === source ? [] : ['source is not the source of the event']),
    ...(inner.type === undefined || inner.type === type ? [] : ['type is not the detail-type of the event']),
  ];
  if (others.length > 0) { throw badEnvelope(others); }
  return { id, source, type, time, ...(typeof replay === 'string' ? { replay } : {}), ...inner };
}

function ofProducer(value: unknown): Decoded {
  if (!isEnvelope(value)) { return { data: ofFewLevels(value) }; }
  const metadata = metadataOf(value.metadata);
  const { id, type, source, version, time, correlationId } = metadata;
  return {
    data: ofFewLevels(value.data), metadata, id, type, source, version,
    ...(time === undefined ? {} : { time }), ...(correlationId === undefined ? {} : { correlationId }),
  };
}

function metadataOf(metadata: Fields): Partial<Metadata> & Pick<Metadata, keyof typeof required> {
  const present = Object.entries(optional).filter(([name]) => Object.hasOwn(metadata, name));
  const read = [...Object.entries(required), ...present];
  const wrong = read.filter(([name, { is }]) => !is(metadata[name]));
  if (wrong.length > 0) { throw badEnvelope(wrong.map(([name, { wanted }]) => `${name} is not ${wanted}`)); }
  // by our names only: whatever else came stays behind
  return Object.fromEntries(read.map(([name]) => [name, metadata[name]])) as unknown as Metadata;
}

/** Refuses data that somebody's recursion could not walk through; goes level by level, so that it can itself. */
function ofFewLevels(data: unknown): unknown {
  let level = [data].filter(hasParts);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > dataDepth) { throw new Poison(`the data has more than ${dataDepth} levels`, { reason: 'TooDeep' }); }
    const next: object[] = [];
    for (const each of level) {
      for (const part of Object.values(each) as unknown[]) { if (hasParts(part)) { next.push(part); } }
    }
    level = next;
  }
  return data;
}

function parse(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // the parser's own words quote the body
    throw new Poison(`${what} (${Buffer.byteLength(json)} bytes) is not JSON`, { reason: 'NotJson' });
  }
}

function isNotification(value: unknown): value is Fields & { readonly MessageId: string; readonly Message: string } {
  return isObject(value) && value.Type === 'Notification' && areTexts(value, ['MessageId', 'TopicArn', 'Message']);
}

interface BusEvent extends Fields {
  readonly 'id': string;
  readonly 'source': string;
  readonly 'detail-type': string;
  readonly 'time': string;
}

function isBusEvent(value: unknown): value is BusEvent {
  return isObject(value) && value.version === '0' && Object.hasOwn(value, 'detail')
    && areTexts(value, ['id', 'source', 'detail-type', 'account', 'region', 'time']);
}

/** Whether a value is meant as ours. It need not be right. */
function isEnvelope(value: unknown): value is { readonly metadata: Fields; readonly data: unknown } {
  return isObject(value) && Object.keys(value).length === 2 && Object.hasOwn(value, 'data') && Object.hasOwn(value, 'metadata')
    && isObject(value.metadata) && Object.hasOwn(value.metadata, 'id') && Object.hasOwn(value.metadata, 'type');
}

const hasParts = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isObject = (value: unknown): value is Fields => hasParts(value) && !Array.isArray(value);

const areTexts = (fields: Fields, names: readonly string[]) => names.every((name) => typeof fields[name] === 'string');

const badEnvelope = (faults: readonly string[]) => new Poison(`the metadata of the envelope is broken: ${faults.join(', ')}`, { reason: 'BadEnvelope' });
