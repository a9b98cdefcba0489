import { PublishBatchCommand, type PublishBatchRequestEntry, SNSClient } from '@aws-sdk/client-sns';
import type { EventContract, InputDataOf } from '../contract';
import { answersById } from './answers';
import { attributesOf, bytesOf } from './attributes';
import { impatient } from './connection';
import { deliver } from './deliver';
import type { Destination, OutgoingOf, Patience, Published } from './destination';
import { groupFor, type GroupOf } from './group';

/** A topic to publish to. */
export interface TopicDestination<Data = unknown> extends Patience {
  /** Its ARN. */
  readonly topic: string;

  /**
   * The group of an event. On a FIFO topic the events of a group keep their order; on a standard topic queues that subscribe share themselves fairly among groups.
   *
   * @default - on a FIFO topic the event's key; no groups on a standard topic
   */
  readonly groupOf?: GroupOf<Data>;

  /**
   * The topic's `MaximumMessageSize`, in bytes; a request holds no more than that either.
   *
   * @default 262144
   */
  readonly maxBytes?: number;

  /** @default - one for the whole process */
  readonly client?: SNSClient;
}

const sizeByDefault = 256 * 1024;
const largestSize = 1024 * 1024;

let shared: SNSClient | undefined;
const sharedClient = () => shared ??= new SNSClient(impatient);

/**
 * Publishes events to a topic; resolves when all are accepted, with their ids in the order given.
 *
 * The message is the event in its envelope; the attributes `type`, `source` and `correlationId` are there for filter policies. On a FIFO topic an event's id is its
 * deduplication id, and no request holds two events of one group: if the first of them were refused, the second would overtake it.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
 * @see https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 */
export function publishToTopic<Contracts extends readonly EventContract[]>(
  events: OutgoingOf<Contracts>, to: TopicDestination<InputDataOf<Contracts[number]>>,
): Promise<Published[]> {
  return deliver(events, () => topicDestination(to), to);
}

function topicDestination<Data>({ topic, groupOf, maxBytes = sizeByDefault, client }: TopicDestination<Data>): Destination<PublishBatchRequestEntry> {
  const fifo = topic.endsWith('.fifo');
  const bytes = Math.min(maxBytes, largestSize);
  return {
    request: { entries: 10, bytes },
    event: {
      bytes,
      cure: `${bytes < largestSize ? 'raise the topic\'s MaximumMessageSize and name it as maxBytes, or ' : ''}put the large part into a bucket and its key into the event`,
    },
    fit: (envelope, text) => {
      const { id, type, source, correlationId } = envelope.metadata;
      const attributes = attributesOf({ type, source, correlationId });
      const group = groupFor(envelope, groupOf, { fifo });
      return {
        entry: {
          Id: id, Message: text, MessageAttributes: attributes, ...(group ? { MessageGroupId: group } : {}), ...(fifo ? { MessageDeduplicationId: id } : {}),
        },
        bytes: bytesOf(text, attributes),
        ...(fifo && group ? { lane: group } : {}),
      };
    },
    send: async (entries, options) => answersById(entries.length, await (client ?? sharedClient()).send(new PublishBatchCommand({
      TopicArn: topic, PublishBatchRequestEntries: entries.map((entry, place) => ({ ...entry, Id: String(place) })),
    }), options)),
  };
}
