import type { ChangeMessageVisibilityBatchCommandInput, MessageAttributeValue, SendMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSMessageAttributes } from 'aws-lambda';
import type { Sent } from './queue-source';
import { type DeadLetter, deadLetterAttribute } from '../dead-letter';

/** A message that was set aside: its body as it came, and what was written on its letter. */
export interface Letter extends Partial<DeadLetter> {
  readonly body: string;
  /**
   * The stable name of why it is here. `GivenUp` when it was not the consumer but the source that set it aside, after its last try.
   * @default - not known: the message had no room for it
   */
  readonly reason?: string;
}

/** A letter, and what else it takes to send it back. */
interface KeptLetter {
  readonly letter: Letter;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  readonly group?: string;
}

/** What a consumer asks of SQS: it sends letters, and lets messages come back later. */
export class MemorySqs {
  private readonly kept: KeptLetter[] = [];

  /** @param delay Hides a message for some seconds. */
  constructor(private readonly delay: (receiptHandle: string, seconds: number) => void) {}

  get letters(): readonly Letter[] { return this.kept.map(({ letter }) => letter); }

  /** @param around What happens around a call. */
  client(around: (call: string, work: () => unknown) => Promise<unknown>): SQSClient {
    const send = async ({ input, constructor: { name } }: { readonly input: unknown; readonly constructor: { readonly name: string } }) => {
      const call = name.replace(/Command$/, '');
      switch (call) {
        case 'SendMessage': return around(call, () => this.keep(input as SendMessageCommandInput));
        case 'ChangeMessageVisibilityBatch': return around(call, () => this.changeVisibility(input as ChangeMessageVisibilityBatchCommandInput));
        default: throw new Error(`the SQS of a consumer's test does not know ${call}`);
      }
    };
    return { send } as unknown as SQSClient;
  }

  /** The source itself sets a message aside. */
  giveUp(body: string, why: string): void {
    this.kept.push({ letter: { body, reason: 'GivenUp', message: why }, attributes: {} });
  }

  /** Takes all letters out, as messages that can be sent again. */
  takeAll(): Sent[] {
    return this.kept.splice(0).map(({ letter: { body }, attributes, group }) => ({ body, group, attributes: received(attributes) }));
  }

  private keep({ MessageBody: body = '', MessageAttributes: attributes = {}, MessageGroupId: group }: SendMessageCommandInput): object {
    const written = JSON.parse(attributes[deadLetterAttribute]?.StringValue ?? '{}') as Partial<DeadLetter>;
    this.kept.push({ letter: { body, ...written }, attributes, ...(group ? { group } : {}) });
    return {};
  }

  private changeVisibility({ Entries = [] }: ChangeMessageVisibilityBatchCommandInput): object {
    for (const { ReceiptHandle = '', VisibilityTimeout = 0 } of Entries) { this.delay(ReceiptHandle, VisibilityTimeout); }
    return { Failed: [] };
  }
}

function received(attributes: KeptLetter['attributes']): SQSMessageAttributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, { DataType = 'String', StringValue, BinaryValue }]) => [name, {
    dataType: DataType, stringListValues: [], binaryListValues: [],
    ...(BinaryValue ? { binaryValue: Buffer.from(BinaryValue).toString('base64') } : { stringValue: StringValue ?? '' }),
  }]));
}
