import { randomUUID } from 'node:crypto';
import type { DynamoDBRecord } from 'aws-lambda';
import { type Deliverable, isChange, messageOf } from './deliverable';
import { InvocationSource } from './invocation-source';
import { QueueSource } from './queue-source';
import type { Handing, SourceParts } from './source';
import { eventBridgeEvent, kinesisRecord, type Message, parsed, sequenceNumber, snsRecord, wrapped } from './source-records';
import { StreamSource } from './stream-source';
import type { EventContract } from '../contract';
import type { ConsumerSource } from '../environment';

/** How messages come into a source. */
export interface Posting {
  /**
   * What has put a message into the queue: its producer, or a topic or a bus that wraps it into a notification or an event of its own.
   * @default 'raw'
   */
  readonly as?: 'raw' | 'sns' | 'eventbridge';

  /**
   * The message group of a queue, or the partition key of a stream.
   * @default - the key of the event, where the source needs a group
   */
  readonly group?: string;
}

/** Whatever feeds the consumer. */
export interface TestSource {
  /** Delivers everything until nothing comes again. */
  readonly deliver: (what: readonly Deliverable[], how: Handing & Posting) => Promise<void>;
  /** There is one when the source is a queue. */
  readonly queue?: QueueSource;
}

/** The source that an environment speaks of. */
export function sourceFor(source: ConsumerSource, visibilityTimeout: number, contracts: readonly EventContract[], parts: SourceParts): TestSource {
  switch (source.kind) {
    case 'sqs': return queueOf(source.fifo === true, visibilityTimeout, contracts, parts);
    case 'kinesis': return streamOf(contracts, parts);
    case 'dynamodb': return tableOf(parts);
    default: return invocationsOf(source.kind, contracts, parts);
  }
}

function queueOf(fifo: boolean, visibilityTimeout: number, contracts: readonly EventContract[], parts: SourceParts): TestSource {
  const queue = new QueueSource({ fifo, visibilityTimeout }, parts);
  return {
    queue,
    deliver: async (what, { as = 'raw', group, ...handing }) => {
      const messages = await messagesOf(what, contracts);
      queue.send(messages.map((message) => ({
        body: wrapped(message, as, randomUUID(), new Date()), group: group ?? (fifo ? message.group ?? 'test' : undefined),
      })));
      await queue.drain(handing);
    },
  };
}

function streamOf(contracts: readonly EventContract[], parts: SourceParts): TestSource {
  const stream = new StreamSource(parts);
  let count = 0;
  return {
    deliver: async (what, { as, group, ...handing }) => {
      refuse({ as });
      const messages = await messagesOf(what, contracts);
      await stream.drain(messages.map((message) => {
        const number = sequenceNumber(++count);
        return { sequenceNumber: number, record: kinesisRecord({ ...message, group: group ?? message.group }, number, parts.now()), body: message.body };
      }), handing);
    },
  };
}

function tableOf(parts: SourceParts): TestSource {
  const stream = new StreamSource(parts);
  return {
    deliver: async (what, { as, group, ...handing }) => {
      refuse({ as, group });
      await stream.drain(what.map(changeOf).map((record) => ({ sequenceNumber: record.dynamodb?.SequenceNumber ?? '', record, body: JSON.stringify(record) })), handing);
    },
  };
}

function invocationsOf(kind: 'sns' | 'eventbridge' | 'lambda', contracts: readonly EventContract[], parts: SourceParts): TestSource {
  const invocations = new InvocationSource(parts);
  const eventOf = (message: Message, id: string): unknown => {
    switch (kind) {
      case 'sns': return { Records: [snsRecord(message, id, new Date())] };
      case 'eventbridge': return eventBridgeEvent(message, id, new Date());
      case 'lambda': return parsed(message.body);
    }
  };
  return {
    deliver: async (what, { as, group, ...handing }) => {
      refuse({ as, group });
      const messages = await messagesOf(what, contracts);
      await invocations.drain(messages.map((message) => {
        const id = randomUUID();
        return { requestId: id, event: eventOf(message, id), body: message.body };
      }), handing);
    },
  };
}

async function messagesOf(what: readonly Deliverable[], contracts: readonly EventContract[]): Promise<Message[]> {
  return Promise.all(what.map(async (one) => {
    if (isChange(one)) { throw new TypeError('a change of a table is for the handler that a tableStreamConsumer has made; this one takes events, or texts'); }
    return messageOf(one, contracts);
  }));
}

function changeOf(what: Deliverable): DynamoDBRecord {
  if (!isChange(what)) { throw new TypeError('the consumer of a table takes changes of its items: tableChange({ before, after })'); }
  return what;
}

/** An option that means nothing here is a mistake. */
function refuse(options: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(options).filter((name) => options[name] !== undefined);
  if (given.length > 0) { throw new TypeError(`${given.join(' and ')}: the source of this handler knows nothing of the kind`); }
}
