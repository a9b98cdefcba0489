import { environment, type Order, orderPlaced, writeOf } from './consumer-model';
import { MadeModel } from './made-model';
import { ServiceModel } from './producers/service-model';
import { useVirtualClock } from './virtual-clock';
import { type ConsumerEnvironment, event, type FailureKind, Poison, type Processing, queueConsumer, RetryLater } from '../../lambda';
import { publishEvents } from '../../lambda/producers/bus';

useVirtualClock();
afterEach(() => { jest.restoreAllMocks(); });

type Work = (order: Order, processing: Processing) => Promise<void> | void;

const writes: Work = ({ orderId }, { tx }) => tx.write(writeOf(orderId));
const failing = (error: unknown, most = Number.POSITIVE_INFINITY): Work => {
  let failures = 0;
  return (order, processing) => {
    if (failures++ < most) { throw error; }
    return writes(order, processing);
  };
};

const given = (process: Work, classify?: (error: unknown) => FailureKind | undefined, changes: Partial<ConsumerEnvironment> = {}) => new MadeModel(
  (collaborators) => queueConsumer({ on: orderPlaced, process, ...(classify ? { classify } : {}) }, collaborators), { environment: changes },
);

const named = (name: string, more: object = {}) => Object.assign(new Error(`the error ${name}`), { name, ...more });
const attemptsOf = (model: MadeModel) => [...model.table.records.values()].map(({ attempts }) => attempts);

describe('what the author of a handler says of an error', () => {
  test('is asked for the very error, and may be nothing: then its name decides', async () => {
    const asked = new Set<unknown>();
    const error = named('ThrottlingException');
    const model = given(failing(error, 7), (found) => { asked.add(found); return undefined; });
    model.place('a');

    await model.drain();

    expect([...asked]).toEqual([error]);
    expect(model.done).toEqual(['a']);
  });

  test('makes poison of any error', async () => {
    const model = given(failing(named('OutOfStock')), (error) => (error as Error).name === 'OutOfStock' ? 'poison' : undefined);
    model.place('a');

    await model.deliver();

    expect(model.letters).toMatchObject([{ reason: 'OutOfStock', message: 'the error OutOfStock', attempt: 1 }]);
    expect(model.counted.counts).toEqual({ Poisoned: 1 });
  });

  test.each([['transient', 'Retried'], ['environment', 'Misconfigured']] as const)('keeps an error that is %s from ever being a try, also of one that is poison by name', async (kind, counter) => {
    const model = given(failing(new Poison('not yet', { reason: 'NotYet' }), 12), () => kind);
    const message = model.place('a');

    await model.deliver();
    expect(attemptsOf(model)).toEqual([0]);
    await model.drain();

    expect(model.done).toEqual(['a']);
    expect(model.letters).toEqual([]);
    expect(message.receiveCount).toBe(13);
    expect(model.counted.counts).toEqual({ [counter]: 12, Processed: 1 });
  });

  test('makes tries of what would be none', async () => {
    const model = given(failing(named('ThrottlingException')), () => 'unknown');
    model.place('a');

    await model.drain();

    expect(model.letters).toMatchObject([{ reason: 'ThrottlingException', attempt: 5 }]);
  });

  test('holds for what its schema refuses, too', async () => {
    const model = given(writes, (error) => (error as { reason?: string }).reason === 'SchemaMismatch' ? 'transient' : undefined);
    const { id } = model.queue.send('{"orderId":"a"}');

    expect(await model.deliver()).toEqual({ batchItemFailures: [{ itemIdentifier: id }] });
    expect(model.letters).toEqual([]);
  });

  test('does not hold for what the consumer tells itself: a run that was overtaken leaves no letter', async () => {
    let first = true;
    const model: MadeModel = given((order, processing) => {
      const [key] = [...model.table.records.keys()];
      if (first) { model.table.rewrite(key!, { owner: 'another', in_progress_expiration: Date.now() - 1 }); }
      first = false;
      return writes(order, processing);
    }, () => 'poison');
    model.place('a');

    await model.drain();

    expect(model.done).toEqual(['a']);
    expect(model.letters).toEqual([]);
  });

  test('may fail itself: then the name of the error decides', async () => {
    const model = given(failing(named('OutOfStock')), () => { throw new Error('no'); });
    model.place('a');

    await model.drain();

    expect(model.letters).toMatchObject([{ reason: 'OutOfStock', attempt: 5 }]);
  });
});

describe('a handler that says to try again later', () => {
  test.each([[0], [1], [90], [0.2], [3_600]])('is tried again after exactly %d seconds, and that is no try', async (after) => {
    const model = given(failing(new RetryLater('wait', { after }), 1));
    const message = model.place('a');

    await model.deliver();

    expect(message.visibleAt - Date.now()).toBe(Math.ceil(after) * 1000);
    expect(attemptsOf(model)).toEqual([0]);
    await model.drain();
    expect(model.done).toEqual(['a']);
  });

  test.each([['none', undefined], ['no number', Number.NaN], ['over', -5]])('is tried again after a pause of the consumer\'s own, when the time it names is %s', async (_what, after) => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const model = given(failing(new RetryLater('wait', after === undefined ? {} : { after }), 1), undefined, { retry: { delay: 8, maxDelay: 900 } });
    const message = model.place('a');

    await model.deliver();

    expect(message.visibleAt - Date.now()).toBe(4_000);
  });

  test('is never set aside by the handler, however often it says so', async () => {
    const model = given(failing(new RetryLater('wait', { after: 60 }), 40), undefined, { maxAttempts: 1 });
    model.place('a');

    await model.drain();

    expect(model.done).toEqual(['a']);
    expect(model.letters).toEqual([]);
  });

  test('is known by the name of its error: another copy of the package has another class', async () => {
    const model = given(failing(named('RetryLater', { after: 33 }), 1));
    const message = model.place('a');

    await model.deliver();

    expect(message.visibleAt - Date.now()).toBe(33_000);
  });
});

describe('a deployment that cannot work', () => {
  test.each(['AccessDeniedException', 'ResourceNotFoundException', 'ExpiredTokenException', 'EnvironmentError', 'KMSDisabledException'])(
    'costs no event a try and leaves no letter, but is counted: %s', async (name) => {
      const model = given(failing(named(name), 20), undefined, { maxAttempts: 1 });
      model.place('a');

      await model.drain();

      expect(model.letters).toEqual([]);
      expect(model.done).toEqual(['a']);
      expect(model.counted.counts).toEqual({ Misconfigured: 20, Processed: 1 });
    },
  );
});

test('a request that the handler itself has made wrong may be right for the next try: ValidationException is tried again, and then set aside', async () => {
  const model = given(failing(named('ValidationException')));
  model.place('a');

  await model.drain();

  expect(model.letters).toMatchObject([{ reason: 'ValidationException', attempt: environment.maxAttempts }]);
});

test('a write that DynamoDB refuses for its data is poison at once', async () => {
  const model = given(({ orderId }, { tx }) => tx.write({ Put: { TableName: 'orders', Item: { orderId, more: 'x'.repeat(410_000) } } }));
  model.place('a');

  await model.deliver();

  expect(model.letters).toMatchObject([{ reason: 'ItemTooLarge', attempt: 1 }]);
});

describe('events that a handler could not publish', () => {
  const publishing = (service: ServiceModel, data: object = {}): Work => async (order, processing) => {
    await publishEvents([event(orderPlaced, { ...order, ...data } as Order)], { bus: 'shop', client: service.bus(), tries: 1 });
    return writes(order, processing);
  };

  test('are no try of the event, when the service was only busy', async () => {
    const service = new ServiceModel();
    let busy = 12;
    service.entryFault = () => busy-- > 0 ? 'busy' : undefined;
    const model = given(publishing(service));
    model.place('a');

    await model.drain();

    expect(service.requests).toHaveLength(13);
    expect([model.done, model.letters]).toEqual([['a'], []]);
  });

  test.each<[string, (service: ServiceModel) => void, object]>([
    ['the service refuses them', (service) => { service.entryFault = () => 'refused'; }, {}],
    ['their schema refuses them', () => {}, { amount: 'much' }],
  ])('are tries of the event when %s, and the letter says which', async (_why, prepare, data) => {
    const service = new ServiceModel();
    prepare(service);
    const model = given(publishing(service, data));
    model.place('a');

    await model.drain();

    expect(model.letters).toMatchObject([{ reason: 'PublishFailed', message: expect.stringContaining('[0] OrderPlaced'), attempt: 5 }]);
    expect(model.done).toEqual([]);
  });
});
