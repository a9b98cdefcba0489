import { type FunctionModel, type Order, orderPlaced, writeOf } from './consumer-model';
import { DoorModel } from './made-model';
import { useVirtualClock } from './virtual-clock';
import { asyncConsumer } from '../../lambda';

useVirtualClock();

const order = { orderId: 'a', amount: 1 };

/** A function that is killed at once, the first time. */
function givenKilledOnce(options: { readonly timeoutMillis: number }) {
  let starts = 0;
  return new DoorModel<unknown, void>((collaborators, lambda: FunctionModel) => asyncConsumer({
    on: orderPlaced,
    process: async ({ orderId }: Order, { tx }) => {
      if (starts++ === 0) { await lambda.die(); }
      tx.write(writeOf(orderId));
    },
  }, collaborators), { ...options, environment: { source: { kind: 'lambda' } } });
}

test('a try of Lambda\'s three waits for a killed run that still holds the event, when there is time enough', async () => {
  const model = givenKilledOnce({ timeoutMillis: 300_000 });
  expect(await model.invoke(order, 'request')).toBe('died');
  jest.advanceTimersByTime(60_000); // Lambda's pause

  await model.invoke(order, 'request');

  expect(model.done).toEqual(['a']);
});

test('a try does not wait when there is not time enough: it fails, and the next one runs', async () => {
  const model = givenKilledOnce({ timeoutMillis: 300_000 });
  expect(await model.invoke(order, 'request')).toBe('died');

  await expect(model.invoke(order, 'request')).rejects.toThrow('request is not handled yet');
  jest.advanceTimersByTime(300_000);
  await model.invoke(order, 'request');

  expect(model.done).toEqual(['a']);
});
