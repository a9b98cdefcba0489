import { type Process, queueConsumer } from 'cdk-event-patterns/lambda';
import { reserveStock } from '../../../samples/orders/functions/reserve-stock';
import { type Order, orderPlaced } from '../../../samples/orders/order-placed';

/** The sample's handler in bad company: what goes wrong follows from who orders. */
const unreliable: Process<Order> = async (order, processing) => {
  const { attempt, receiveCount } = processing.meta;
  if (order.customer === 'fails-twice' && attempt <= 2) { throw new Error('the warehouse does not answer'); }
  await reserveStock(order, processing);
  // in the middle: the work is done, nothing is committed, the batch mates are under way
  if (order.customer === 'kills-the-function' && receiveCount === 1) { process.kill(process.pid, 'SIGKILL'); }
};

export const handler = queueConsumer({ on: orderPlaced, process: unreliable });
