import { defineEvent } from 'cdk-event-patterns/lambda';
import * as z from 'zod';

const line = z.object({ sku: z.string().min(1), quantity: z.int().positive() });

/** A customer has placed an order. */
export const orderPlaced = defineEvent({
  source: 'shop.checkout',
  type: 'OrderPlaced',
  version: 1,
  schema: z.object({ orderId: z.string().min(1), customer: z.string().min(1), lines: z.array(line).min(1) }),
  key: (order) => order.orderId,
});

export type Order = z.infer<typeof orderPlaced.schema>;
