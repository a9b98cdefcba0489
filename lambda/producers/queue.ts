import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import type { EventContract, InputDataOf } from '../contract';
import { answersById } from './answers';
import { attributesOf, bytesOf } from './attributes';
import { impatient } from './connection';
import { deliver } from './deliver';
import type { Destination, OutgoingOf, Patience, Published } from './destination';
import { groupFor, type GroupOf } from './group';

/** A queue to send to. */
export interface QueueDestination<Data = unknown> extends Patience {
  /** Its URL. */
  readonly queue: string;

  /**
   * The group of an event. In a FIFO queue the events of a group keep their order; a standard queue is shared fairly among groups, such as tenants.
   *
   * @default - in a FIFO queue the event's key; no groups in a standard queue
   */
  readonly groupOf?: GroupOf<Data>;

  /**
   * How long the events stay hidden, in seconds up to 900. A FIFO queue has one delay for all its messages.
   *
   * @default - the queue's own delay
   */
  readonly delaySeconds?: number;

  /** @default - one for the whole process */
  readonly client?: SQSClient;
}

const limit = 1024 * 1024; // for one message, and for all of a request together
const longestDelay = 900;

let shared: SQSClient | undefined;
// the URL of a queue does not always name a host that is known here
const sharedClient = () => shared ??= new SQSClient({ ...impatient, useQueueUrlAsEndpoint: false });

/**
 * Sends events to a queue; resolves when all are accepted, with their ids in the order given.
 *
 * The body is the event in its envelope. In a FIFO queue an event's id is its deduplication id, and no request holds two events of one group: if the first of them were
 * refused, the second would overtake it.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export function sendMessages<Contracts extends readonly EventContract[]>(
  events: OutgoingOf<Contracts>, to: QueueDestination<InputDataOf<Contracts[number]>>,
): Promise<Published[]> {
  return deliver(events, () => queueDestination(to), to);
}

function queueDestination<Data>({ queue, groupOf, delaySeconds, client }: QueueDestination<Data>): Destination<SendMessageBatchRequestEntry> {
  const fifo = queue.endsWith('.fifo');
  checkDelay(delaySeconds, fifo);
  return {
    request: { entries: 10, bytes: limit },
    event: { bytes: limit, cure: 'put the large part into a bucket and its key into the event' },
    fit: (envelope, text) => {
      const { id, correlationId } = envelope.metadata;
      const attributes = attributesOf({ correlationId });
      const group = groupFor(envelope, groupOf, { fifo });
      return {
        entry: {
          Id: id,
          MessageBody: text,
          MessageAttributes: attributes,
          ...(group ? { MessageGroupId: group } : {}),
          ...(fifo ? { MessageDeduplicationId: id } : {}),
          ...(delaySeconds === undefined ? {} : { DelaySeconds: delaySeconds }),
        },
        bytes: bytesOf(text, attributes),
        ...(fifo && group ? { lane: group } : {}),
      };
    },
    send: async (entries, options) => answersById(entries.length, await (client ?? sharedClient()).send(new SendMessageBatchCommand({
      QueueUrl: queue, Entries: entries.map((entry, place) => ({ ...entry, Id: String(place) })),
    }), options)),
  };
}

function checkDelay(delaySeconds: number | undefined, fifo: boolean): void {
  if (delaySeconds === undefined) { return; }
  if (fifo) { throw new RangeError('a FIFO queue has one delay for all its messages: set the queue\'s own instead of delaySeconds'); }
  if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > longestDelay) {
    throw new RangeError(`delaySeconds is ${delaySeconds}: it must be a whole number from 0 to ${longestDelay}`);
  }
}
