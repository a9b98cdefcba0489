import type { EventBridgeEvent, KinesisStreamRecord, SNSEventRecord, SQSMessageAttributes, SQSRecord } from 'aws-lambda';

/** A message on its way to a consumer: what a producer sends. */
export interface Message {
  readonly body: string;
  /** What the event is called, where the source wants to know. */
  readonly type: string;
  readonly source: string;
  /** The message group of a queue, or the partition key of a stream. */
  readonly group?: string | undefined;
}

/** What is known of a message in a queue when it is received. */
export interface Received {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly receiveCount: number;
  readonly sentAt: number;
  readonly attributes?: SQSMessageAttributes;
}

const region = 'eu-west-1';
const account = '123456789012';

/** The ARN of a test's resource. */
export const arnOf = (service: string, name: string) => `arn:aws:${service}:${region}:${account}:${name}`;

/** The URL of a test's queue. */
export const urlOf = (name: string) => `https://sqs.${region}.amazonaws.com/${account}/${name}`;

export function sqsRecord({ body, group }: Pick<Message, 'body' | 'group'>, { messageId, receiptHandle, receiveCount, sentAt, attributes = {} }: Received): SQSRecord {
  return {
    messageId, receiptHandle, body,
    attributes: {
      ApproximateReceiveCount: String(receiveCount), SentTimestamp: String(sentAt), SenderId: 'test', ApproximateFirstReceiveTimestamp: String(sentAt),
      ...(group === undefined ? {} : { MessageGroupId: group }),
    },
    messageAttributes: attributes,
    md5OfBody: '', eventSource: 'aws:sqs', eventSourceARN: arnOf('sqs', 'test'), awsRegion: region,
  };
}

export function snsRecord({ body }: Pick<Message, 'body'>, id: string, time: Date): SNSEventRecord {
  return {
    EventVersion: '1.0', EventSource: 'aws:sns', EventSubscriptionArn: arnOf('sns', 'test:subscription'),
    Sns: { ...notification(body, id, time), Subject: '', MessageAttributes: {}, SignatureVersion: '1', Signature: '', SigningCertUrl: '', UnsubscribeUrl: '' },
  };
}

export function eventBridgeEvent({ body, type, source }: Message, id: string, time: Date): EventBridgeEvent<string, unknown> {
  return { 'version': '0', id, 'detail-type': type, source, account, region, 'time': time.toISOString(), 'resources': [], 'detail': parsed(body) };
}

export function kinesisRecord({ body, group }: Pick<Message, 'body' | 'group'>, sequenceNumber: string, arrived: number): KinesisStreamRecord {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0', partitionKey: group ?? 'test', sequenceNumber, data: Buffer.from(body).toString('base64'),
      approximateArrivalTimestamp: arrived / 1000,
    },
    eventSource: 'aws:kinesis', eventVersion: '1.0', eventID: `shardId-000000000000:${sequenceNumber}`, eventName: 'aws:kinesis:record',
    invokeIdentityArn: `arn:aws:iam::${account}:role/test`, awsRegion: region, eventSourceARN: arnOf('kinesis', 'stream/test'),
  };
}

/** Sequence numbers as long as the service's own, which count up. */
export const sequenceNumber = (count: number) => String(10n ** 55n + BigInt(count));

/** The body as a topic or a bus puts it into a queue. */
export function wrapped(message: Message, as: 'raw' | 'sns' | 'eventbridge', id: string, time: Date): string {
  switch (as) {
    case 'raw': return message.body;
    case 'sns': return JSON.stringify(notification(message.body, id, time));
    case 'eventbridge': return JSON.stringify(eventBridgeEvent(message, id, time));
  }
}

/** JSON where it is some, the text where it is none. */
export function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function notification(body: string, id: string, time: Date) {
  return { Type: 'Notification', MessageId: id, TopicArn: arnOf('sns', 'test'), Message: body, Timestamp: time.toISOString() };
}
