import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';

class NobodyThere extends Error {}

export async function handler(event: { name?: string; queue?: string }): Promise<string> {
  if (!event.name) { throw new NobodyThere('nobody there'); }
  if (event.queue) { await new SQSClient().send(new GetQueueAttributesCommand({ QueueUrl: event.queue })); }
  return `hello ${event.name}, from ${NobodyThere.name}`;
}
