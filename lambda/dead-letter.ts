import { type MessageAttributeValue, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSMessageAttribute, SQSMessageAttributes, SQSRecordAttributes } from 'aws-lambda';
import type { DeadLetterReason, Delivery } from './engine/delivery';
import type { ConsumerEnvironment } from './environment';

/** The attribute of a dead letter that says why it is one, as JSON. */
export const deadLetterAttribute = 'deadLetter';

const correlationAttribute = 'correlationId';
const mostAttributes = 10; // SQS takes no more on one message
// in characters, each of up to six bytes in JSON: the queue keeps 16 KiB free beside the largest body
const longest = { message: 2_000, reason: 100, correlationId: 256 };

/** What the `deadLetter` attribute of a message holds. */
export interface DeadLetter extends DeadLetterReason {
  readonly consumer: string;
  readonly source: string;
  readonly messageId: string;
  readonly correlationId: string;
  readonly receiveCount: number;
  readonly at: string;
}

/** What a source sends along with a message, and what its letter takes over. */
export interface Carried {
  readonly attributes?: SQSMessageAttributes;
  readonly traceHeader?: string;
  /** The group of a standard queue, for fairness. */
  readonly tenant?: string;
}

/** What an SQS message carries besides its body. */
export function carriedBy(attributes: SQSMessageAttributes | undefined, system: Partial<SQSRecordAttributes> | undefined): Carried {
  return {
    ...(attributes && Object.keys(attributes).length > 0 ? { attributes } : {}),
    ...(system?.AWSTraceHeader ? { traceHeader: system.AWSTraceHeader } : {}),
    ...(system?.MessageGroupId ? { tenant: system.MessageGroupId } : {}),
  };
}

/** Sets messages aside with body and attributes as they came, and the reason beside them. */
export class SqsDeadLetters {
  constructor(private readonly sqs: SQSClient, private readonly environment: ConsumerEnvironment) {}

  readonly send = async (delivery: Delivery, reason: DeadLetterReason): Promise<void> => {
    const { source, id, deadLetterQueue } = this.environment;
    const letter: DeadLetter = {
      ...reason,
      reason: reason.reason.slice(0, longest.reason),
      message: reason.message.slice(0, longest.message),
      consumer: id,
      source: 'arn' in source ? source.arn : source.kind,
      messageId: delivery.messageId,
      correlationId: (reason.correlationId ?? delivery.correlationId).slice(0, longest.correlationId),
      receiveCount: delivery.receiveCount,
      at: new Date().toISOString(),
    };
    const { attributes, traceHeader, tenant } = (delivery.carried ?? {}) as Carried;
    const ordered = deadLetterQueue.endsWith('.fifo');
    const group = ordered ? delivery.group ?? tenant ?? delivery.messageId : tenant;
    await this.sqs.send(new SendMessageCommand({
      QueueUrl: deadLetterQueue,
      ...contentOf(delivery.body, attributes, letter),
      ...(group ? { MessageGroupId: group } : {}),
      // a redrive makes a new message of it, with a new id
      ...(ordered ? { MessageDeduplicationId: delivery.messageId } : {}),
      ...(traceHeader ? { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } } } : {}),
    }));
  };
}

/** The id that ties a message to what caused it: the sender's, else the one under which it was set aside before. */
export function correlationIdIn(attributes: SQSMessageAttributes = {}): string | undefined {
  return attributes[correlationAttribute]?.stringValue || earlierLetter(attributes)?.correlationId;
}

/** What the letter said, when the message is back from the dead-letter queue. */
export function earlierLetter(attributes: SQSMessageAttributes = {}): Partial<Pick<DeadLetter, 'correlationId' | 'reason'>> | undefined {
  try {
    const letter = JSON.parse(attributes[deadLetterAttribute]?.stringValue ?? 'null') as Partial<DeadLetter> | null;
    const { correlationId, reason } = letter ?? {};
    return letter === null ? undefined : { ...(typeof correlationId === 'string' ? { correlationId } : {}), ...(typeof reason === 'string' ? { reason } : {}) };
  } catch {
    return undefined; // somebody else's attribute of that name
  }
}

/** A text of SQS's own attributes. */
export const textAttribute = (stringValue: string): SQSMessageAttribute => ({ dataType: 'String', stringValue, stringListValues: [], binaryListValues: [] });

/** The body as it came, or where SQS does not take it as it is, in base64; an attribute says so. */
function contentOf(body: string, attributes: SQSMessageAttributes | undefined, letter: DeadLetter) {
  if (allowed.test(body)) { return { MessageBody: body, MessageAttributes: withReason(attributes, letter) }; }
  const encoded = body === '' ? { body: 'empty', encoding: 'empty' } : { body: Buffer.from(body).toString('base64'), encoding: 'base64' };
  return { MessageBody: encoded.body, MessageAttributes: withReason({ ...attributes, encoding: textAttribute(encoded.encoding) }, letter) };
}

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const allowed = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]+$/u;

function withReason(attributes: SQSMessageAttributes = {}, letter: DeadLetter): Record<string, MessageAttributeValue> {
  const kept = Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== deadLetterAttribute).map(([name, value]) => [name, toSent(value)]));
  // with ten attributes of its own a message has no room for the reason: it is in the log, and nothing of the message is given up for it
  if (Object.keys(kept).length >= mostAttributes) { return kept; }
  return { ...kept, [deadLetterAttribute]: { DataType: 'String', StringValue: printable(JSON.stringify(letter)) } };
}

function toSent({ dataType, stringValue, binaryValue }: SQSMessageAttribute): MessageAttributeValue {
  return binaryValue == null ? { DataType: dataType, StringValue: stringValue ?? '' } : { DataType: dataType, BinaryValue: Buffer.from(binaryValue, 'base64') };
}

/** SQS refuses these two characters; JSON has escaped all others that it refuses. */
const printable = (text: string) => text.replace(/[\uFFFE\uFFFF]/g, '\uFFFD');
