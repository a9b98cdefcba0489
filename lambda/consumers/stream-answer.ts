import type { Delivery, Outcome } from '../engine/delivery';

/**
 * The answer of a stream's consumer: the first record that is not handled. Lambda delivers again from there on; what lies behind it and is done will be recognised.
 */
export function firstUnhandled(
  records: readonly { readonly id: string; readonly deliveries: readonly Delivery[] }[], outcomes: ReadonlyMap<Delivery, Outcome>,
): { batchItemFailures: { itemIdentifier: string }[] } {
  const first = records.find(({ deliveries }) => deliveries.some((delivery) => outcomes.get(delivery)?.kind !== 'done'));
  return { batchItemFailures: first ? [{ itemIdentifier: first.id }] : [] };
}
