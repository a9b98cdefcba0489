import type { DynamoDBRecord } from 'aws-lambda';
import { parsed, type Message } from './source-records';
import type { EventContract } from '../contract';
import { type Envelope, type Outgoing, seal } from '../envelope';

/** What can be delivered: an event, the text of a message as it is, or the change of a table's item. */
export type Deliverable = Outgoing | string | DynamoDBRecord;

export const isChange = (what: Deliverable): what is DynamoDBRecord => typeof what === 'object' && 'dynamodb' in what;

/**
 * What a producer would send: an event in its envelope, a text as it is.
 *
 * @param contracts What the consumer handles; a text that does not say what it is, is the only one of them.
 */
export async function messageOf(what: Outgoing | string, contracts: readonly EventContract[] = []): Promise<Message> {
  if (typeof what !== 'string') {
    const envelope = await seal(what);
    const { type, source, idempotencyKey } = envelope.metadata;
    return { body: JSON.stringify(envelope), type, source, group: idempotencyKey };
  }
  const { metadata } = (parsed(what) ?? {}) as Partial<Envelope>;
  const { type, source } = metadata ?? (contracts.length === 1 ? contracts[0]! : {});
  return { body: what, type: type ?? 'test', source: source ?? 'test' };
}
