import { type Order, orderPlaced, writeOf } from './consumer-model';
import { MadeModel } from './made-model';
import { ServiceModel } from './producers/service-model';
import { pause, useVirtualClock } from './virtual-clock';
import { defineEvent, event, type Processing, queueConsumer } from '../../lambda';
import { publishEvents } from '../../lambda/producers/bus';
import { sendMessages } from '../../lambda/producers/queue';
import { putRecords } from '../../lambda/producers/stream';
import { publishToTopic } from '../../lambda/producers/topic';

useVirtualClock();

const told = defineEvent({ source: 'shop', type: 'OrderTold', version: 1, schema: orderPlaced.schema, key: ({ orderId }) => orderId });
const queue = 'https://sqs.eu-west-1.amazonaws.com/123456789012/told';

type Work = (order: Order, processing: Processing) => Promise<void> | void;
type Call = (order: Order, service: ServiceModel, tries?: number) => Promise<unknown>;

const calls: Readonly<Record<string, Call>> = {
  publishEvents: async (order, service, tries = 8) => publishEvents([event(told, order)], { bus: 'shop', client: service.bus(), tries }),
  publishToTopic: async (order, service, tries = 8) => publishToTopic([event(told, order)], { topic: 'arn:aws:sns:eu-west-1:123456789012:told', client: service.topic(), tries }),
  sendMessages: async (order, service, tries = 8) => sendMessages([event(told, order)], { queue, client: service.queue(), tries }),
  putRecords: async (order, service, tries = 8) => putRecords([event(told, order)], { stream: 'told', client: service.stream(), tries }),
};
const publish = calls.publishEvents!;

interface Sent { readonly data: Order; readonly metadata: Readonly<Record<string, unknown>> }

const sentBy = (service: ServiceModel) => service.arrived.map(({ text }) => JSON.parse(text) as Sent);

/** Busy for the first entries. */
function busyService(times: number): ServiceModel {
  const service = new ServiceModel();
  let busy = times;
  service.entryFault = () => busy-- > 0 ? 'busy' : undefined;
  return service;
}

/** What the services had got when the event was committed. */
function given(process: Work, service = new ServiceModel()) {
  const arrivedAtCommit: number[] = [];
  const model = new MadeModel((collaborators) => queueConsumer({ on: orderPlaced, process }, collaborators), {
    fault: (call, moment) => { if (call === 'complete' && moment === 'before') { arrivedAtCommit.push(service.arrived.length); } },
  });
  return { model, arrivedAtCommit, service };
}

describe.each(Object.entries(calls))('%s, when the handler does not wait for it', (_name, call) => {
  test('is over before the event is done, however busy the service is', async () => {
    const service = busyService(3);
    const { model, arrivedAtCommit } = given((order, { tx }) => {
      void call(order, service);
      tx.write(writeOf(order.orderId));
    }, service);
    model.place('a');

    await model.drain();

    expect(arrivedAtCommit).toEqual([1]);
    expect(model.done).toEqual(['a']);
    expect(sentBy(service)).toMatchObject([{ data: { orderId: 'a' } }]);
  });

  test('fails its event, which writes nothing and is tried again', async () => {
    const service = busyService(2);
    const attempts: number[] = [];
    const { model, arrivedAtCommit } = given((order, { tx, meta }) => {
      attempts.push(meta.receiveCount);
      void call(order, service, 1).catch(() => {});
      tx.write(writeOf(order.orderId));
    }, service);
    model.place('a');

    await model.deliver();
    expect(model.done).toEqual([]);
    await model.drain();

    expect(attempts).toEqual([1, 2, 3]);
    expect(arrivedAtCommit).toEqual([1]);
    expect(model.done).toEqual(['a']);
  });
});

test('calls that other calls set going are waited for, too', async () => {
  const service = busyService(1);
  const { model, arrivedAtCommit } = given(async (order, { tx }) => {
    void publish(order, service).then(async () => publish({ ...order, orderId: `${order.orderId}-next` }, service));
    tx.write(writeOf(order.orderId));
  }, service);
  model.place('a');

  await model.drain();

  expect(arrivedAtCommit).toEqual([2]);
});

test('calls that hang take no more than the time there is, and the event comes again', async () => {
  const hanging = { send: async () => new Promise(() => {}) } as never;
  const { model } = given((order, { tx }) => {
    void publishEvents([event(told, order)], { bus: 'shop', client: hanging });
    tx.write(writeOf(order.orderId));
  });
  const { id } = model.place('a');

  expect(await model.deliver()).toEqual({ batchItemFailures: [{ itemIdentifier: id }] });
  expect(model.done).toEqual([]);
});

describe('inside of a step', () => {
  test('a call that nobody waits for is over before the step is done', async () => {
    const service = busyService(2);
    const seen: number[] = [];
    const { model } = given(async (order, { tx }) => {
      await tx.once('tell', () => { void publish(order, service); });
      seen.push(service.arrived.length);
    }, service);
    model.place('a');

    await model.drain();

    expect(seen).toEqual([1]);
  });

  test('a call that nobody waits for, and that fails, leaves the step to be done again', async () => {
    const service = busyService(2);
    let runs = 0;
    const { model } = given(async (order, { tx }) => {
      await tx.once('tell', () => {
        runs++;
        void publish(order, service, 1).catch(() => {});
      });
      tx.write(writeOf(order.orderId));
    }, service);
    model.place('a');

    await model.drain();

    expect(runs).toBe(3);
    expect(sentBy(service)).toMatchObject([{ data: { orderId: 'a' } }]);
    expect(model.done).toEqual(['a']);
  });

  test('a call is made once, however often the event is tried, and has the event for its cause', async () => {
    const service = new ServiceModel();
    const { model } = given(async (order, { tx, meta }) => {
      await tx.once('tell', async () => { await publish(order, service); });
      if (meta.attempt < 3) { throw new Error('not yet'); }
    }, service);
    const { id } = model.place('a');

    await model.drain();

    expect(sentBy(service)).toMatchObject([{ metadata: { causationId: id, correlationId: id, hops: 1 } }]);
  });

  test('the step itself may be forgotten: it is over before the event is done', async () => {
    const effects: string[] = [];
    const { model, arrivedAtCommit, service } = given((order, { tx }) => {
      void tx.once('tell', async () => { await pause(5_000); await publish(order, service); effects.push('told'); });
      tx.write(writeOf(order.orderId));
    });
    model.place('a');

    await model.drain();

    expect(effects).toEqual(['told']);
    // the completion of the step, and that of the event
    expect(arrivedAtCommit).toEqual([1, 1]);
    expect(model.done).toEqual(['a']);
  });

  test('a forgotten step that fails later than its handler fails the event', async () => {
    let runs = 0;
    const { model } = given((order, { tx }) => {
      void tx.once('tell', async () => { await pause(5_000); if (++runs < 3) { throw new Error('not yet'); } });
      tx.write(writeOf(order.orderId));
    });
    model.place('a');

    await model.drain();

    expect(runs).toBe(3);
    expect(model.done).toEqual(['a']);
  });
});

describe('an event that is published by a handler', () => {
  test('takes its cause over from the event that is handled, also behind pauses and callbacks', async () => {
    const service = new ServiceModel();
    const { model } = given(async (order) => {
      await pause(100);
      await new Promise<void>((resolve, reject) => { queueMicrotask(() => { publish(order, service).then(() => resolve(), reject); }); });
    }, service);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    model.queue.send(JSON.stringify({
      metadata: { id: 'event-1', source: 'shop', type: 'OrderPlaced', version: 1, correlationId: 'request-1', causationId: 'event-0', hops: 4, traceparent }, data: { orderId: 'a', amount: 1 },
    }));

    await model.drain();

    expect(sentBy(service)).toMatchObject([{ metadata: { correlationId: 'request-1', causationId: 'event-1', hops: 5, traceparent } }]);
  });

  test('has its own cause among many that are under way side by side', async () => {
    const service = new ServiceModel();
    const { model } = given(async (order, { tx }) => {
      for (let turn = 0; turn < 3; turn++) { await pause(((order.amount * 7) % 5) + turn); }
      await Promise.all([publish(order, service), tx.once('tell', async () => { await pause(order.amount); await publish({ ...order, orderId: `${order.orderId}-step` }, service); })]);
    }, service);
    const ids = new Map(Array.from({ length: 10 }, (_, order) => [`order-${order}`, model.place(`order-${order}`, order + 1).id]));

    await model.drain();

    const causes = sentBy(service).map(({ data, metadata }) => [data.orderId, metadata.causationId, metadata.correlationId]);
    expect(causes.sort()).toEqual([...ids].flatMap(([orderId, id]) => [[orderId, id, id], [`${orderId}-step`, id, id]]).sort());
  });
});
