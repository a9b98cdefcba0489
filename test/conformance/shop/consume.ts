// Handles two messages, one of which is no order, with collaborators of its own, and says what became of them.
import { writeFileSync } from 'node:fs';
import { type IdempotencyStore, defineEvent, queueConsumer, type Collaborators } from 'cdk-event-patterns/lambda';
import * as z from 'zod';

const processed: string[] = [];
const sent: { readonly MessageBody?: string }[] = [];

const store: IdempotencyStore = {
  claim: async () => ({ taken: true, attempt: 1 }),
  complete: async () => {},
  release: async () => {},
  forget: async () => {},
  lookUp: async () => new Map(),
};
const sqs = { send: async ({ input }: { input: { MessageBody?: string } }) => { sent.push(input); return {}; } };
const orderPlaced = defineEvent({ source: 'shop', type: 'OrderPlaced', version: 1, schema: z.object({ orderId: z.string() }), key: (order) => order.orderId });

const handler = queueConsumer(
  { on: orderPlaced, process: ({ orderId }) => { processed.push(orderId); } },
  { store, sqs: sqs as unknown as NonNullable<Collaborators['sqs']> },
);

const arn = 'arn:aws:sqs:eu-central-1:111111111111:orders';
const record = (messageId: string, body: string) => ({
  messageId, body, receiptHandle: messageId, messageAttributes: {}, md5OfBody: '', eventSource: 'aws:sqs', eventSourceARN: arn, awsRegion: 'eu-central-1',
  attributes: { ApproximateReceiveCount: '1', SentTimestamp: '0', SenderId: 'shop', ApproximateFirstReceiveTimestamp: '0' },
});

void handler({ Records: [record('1', '{"orderId":"order-1"}'), record('2', 'no order')] }, { getRemainingTimeInMillis: () => 10_000 })
  .then(({ batchItemFailures }) => {
    const deadLetters = sent.map(({ MessageBody }) => MessageBody);
    writeFileSync(process.argv[2]!, JSON.stringify({ batchItemFailures, processed, deadLetters }));
  });
