import { createHash } from 'node:crypto';
import type { Envelope } from '../envelope';
import { Poison } from '../errors';

/** Names the group that an event belongs to: the events of one group have an order, or share a queue fairly with those of others. */
export type GroupOf<Data> = (envelope: Envelope<Data>) => string;

/** The group of an event, as text that SQS and SNS take; undefined when it has none. */
export function groupFor<Data>(envelope: Envelope, groupOf: GroupOf<Data> | undefined, { fifo }: { readonly fifo: boolean }): string | undefined {
  if (!groupOf) { return fifo ? groupId(envelope.metadata.idempotencyKey) : undefined; }
  const group: unknown = groupOf(envelope as Envelope<Data>);
  if (typeof group !== 'string' || group === '') { throw new Poison('groupOf gave no text', { reason: 'MissingGroup' }); }
  return groupId(group);
}

/** A group id is at most 128 characters of ASCII, without blanks: all other names are hashed, each always to the same. */
function groupId(name: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(name) ? name : digest(name);
}

/** A partition key has at most 256 characters. */
export function partitionKey(name: string): string {
  return name.length <= 256 ? name : digest(name);
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');
