import { setTimeout } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand, GetQueueAttributesCommand, type Message, ReceiveMessageCommand, type SQSClient,
} from '@aws-sdk/client-sqs';

const looks = 5;

/** How many messages a queue holds: waiting, delayed and under way. */
export async function depth(sqs: SQSClient, queueUrl: string): Promise<number> {
  // the numbers are approximate: for a moment, a message that changes its state is in none of them
  let most = 0;
  for (let look = 0; look < looks && most === 0; look++) {
    if (look > 0) { await setTimeout(100); }
    most = await countOnce(sqs, queueUrl);
  }
  return most;
}

async function countOnce(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }));
  const { ApproximateNumberOfMessages: waiting = 0, ApproximateNumberOfMessagesNotVisible: underWay = 0 } = Attributes;
  return Number(waiting) + Number(underWay) + Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0);
}

/** Every message that waits in a queue; looked at, and left where it is. */
export async function peek(sqs: SQSClient, queueUrl: string): Promise<Message[]> {
  const seen: Message[] = [];
  for (;;) {
    // hidden while we look, or the next call would bring the same ones
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({
      QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 30, MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'],
    }));
    if (Messages.length === 0) { break; }
    seen.push(...Messages);
  }
  await Promise.all(seen.map(async ({ ReceiptHandle }) => {
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  }));
  return seen;
}
