import { orderMoved, orderPlaced, placed } from './targets';
import { event, type Outgoing } from '../../../lambda/envelope';
import { publishEvents } from '../../../lambda/producers/bus';
import { sendMessages } from '../../../lambda/producers/queue';
import { putRecords } from '../../../lambda/producers/stream';
import { publishToTopic } from '../../../lambda/producers/topic';

// What is proved here is proved by the compiler: every line below a `@ts-expect-error` must be an error.

test('takes events of several contracts in one call, and lists that were made elsewhere', () => {
  const never = async (list: readonly Outgoing[], mixed: readonly (Outgoing<typeof orderPlaced> | Outgoing<typeof orderMoved>)[]) => {
    await publishEvents([placed('a'), event(orderMoved, { orderId: 'a', step: 1 })], { bus: 'shop' });
    await publishEvents([{ contract: orderPlaced, data: { orderId: 'a' } }, { contract: orderMoved, data: { orderId: 'a', step: 1 } }], { bus: 'shop' });
    await publishEvents([...mixed, placed('b'), ...list], { bus: 'shop' });
    await publishToTopic(list, { topic: 'arn', groupOf: ({ metadata }) => metadata.source });
    await sendMessages(mixed, { queue: 'url', groupOf: ({ data }) => data.orderId });
    const [first] = await putRecords(mixed, { stream: 'orders', signal: AbortSignal.timeout(1), tries: 3 });
    return first?.id satisfies string | undefined;
  };

  expect(never).toBeInstanceOf(Function);
});

test('refuses what does not fit', () => {
  const never = (list: readonly Outgoing<typeof orderPlaced>[]) => {
    // @ts-expect-error the payload is not of the contract
    event(orderPlaced, { customer: 'a' });
    // @ts-expect-error the payload is not of the contract
    void publishEvents([{ contract: orderPlaced, data: { customer: 'a' } }], { bus: 'shop' });
    // @ts-expect-error the payload is that of another contract
    void publishToTopic([placed('a'), { contract: orderMoved, data: { orderId: 'a' } }], { topic: 'arn' });
    // @ts-expect-error the payload beside others is not of the contract
    void publishEvents([...list, { contract: orderPlaced, data: { customer: 'a' } }], { bus: 'shop' });
    // @ts-expect-error a property is of another type
    void sendMessages([{ contract: orderMoved, data: { orderId: 'a', step: '1' } }], { queue: 'url' });
    // @ts-expect-error a property that the contract does not know
    void putRecords([{ contract: orderPlaced, data: { orderId: 'a', customer: 'b' } }], { stream: 'orders' });
    // @ts-expect-error an event without a contract
    void publishEvents([{ type: 'OrderPlaced', data: { orderId: 'a' } }], { bus: 'shop' });
    // @ts-expect-error the data alone is no event
    void sendMessages([{ orderId: 'a' }], { queue: 'url' });
    // @ts-expect-error one event is no list
    void sendMessages(placed('a'), { queue: 'url' });
    // @ts-expect-error the bus is missing
    void publishEvents([placed('a')], {});
    // @ts-expect-error a bus has no groups
    void publishEvents([placed('a')], { bus: 'shop', groupOf: () => 'a' });
    // @ts-expect-error a stream has no delay
    void putRecords([placed('a')], { stream: 'orders', delaySeconds: 1 });
    // @ts-expect-error the events hold no such thing
    void sendMessages([placed('a')], { queue: 'url', groupOf: ({ data }) => data.tenant });
    // @ts-expect-error a group has a name
    void publishToTopic([placed('a')], { topic: 'arn', groupOf: ({ data }) => data.note });
  };

  expect(never).toBeInstanceOf(Function);
});
