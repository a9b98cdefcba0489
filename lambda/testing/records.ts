import { randomUUID } from 'node:crypto';
import type { DynamoDBRecord, DynamoDBStreamEvent, EventBridgeEvent, KinesisStreamEvent, SNSEvent, SQSEvent } from 'aws-lambda';
import { messageOf } from './deliverable';
import { eventBridgeEvent, kinesisRecord, sequenceNumber, snsRecord, sqsRecord } from './source-records';
import { type Outgoing } from '../envelope';

let count = 0;

/** What Lambda hands to a function, made of events or of texts: for tests that call a handler by themselves. */
export const records = {
  /** A batch of a queue; each message is received for the first time. */
  async sqs(...what: readonly (Outgoing | string)[]): Promise<SQSEvent> {
    const Records = await Promise.all(what.map(async (one) =>
      sqsRecord({ body: (await messageOf(one)).body }, { messageId: randomUUID(), receiptHandle: randomUUID(), receiveCount: 1, sentAt: Date.now() })));
    return { Records };
  },

  /** A notification of a topic. */
  async sns(what: Outgoing | string): Promise<SNSEvent> {
    return { Records: [snsRecord(await messageOf(what), randomUUID(), new Date())] };
  },

  /** An event of a bus. */
  async eventBridge(what: Outgoing): Promise<EventBridgeEvent<string, unknown>> {
    return eventBridgeEvent(await messageOf(what), randomUUID(), new Date());
  },

  /** A batch of a Kinesis stream; the partition key is the event's key. */
  async kinesis(...what: readonly (Outgoing | string)[]): Promise<KinesisStreamEvent> {
    return { Records: await Promise.all(what.map(async (one) => kinesisRecord(await messageOf(one), sequenceNumber(++count), Date.now()))) };
  },

  /** A batch of a table's stream, made of `tableChange`s. */
  dynamodb(...Records: readonly DynamoDBRecord[]): DynamoDBStreamEvent {
    return { Records: [...Records] };
  },
};
