import fc from 'fast-check';
import { given, order, orderPlaced, stockReserved, takeOne } from './shop';
import { event, queueConsumer } from '../../../lambda';
import { type DeliverOptions, moments } from '../../../lambda/testing';

const handler = queueConsumer({
  on: orderPlaced, emits: [stockReserved], process: async ({ orderId, sku }, { tx }) => {
    await tx.once('charge', () => {});
    tx.write(takeOne(sku));
    tx.emit(stockReserved, { orderId });
  },
});

const storms: fc.Arbitrary<DeliverOptions> = fc.record({
  times: fc.integer({ min: 1, max: 5 }),
  together: fc.boolean(),
  sideBySide: fc.boolean(),
  reorder: fc.oneof(fc.boolean(), fc.nat()),
  crashAfter: fc.subarray([...moments, 'step' as const]),
  crashBefore: fc.subarray([...moments]),
  throttle: fc.subarray(['claim', 'commit']),
  as: fc.constantFrom('raw', 'sns', 'eventbridge'),
});

test('however often, in whichever order and with whatever dying: each effect happens once, and is emitted once', async () => {
  await fc.assert(fc.asyncProperty(storms, fc.integer({ min: 1, max: 5 }), async (storm, count) => {
    // a death is a try, so many deaths need as many tries
    const test = given(handler, { environment: { maxAttempts: 20 } });
    const ids = Array.from({ length: count }, (_, index) => `order-${index}`);

    await test.deliver(ids.map(order), storm);

    test.expect({ effects: { stock: [{ available: 5 - count }] }, emitted: ids.map((orderId) => event(stockReserved, { orderId })) });
  }), { numRuns: 60 });
});
