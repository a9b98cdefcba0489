import { z } from 'zod';
import type { ServiceModel } from './service-model';
import { defineEvent } from '../../../lambda/contract';
import { type Envelope, event, type Outgoing } from '../../../lambda/envelope';
import { publishEvents } from '../../../lambda/producers/bus';
import type { Patience, Published } from '../../../lambda/producers/destination';
import { PublishFailed } from '../../../lambda/producers/publish-failed';
import { sendMessages } from '../../../lambda/producers/queue';
import { putRecords } from '../../../lambda/producers/stream';
import { publishToTopic } from '../../../lambda/producers/topic';

export const orderPlaced = defineEvent({
  source: 'shop.checkout', type: 'OrderPlaced', version: 2, schema: z.object({ orderId: z.string(), note: z.string().optional() }), key: ({ orderId }) => orderId,
});

export const orderMoved = defineEvent({
  source: 'shop.checkout', type: 'OrderMoved', version: 1, schema: z.object({ orderId: z.string(), step: z.number() }), key: ({ orderId }) => orderId, orderBy: ({ step }) => step,
});

export const placed = (orderId: string, note?: string) => event(orderPlaced, { orderId, ...(note === undefined ? {} : { note }) });
export const moved = (orderId: string, step: number) => event(orderMoved, { orderId, step });
export const several = (count: number) => Array.from({ length: count }, (_, number) => placed(`order-${number}`));

/** Publishes to a model of a service. */
export type Publish = (events: readonly Outgoing[], service: ServiceModel, patience?: Patience) => Promise<readonly Published[]>;

export const topicArn = 'arn:aws:sns:eu-west-1:123456789012:orders';
export const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders';

/** Every kind of target. */
export const targets: Record<string, { readonly publish: Publish; readonly ordered: boolean; readonly entries: number; readonly bytes: number }> = {
  'bus': { ordered: false, entries: 10, bytes: 1024 * 1024 - 1, publish: async (events, service, patience) => publishEvents(events, { bus: 'shop', client: service.bus(), ...patience }) },
  'topic': { ordered: false, entries: 10, bytes: 256 * 1024, publish: async (events, service, patience) => publishToTopic(events, { topic: topicArn, client: service.topic(), ...patience }) },
  'FIFO topic': {
    ordered: true, entries: 10, bytes: 256 * 1024, publish: async (events, service, patience) => publishToTopic(events, { topic: `${topicArn}.fifo`, client: service.topic(), ...patience }),
  },
  'queue': { ordered: false, entries: 10, bytes: 1024 * 1024, publish: async (events, service, patience) => sendMessages(events, { queue: queueUrl, client: service.queue(), ...patience }) },
  'FIFO queue': {
    ordered: true, entries: 10, bytes: 1024 * 1024, publish: async (events, service, patience) => sendMessages(events, { queue: `${queueUrl}.fifo`, client: service.queue(), ...patience }),
  },
  'stream': { ordered: true, entries: 500, bytes: 1024 * 1024, publish: async (events, service, patience) => putRecords(events, { stream: 'orders', client: service.stream(1024 * 1024), ...patience }) },
};

/** What a service has got, read again. */
export const envelopes = ({ arrived }: ServiceModel) => arrived.map(({ text }) => JSON.parse(text) as Envelope<{ orderId: string; step?: number }>);

/** What a call failed with. */
export async function failureOf(published: Promise<unknown>): Promise<PublishFailed> {
  const error: unknown = await published.then(() => { throw new Error('everything was published'); }, (reason: unknown) => reason);
  if (!(error instanceof PublishFailed)) { throw error; }
  return error;
}
