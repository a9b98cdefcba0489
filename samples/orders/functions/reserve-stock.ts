import { type Process, queueConsumer } from 'cdk-event-patterns/lambda';
import { type Order, orderPlaced } from '../order-placed';

/** Takes what was ordered out of the stock, and records a receipt: both, and once, however often the order comes. */
export const reserveStock: Process<Order> = (order, { tx, log }) => {
  for (const [sku, quantity] of quantities(order)) {
    tx.write({
      Update: {
        TableName: process.env.STOCK_TABLE!,
        Key: { sku },
        UpdateExpression: 'SET available = available - :quantity',
        ConditionExpression: 'available >= :quantity',
        ExpressionAttributeValues: { ':quantity': quantity },
      },
    });
  }
  tx.write({ Put: { TableName: process.env.RECEIPTS_TABLE!, Item: { orderId: order.orderId, customer: order.customer, lines: order.lines } } });
  log.info('stock reserved', { lines: order.lines.length });
};

export const handler = queueConsumer({ on: orderPlaced, process: reserveStock });

/** How much of what: an order may name the same thing on several lines. */
function quantities({ lines }: Order): Map<string, number> {
  const sum = new Map<string, number>();
  for (const { sku, quantity } of lines) { sum.set(sku, (sum.get(sku) ?? 0) + quantity); }
  return sum;
}
