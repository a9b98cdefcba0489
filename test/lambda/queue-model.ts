import type { ChangeMessageVisibilityBatchCommandInput, MessageAttributeValue, SendMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSMessageAttributes, SQSRecord } from 'aws-lambda';
import type { Fault } from './memory-store';

/** What a producer says about a message besides its body. */
export interface Envelope {
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>>;
  readonly traceHeader?: string;
  readonly group?: string;
  /** Only in a FIFO queue: a second message with the same one is taken for the first. */
  readonly deduplicationId?: string;
}

/** A message that rests in a queue. */
export interface Message extends Envelope {
  readonly id: string;
  readonly body: string;
  readonly sentAt: number;
  receiveCount: number;
  visibleAt: number;
}

export const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders';
export const deadLetterQueueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dead-letters';

const largestMessage = 1024 * 1024;
const deduplicates = 300_000; // milliseconds

/** A queue, standard or FIFO, with its dead-letter queue, as the service documents them, in virtual time. */
export class QueueModel {
  readonly messages = new Map<string, Message>();
  readonly deadLetters: Message[] = [];
  private readonly receipts = new Map<string, string>();
  private readonly sent = new Map<string, { readonly at: number; readonly message: Message }>();
  private count = 0;

  constructor(readonly visibilityTimeout: number, readonly maxReceiveCount: number, readonly fifo = false) {}

  /** Whether a message that is handed out stays visible, as it may happen in a standard queue. */
  repeats: () => boolean = () => false;

  send(body: string, envelope: Envelope = {}): Message {
    check(!this.fifo || envelope.group !== undefined, 'a FIFO queue wants a group');
    const message = { ...envelope, id: `message-${++this.count}`, body, sentAt: Date.now(), receiveCount: 0, visibleAt: Date.now() };
    const first = this.firstOf('source', message);
    if (first === message) { this.messages.set(message.id, message); }
    return first;
  }

  /** Hands out what is visible and hides it; what was handed out too often moves to the dead-letter queue by itself. */
  receive(most: number): SQSRecord[] {
    const records: SQSRecord[] = [];
    const blocked = new Set([...this.messages.values()].filter(({ visibleAt }) => this.fifo && visibleAt > Date.now()).map(({ group }) => group));
    for (const message of [...this.messages.values()].filter(({ visibleAt, group }) => visibleAt <= Date.now() && !blocked.has(group))) {
      if (records.length === most) { break; }
      if (message.receiveCount >= this.maxReceiveCount) {
        this.messages.delete(message.id);
        this.deadLetters.push(message);
      } else {
        records.push(this.handOut(message));
      }
    }
    return records;
  }

  /** Hands out one message, whether it is hidden or not: a standard queue may do so. */
  handOut(message: Message): SQSRecord {
    message.receiveCount++;
    message.visibleAt = Date.now() + (this.repeats() ? 0 : this.visibilityTimeout * 1000);
    const receiptHandle = `receipt-${++this.count}`;
    this.receipts.set(receiptHandle, message.id);
    return {
      messageId: message.id,
      receiptHandle,
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(message.receiveCount), SentTimestamp: String(message.sentAt), SenderId: 'A', ApproximateFirstReceiveTimestamp: '0',
        ...(message.traceHeader ? { AWSTraceHeader: message.traceHeader } : {}), ...(message.group ? { MessageGroupId: message.group } : {}),
        ...(message.deduplicationId ? { MessageDeduplicationId: message.deduplicationId } : {}),
      },
      messageAttributes: toRecordAttributes(message.attributes),
      md5OfBody: '', eventSource: 'aws:sqs', eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:orders', awsRegion: 'eu-west-1',
    };
  }

  /** Deletes what the function has not named; an answer that is missing or names something unknown deletes nothing. */
  answer(batch: readonly SQSRecord[], response: SQSBatchResponse | undefined): void {
    const failed = response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    if (!failed?.every((id) => batch.some(({ messageId }) => messageId === id))) { return; }
    for (const { messageId } of batch) {
      if (!failed.includes(messageId)) { this.messages.delete(messageId); }
    }
  }

  /** Moves every dead letter back: as a new message, with the attributes it has by now. */
  redrive(): void {
    for (const { body, attributes, traceHeader, group } of this.deadLetters.splice(0)) {
      this.send(body, { ...(attributes ? { attributes } : {}), ...(traceHeader ? { traceHeader } : {}), ...(group ? { group } : {}) });
    }
  }

  /** Milliseconds until something can be received; undefined when the queue is empty. */
  get nextIn(): number | undefined {
    if (this.messages.size === 0) { return undefined; }
    const free = new Map<string, number>();
    for (const { id, group, visibleAt } of this.messages.values()) {
      // a group is blocked while one of its messages is in flight
      const name = this.fifo ? `group ${group}` : id;
      free.set(name, Math.max(visibleAt, free.get(name) ?? 0));
    }
    return Math.max(0, Math.min(...free.values()) - Date.now());
  }

  /** What a function calls, with the limits of the service. */
  client(fault: Fault = () => {}): SQSClient {
    const send = async (command: { readonly input: unknown; readonly constructor: { readonly name: string } }) => {
      const name = command.constructor.name.replace('Command', '');
      await fault(name, 'before');
      const answer = name === 'SendMessage'
        ? this.takeDeadLetter(command.input as SendMessageCommandInput)
        : this.changeVisibility(command.input as ChangeMessageVisibilityBatchCommandInput);
      await fault(name, 'after');
      return answer;
    };
    return { send } as unknown as SQSClient;
  }

  private takeDeadLetter(input: SendMessageCommandInput) {
    const { QueueUrl, MessageBody, MessageAttributes = {}, MessageSystemAttributes, MessageGroupId, MessageDeduplicationId } = input;
    check(QueueUrl === this.named(deadLetterQueueUrl), `no queue ${QueueUrl}`);
    check(this.fifo === (MessageDeduplicationId !== undefined) && (!this.fifo || MessageGroupId !== undefined), 'group and deduplication id, in a FIFO queue and only there');
    check(/^[!-~]{1,128}$/.test(MessageGroupId ?? '-') && /^[!-~]{1,128}$/.test(MessageDeduplicationId ?? '-'), 'a group or a deduplication id that is not allowed');
    const attributes = Object.entries(MessageAttributes);
    check(attributes.length <= 10, 'too many attributes');
    const texts = [MessageBody, ...attributes.map(([, { StringValue }]) => StringValue)].filter((text) => text !== undefined);
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    check(texts.every((text) => text !== '' && /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u.test(text)), 'empty text or characters that are not allowed');
    check(attributes.every(([, { StringValue, BinaryValue }]) => (StringValue === undefined) !== (BinaryValue === undefined)), 'an attribute needs one value');
    const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
      + attributes.reduce((sum, [name, { DataType = '', BinaryValue }]) => sum + name.length + DataType.length + (BinaryValue?.length ?? 0), 0);
    check(size <= largestMessage, `message of ${size} bytes is too large`);
    const traceHeader = MessageSystemAttributes?.AWSTraceHeader?.StringValue;
    const letter: Message = {
      id: `letter-${++this.count}`, body: MessageBody ?? '', attributes: MessageAttributes, sentAt: Date.now(), receiveCount: 0, visibleAt: 0,
      ...(traceHeader ? { traceHeader } : {}), ...(MessageGroupId ? { group: MessageGroupId } : {}),
      ...(MessageDeduplicationId ? { deduplicationId: MessageDeduplicationId } : {}),
    };
    if (this.firstOf('dead letters', letter) === letter) { this.deadLetters.push(letter); }
    return {};
  }

  /** The message itself, or the one with its deduplication id that came within the last five minutes. */
  private firstOf(queue: string, message: Message): Message {
    if (!this.fifo || message.deduplicationId === undefined) { return message; }
    const name = `${queue} ${message.deduplicationId}`;
    const first = this.sent.get(name);
    if (first && Date.now() - first.at < deduplicates) { return first.message; }
    this.sent.set(name, { at: Date.now(), message });
    return message;
  }

  private named(url: string): string {
    return this.fifo ? `${url}.fifo` : url;
  }

  private changeVisibility({ QueueUrl, Entries = [] }: ChangeMessageVisibilityBatchCommandInput) {
    check(QueueUrl === this.named(queueUrl), `no queue ${QueueUrl}`);
    check(Entries.length >= 1 && Entries.length <= 10 && new Set(Entries.map(({ Id }) => Id)).size === Entries.length, 'one to ten entries with different ids');
    const Failed: { Id: string; Code: string }[] = [];
    for (const { Id = '', ReceiptHandle = '', VisibilityTimeout = NaN } of Entries) {
      check(Number.isInteger(VisibilityTimeout) && VisibilityTimeout >= 0 && VisibilityTimeout <= 43_200, `visibility timeout ${VisibilityTimeout}`);
      const message = this.messages.get(this.receipts.get(ReceiptHandle) ?? '');
      if (message) { message.visibleAt = Date.now() + VisibilityTimeout * 1000; } else { Failed.push({ Id, Code: 'ReceiptHandleIsInvalid' }); }
    }
    return { Failed };
  }
}

function check(condition: boolean, problem: string): void {
  if (!condition) { throw Object.assign(new Error(problem), { name: 'InvalidParameterValue' }); }
}

function toRecordAttributes(attributes: Envelope['attributes'] = {}): SQSMessageAttributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, { DataType = 'String', StringValue, BinaryValue }]) => [name, {
    dataType: DataType, stringListValues: [], binaryListValues: [],
    ...(BinaryValue ? { binaryValue: Buffer.from(BinaryValue).toString('base64') } : { stringValue: StringValue }),
  }]));
}
