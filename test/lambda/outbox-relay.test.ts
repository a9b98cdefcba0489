import { Logger } from '@aws-lambda-powertools/logger';
import { EventBridgeClient, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { type SendMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBRecord } from 'aws-lambda';
import { z } from 'zod/mini';
import { ended, useVirtualClock } from './virtual-clock';
import { defineEvent, event } from '../../lambda';
import { seal } from '../../lambda/envelope';
import { outboxRelay, readRelayEnvironment } from '../../lambda/outbox-relay';

useVirtualClock();

const stockReserved = defineEvent({
  source: 'shop.stock', type: 'StockReserved', version: 1, schema: z.object({ orderId: z.string() }), key: ({ orderId }) => orderId,
});
const environment = { v: 1, construct: 'Shop/Outbox', bus: 'arn:aws:events:eu-west-1:123456789012:event-bus/shop', deadLetterQueue: 'https://sqs/dead' } as const;

type Answer = (entry: PutEventsRequestEntry) => { readonly EventId?: string; readonly ErrorCode?: string };

/** A bus and a queue as the services document them; an answer says what becomes of an entry, an error of a request. */
function given({ answer = () => ({ EventId: 'e' }), refuse }: { answer?: Answer; refuse?: () => void } = {}) {
  const accepted: PutEventsRequestEntry[] = [];
  const letters: SendMessageCommandInput[] = [];
  const eventbridge = Object.assign(new EventBridgeClient({ region: 'eu-west-1' }), {
    send: async ({ input: { Entries } }: { input: { Entries: PutEventsRequestEntry[] } }) => ({
      Entries: Entries.map((entry) => {
        const result = answer(entry);
        if (result.EventId) { accepted.push(entry); }
        return result;
      }),
    }),
  });
  const sqs = Object.assign(new SQSClient({ region: 'eu-west-1' }), {
    send: async ({ input }: { input: SendMessageCommandInput }) => {
      refuse?.();
      letters.push(input);
      return {};
    },
  });
  const handler = outboxRelay({ environment, eventbridge, sqs, log: new Logger({ logLevel: 'SILENT' }) });
  return { accepted, letters, relay: async (...Records: DynamoDBRecord[]) => ended(handler({ Records })) };
}

async function row(orderId: string): Promise<DynamoDBRecord> {
  const text = JSON.stringify(await seal(event(stockReserved, { orderId })));
  return { eventName: 'INSERT', dynamodb: { SequenceNumber: `sequence of ${orderId}`, NewImage: { id: { S: orderId }, event: { S: text } } } };
}

const idsOf = (entries: readonly PutEventsRequestEntry[]) => entries.map(({ Detail }) => (JSON.parse(Detail!) as { data: { orderId: string } }).data.orderId);

test('publishes what was put in as it was put in, with its source and its type, and not what has expired', async () => {
  const { accepted, relay } = given();
  const [a, b] = [await row('a'), await row('b')];

  expect(await relay(a, b, { eventName: 'REMOVE', dynamodb: { SequenceNumber: 'gone' } })).toEqual({ batchItemFailures: [] });

  expect(idsOf(accepted)).toEqual(['a', 'b']);
  expect(accepted[0]).toMatchObject({ EventBusName: environment.bus, Source: 'shop.stock', DetailType: 'StockReserved', Detail: a.dynamodb!.NewImage!.event!.S });
});

test('sends again what the bus was too busy for, and has the stream come again from the first that stays behind', async () => {
  const { accepted, letters, relay } = given({ answer: ({ Detail = '' }) => Detail.includes('"b"') ? { ErrorCode: 'ThrottlingException' } : { EventId: 'e' } });

  expect(await relay(await row('a'), await row('b'), await row('c'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'sequence of b' }] });

  expect(idsOf(accepted)).toEqual(['a', 'c']);
  expect(letters).toEqual([]);
});

test('waits while a permission is missing: that says nothing about the event', async () => {
  const { letters, relay } = given({ answer: () => ({ ErrorCode: 'AccessDeniedException' }) });

  expect(await relay(await row('a'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'sequence of a' }] });
  expect(letters).toEqual([]);
});

test('sets aside with its reason what the bus will never take, and goes on', async () => {
  const { accepted, letters, relay } = given({ answer: ({ Detail = '' }) => Detail.includes('"a"') ? { ErrorCode: 'MalformedDetail' } : { EventId: 'e' } });
  const [a, b] = [await row('a'), await row('b')];

  expect(await relay(a, { eventName: 'INSERT', dynamodb: { SequenceNumber: 'x', NewImage: { event: { S: 'no event' } } } }, b)).toEqual({ batchItemFailures: [] });

  expect(idsOf(accepted)).toEqual(['b']);
  const reasonOf = ({ MessageAttributes }: SendMessageCommandInput) => (JSON.parse(MessageAttributes!.deadLetter!.StringValue!) as { reason: string }).reason;
  expect(letters.map((letter) => [letter.QueueUrl, letter.MessageBody, reasonOf(letter)])).toEqual([
    [environment.deadLetterQueue, a.dynamodb!.NewImage!.event!.S, 'MalformedDetail'], [environment.deadLetterQueue, 'no event', 'BadEnvelope'],
  ]);
});

test('keeps what it cannot set aside', async () => {
  const { relay } = given({ answer: () => ({ ErrorCode: 'MalformedDetail' }), refuse: () => { throw new Error('no queue'); } });

  expect(await relay(await row('a'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'sequence of a' }] });
});

test('fails at its start without what its outbox has set, and names everything that is wrong', () => {
  expect(() => readRelayEnvironment({})).toThrow('EVENT_PATTERNS_RELAY is not set, or not JSON');
  expect(() => readRelayEnvironment({ EVENT_PATTERNS_RELAY: '{"construct":"Shop/Outbox","bus":""}' }))
    .toThrow('EVENT_PATTERNS_RELAY, set by Shop/Outbox: version undefined is not 1; bus is "", not a text; deadLetterQueue is undefined, not a text');
});
