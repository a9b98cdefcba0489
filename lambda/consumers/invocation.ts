import type { Consumer } from '../engine/consumer';
import type { Delivery } from '../engine/delivery';

/** Handles what Lambda hands over asynchronously. What is to be tried again fails the invocation: Lambda invokes again, and keeps what it gives up. */
export async function invoke(consumer: Consumer, deliveries: readonly Delivery[], remainingMillis: number): Promise<void> {
  const outcomes = await consumer.handle(deliveries, remainingMillis);
  for (const delivery of deliveries) {
    const outcome = outcomes.get(delivery);
    if (outcome?.kind === 'done') { continue; }
    throw outcome?.error ?? new Error(`${delivery.messageId} is not handled yet`);
  }
}
