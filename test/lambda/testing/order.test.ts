import { orderChanged, orderMoved } from './shop';
import { event, type OrderedEventContract, queueConsumer } from '../../../lambda';
import { type ConsumerTest, moments, testConsumer } from '../../../lambda/testing';

type Changed = typeof orderChanged;

const put = ({ orderId, step }: { readonly orderId: string; readonly step: number }) => ({ Put: { TableName: 'orders', Item: { id: orderId, step } } });
const changes = (contract: OrderedEventContract<string, Changed['schema']>, ...steps: readonly number[]) => steps.map((step) => event(contract, { orderId: 'a', step }));

describe('orderBy', () => {
  const given = () => testConsumer(queueConsumer({ on: orderChanged, process: (data, { tx }) => tx.write(put(data)) }));

  test.each([false, true, 1, 2, 3])('what comes late changes nothing (reorder: %s)', async (reorder) => {
    const test = given();

    await test.deliver(changes(orderChanged, 1, 2, 3), { times: 2, reorder });

    test.expect({ effects: { orders: [{ id: 'a', step: 3 }] } });
  });

  test('counts what came late', async () => {
    const test = given();

    await test.deliver(changes(orderChanged, 1, 2, 3), { reorder: true });

    test.expect({ metrics: { Processed: 1, Stale: 2 } });
  });
});

describe('gapless', () => {
  const given = (seen: number[]) => testConsumer(queueConsumer({
    on: orderMoved, process: ({ orderId, step }, { tx }) => { seen.push(step); tx.write({ Put: { TableName: 'moves', Item: { id: `${orderId}-${step}` } } }); },
  }));
  const expectThree = (test: ConsumerTest) => test.expect({ effects: { moves: [{ id: 'a-1' }, { id: 'a-2' }, { id: 'a-3' }] } });

  test.each(moments)('what comes early waits, and all are done in order, although a function dies after %s', async (crashAfter) => {
    const seen: number[] = [];
    const test = given(seen);

    await test.deliver(changes(orderMoved, 1, 2, 3), { times: 2, reorder: true, crashAfter });

    expect([...new Set(seen)]).toEqual([1, 2, 3]);
    expectThree(test);
  });

  test('what waits for an event is at rest, and is still there when the event comes', async () => {
    const seen: number[] = [];
    const test = given(seen);

    await test.deliver(changes(orderMoved, 3, 2), { together: true });

    expect(seen).toEqual([]);
    expect(test.waiting).toHaveLength(2);
    test.expect({ effects: { moves: [] } });
    await test.deliver(changes(orderMoved, 1));
    expect(seen).toEqual([1, 2, 3]);
    expect(test.waiting).toEqual([]);
    expectThree(test);
  });

  test('what waits does not end the delivery of what is tried again beside it', async () => {
    let tries = 0;
    const test = testConsumer(queueConsumer({
      on: orderMoved, process: ({ orderId }, { tx }) => { if (++tries < 3) { throw new Error('not yet'); } tx.write({ Put: { TableName: 'moves', Item: { id: orderId } } }); },
    }));

    await test.deliver([event(orderMoved, { orderId: 'a', step: 2 }), event(orderMoved, { orderId: 'b', step: 1 })], { together: true });

    test.expect({ effects: { moves: [{ id: 'b' }] } });
    expect(test.waiting).toHaveLength(1);
  });
});

describe('idempotency: \'entity\'', () => {
  const given = () => testConsumer(queueConsumer({ on: orderChanged, idempotency: 'entity', process: (data, { tx }) => tx.write(put(data)) }));

  test.each(['process', 'commit', 'answer'] as const)('one effect although a function dies after %s', async (crashAfter) => {
    for (const reorder of [false, true, 5]) {
      const test = given();

      await test.deliver(changes(orderChanged, 1, 2, 3), { times: 3, reorder, crashAfter });

      test.expect({ effects: { orders: [{ id: 'a', step: 3 }] } });
    }
  });

  test('dies at a claim when an event is delivered again, which only then has one', async () => {
    await expect(given().deliver(changes(orderChanged, 1), { crashAfter: 'claim' })).rejects.toThrow('did not happen');
    const test = given();

    await test.deliver(changes(orderChanged, 1), { crashAfter: ['process', 'claim'] });

    test.expect({ effects: { orders: [{ step: 1 }] } });
  });
});
