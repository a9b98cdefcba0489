import { type MessageAttributeValue, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSMessageAttribute, SQSRecord } from 'aws-lambda';
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

/** Sets messages aside with body and attributes as they came, and the reason beside them. */
export class SqsDeadLetters {
  constructor(private readonly sqs: SQSClient, private readonly environment: ConsumerEnvironment) {}

  async send(record: SQSRecord, delivery: Delivery, reason: DeadLetterReason): Promise<void> {
    const letter: DeadLetter = {
      ...reason,
      reason: reason.reason.slice(0, longest.reason),
      message: reason.message.slice(0, longest.message),
      consumer: this.environment.id,
      source: this.environment.source.arn,
      messageId: delivery.messageId,
      correlationId: delivery.correlationId.slice(0, longest.correlationId),
      receiveCount: delivery.receiveCount,
      at: new Date().toISOString(),
    };
    const { AWSTraceHeader, MessageGroupId } = record.attributes ?? {};
    await this.sqs.send(new SendMessageCommand({
      QueueUrl: this.environment.deadLetterQueue,
      MessageBody: record.body,
      MessageAttributes: withReason(record.messageAttributes, letter),
      ...(MessageGroupId ? { MessageGroupId } : {}),
      ...(AWSTraceHeader ? { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: AWSTraceHeader } } } : {}),
    }));
  }
}

/** The id that ties a message to what caused it: the sender's, else the one under which it was set aside before, else the message's own. */
export function correlationIdOf(record: SQSRecord): string {
  const attributes = record.messageAttributes ?? {};
  return attributes[correlationAttribute]?.stringValue || earlierCorrelationId(attributes) || record.messageId;
}

function earlierCorrelationId(attributes: SQSRecord['messageAttributes']): string | undefined {
  try {
    const letter = JSON.parse(attributes[deadLetterAttribute]?.stringValue ?? 'null') as Partial<DeadLetter> | null;
    return typeof letter?.correlationId === 'string' ? letter.correlationId : undefined;
  } catch {
    return undefined; // somebody else's attribute of that name
  }
}

function withReason(attributes: SQSRecord['messageAttributes'] = {}, letter: DeadLetter): Record<string, MessageAttributeValue> {
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
