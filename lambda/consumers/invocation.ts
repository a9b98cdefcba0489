import type { HandlerContext } from './handler';
import type { Consumer } from '../engine/consumer';
import type { Delivery, Outcome } from '../engine/delivery';

const enough = 2_000; // milliseconds that a run must have left to be worth waiting for

/**
 * Handles what Lambda hands over asynchronously. What is to be tried again fails the invocation: Lambda invokes again, and keeps what it gives up.
 *
 * Lambda tries three times in all. When a killed run still holds the event, a try is too good to be given away: it waits until nobody can hold it any more.
 */
export async function invoke(consumer: Consumer, deliveries: readonly Delivery[], context: HandlerContext): Promise<void> {
  let left = deliveries;
  for (;;) {
    const outcomes = await consumer.handle(left, context.getRemainingTimeInMillis());
    left = left.filter((delivery) => outcomes.get(delivery)?.kind !== 'done');
    if (left.length === 0) { return; }
    const free = Math.max(...left.map((delivery) => heldUntil(outcomes.get(delivery)))) + 1 - Date.now();
    if (!(free + enough < context.getRemainingTimeInMillis())) { throw failureOf(left[0]!, outcomes.get(left[0]!)); }
    await new Promise((resolve) => setTimeout(resolve, free));
  }
}

/** Infinity for what nobody holds: waiting does not help it. */
const heldUntil = (outcome: Outcome | undefined) => outcome?.kind === 'again' ? outcome.heldUntil ?? Infinity : Infinity;

function failureOf({ messageId }: Delivery, outcome: Outcome | undefined): unknown {
  return (outcome?.kind === 'again' ? outcome.error : undefined) ?? new Error(`${messageId} is not handled yet`);
}
