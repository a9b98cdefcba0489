import type { EventBridgeClient, PutEventsCommandInput } from '@aws-sdk/client-eventbridge';
import type { KinesisClient, PutRecordsCommandInput } from '@aws-sdk/client-kinesis';
import type { PublishBatchCommandInput, SNSClient } from '@aws-sdk/client-sns';
import type { SendMessageBatchCommandInput, SQSClient } from '@aws-sdk/client-sqs';

/** What happens to one entry; `silent` is in no list of the answer. */
export type EntryFault = 'busy' | 'refused' | 'silent' | undefined;

/** What happens to a whole request: `before` the service has read it, or `after`, so that only the answer is lost. */
export interface RequestFault {
  readonly moment: 'before' | 'after';
  readonly error: Error;
}

/** What a service got. */
export interface Arrival {
  readonly id: string;
  readonly text: string;
  /** Of the message or record; undefined where there are none. */
  readonly group: string | undefined;
  readonly request: number;
  readonly at: number;
}

/** What the services document about a request that they refuse. */
export class ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(name: string, message = name, status = 400) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }
}

interface Limits {
  readonly entries: number;
  readonly bytes: number;
}

interface Read {
  readonly text: string;
  readonly bytes: number;
  readonly group: string | undefined;
}

/** EventBridge, SNS, SQS or Kinesis, as they document their batch operations: each entry is accepted or not for itself. */
export class ServiceModel {
  readonly arrived: Arrival[] = [];
  /** The ids of what was accepted, as far as the producer has been told. */
  readonly confirmed = new Set<string>();
  readonly sentAgain: string[] = [];
  readonly requests: unknown[] = [];
  readonly times: number[] = [];
  /** Requests that a producer must never make. */
  readonly overfull: ServiceError[] = [];

  entryFault: (id: string) => EntryFault = () => undefined;
  requestFault: (request: number) => RequestFault | undefined = () => undefined;

  bus(): EventBridgeClient {
    return this.client<EventBridgeClient, PutEventsCommandInput>((input) => {
      const entries = input.Entries!;
      const bytesOf = ({ Source = '', DetailType = '', Detail = '' }: (typeof entries)[number]) => 14 + bytes(Source) + bytes(DetailType) + bytes(Detail);
      const read = entries.map((entry) => ({ text: entry.Detail!, bytes: bytesOf(entry), group: undefined }));
      const faults = this.take(read, { entries: 10, bytes: 1024 * 1024 - 1 });
      const codes = { busy: 'ThrottlingException', refused: 'MalformedDetail' };
      return {
        FailedEntryCount: faults.filter(Boolean).length,
        Entries: faults.map((fault, place) => fault === 'silent' ? {} : fault ? { ErrorCode: codes[fault], ErrorMessage: fault } : { EventId: `event-${place}` }),
      };
    });
  }

  topic(limit = 256 * 1024): SNSClient {
    return this.client<SNSClient, PublishBatchCommandInput>((input) => this.answerById(
      input.PublishBatchRequestEntries!.map(({ Message, ...entry }) => ({ ...entry, text: Message! })), limit, input.TopicArn!.endsWith('.fifo'),
    ));
  }

  queue(): SQSClient {
    return this.client<SQSClient, SendMessageBatchCommandInput>((input) => this.answerById(
      input.Entries!.map(({ MessageBody, ...entry }) => ({ ...entry, text: MessageBody! })), 1024 * 1024, input.QueueUrl!.endsWith('.fifo'),
    ));
  }

  stream(largest = 10 * 1024 * 1024): KinesisClient {
    return this.client<KinesisClient, PutRecordsCommandInput>(({ Records = [] }) => {
      const read = Records.map(({ Data, PartitionKey: group = '' }) => ({ text: Buffer.from(Data!).toString(), bytes: Data!.length + bytes(group), group }));
      if (read.some((record) => record.bytes > largest)) { throw new ServiceError('InvalidArgumentException', 'a record is larger than the stream allows'); }
      const faults = this.take(read, { entries: 500, bytes: 10 * 1024 * 1024 });
      const codes = { busy: 'ProvisionedThroughputExceededException', refused: 'KMSDisabledException' };
      return {
        FailedRecordCount: faults.filter(Boolean).length,
        Records: faults.map((fault, place) => {
          if (!fault) { return { SequenceNumber: `${place}`, ShardId: 'shard-0' }; }
          return fault === 'silent' ? {} : { ErrorCode: codes[fault], ErrorMessage: fault };
        }),
      };
    });
  }

  private answerById(entries: readonly {
    readonly Id: string | undefined; readonly text: string; readonly MessageGroupId?: string; readonly MessageDeduplicationId?: string;
    readonly MessageAttributes?: Record<string, { DataType: string | undefined; StringValue?: string }>;
  }[], limit: number, fifo: boolean) {
    if (new Set(entries.map(({ Id }) => Id)).size < entries.length) { throw new ServiceError('BatchEntryIdsNotDistinct'); }
    if (fifo && entries.some(({ MessageGroupId, MessageDeduplicationId }) => !MessageGroupId || !MessageDeduplicationId)) {
      throw new ServiceError('MissingParameter', 'a message of a FIFO queue needs a group and a deduplication id');
    }
    const faults = this.take(entries.map(({ text, MessageGroupId, MessageAttributes = {} }) => {
      const parts = Object.entries(MessageAttributes).flatMap(([name, { DataType, StringValue }]) => [name, DataType!, StringValue!]);
      return { text, bytes: bytes([text, ...parts].join('')), group: MessageGroupId };
    }), { entries: 10, bytes: limit });
    const withFaults = entries.map(({ Id }, place) => ({ Id, fault: faults[place] }));
    return {
      Successful: withFaults.flatMap(({ Id, fault }) => fault ? [] : [{ Id, MessageId: `message-${Id}` }]),
      Failed: withFaults.flatMap(({ Id, fault }) => fault === 'busy' || fault === 'refused' ? [{
        Id, Code: fault === 'busy' ? 'InternalError' : 'InvalidMessageContents', Message: fault, SenderFault: fault === 'refused',
      }] : []),
    };
  }

  private client<Client, Input>(answer: (input: Input) => object): Client {
    const send = async ({ input }: { input: Input }, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
      if (abortSignal?.aborted) { throw Object.assign(new Error('Request aborted'), { name: 'AbortError' }); }
      const fault = this.requestFault(this.requests.push(input) - 1);
      this.times.push(Date.now());
      if (fault?.moment === 'before') { throw fault.error; }
      const confirmed = new Set(this.confirmed);
      const answered = answer(input);
      if (fault?.moment !== 'after') { return answered; }
      this.confirmed.clear();
      confirmed.forEach((id) => this.confirmed.add(id));
      throw fault.error;
    };
    return { send } as Client;
  }

  private take(entries: readonly Read[], limits: Limits): EntryFault[] {
    const total = entries.reduce((sum, { bytes: size }) => sum + size, 0);
    if (entries.length === 0 || entries.length > limits.entries) { this.refuse('TooManyEntriesInBatchRequest', `${entries.length} entries`); }
    if (total > limits.bytes) { this.refuse('BatchRequestTooLong', `${total} bytes`); }
    return entries.map(({ text, group }) => {
      const { id } = (JSON.parse(text) as { metadata: { id: string } }).metadata;
      if (this.confirmed.has(id)) { this.sentAgain.push(id); }
      const fault = this.entryFault(id);
      if (!fault) {
        this.arrived.push({ id, text, group, request: this.requests.length - 1, at: Date.now() });
        this.confirmed.add(id);
      }
      return fault;
    });
  }

  private refuse(name: string, message: string): never {
    this.overfull.push(new ServiceError(name, message));
    throw this.overfull.at(-1)!;
  }
}

const bytes = (text: string) => Buffer.byteLength(text);
