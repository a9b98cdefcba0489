import { ConsumerModel, type ModelOptions, writeOf } from './consumer-model';
import { pause, useVirtualClock } from './virtual-clock';
import { backOff } from '../../lambda/engine/failure';

useVirtualClock();

const named = (name: string, more = {}) => Object.assign(new Error(`it was ${name}`), { name, ...more });

describe('a handler that fails', () => {
  test('is tried exactly maxAttempts times, then the event is set aside with the last error', async () => {
    let tries = 0;
    const model = new ConsumerModel({ environment: { maxAttempts: 3 }, process: () => { throw named('OutOfStock', { message: `try ${++tries}` }); } });
    model.place('a');

    await model.drain();

    expect(model.tries).toHaveLength(3);
    expect(model.letters).toMatchObject([{ reason: 'OutOfStock', message: 'try 3', attempt: 3 }]);
  });

  test('is tried once with maxAttempts 1', async () => {
    const model = new ConsumerModel({ environment: { maxAttempts: 1 }, process: () => { throw new Error('no'); } });
    model.place('a');

    await model.drain();

    expect(model.tries).toHaveLength(1);
    expect(model.letters).toMatchObject([{ attempt: 1 }]);
  });

  test('counts its own tries, not the receives', async () => {
    const attempts: number[] = [];
    const model = new ConsumerModel({ process: (_order, { meta }) => { attempts.push(meta.attempt); throw new Error('no'); } });
    const message = model.place('a');
    message.receiveCount = 7; // by functions that died before they began

    await model.drain();

    expect(attempts).toEqual([1, 2, 3, 4, 5]);
    expect(model.letters).toMatchObject([{ attempt: 5, receiveCount: 12 }]);
  });

  test('waits longer before each further try, a random part of a pause that doubles up to its limit', async () => {
    const pauses: number[] = [];
    jest.spyOn(Math, 'random').mockReturnValue(1 - 2 ** -53);
    const model = new ConsumerModel({ environment: { maxAttempts: 7, retry: { delay: 2, maxDelay: 30 } }, process: () => { pauses.push(Date.now()); throw new Error('no'); } });
    model.place('a');

    await model.drain().finally(() => jest.mocked(Math.random).mockRestore());

    expect(pauses.slice(1).map((at, index) => (at - pauses[index]!) / 1000)).toEqual([2, 4, 8, 16, 30, 30]);
  });

  test.each([1, 3, 5, 60, 5_000])('waits within bounds, and not always the same, after %d tries', (attempt) => {
    const waits = Array.from({ length: 200 }, () => backOff(attempt, { delay: 10, maxDelay: 100 }));

    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(Math.min(100, 10 * 2 ** (attempt - 1)));
    expect(new Set(waits).size).toBeGreaterThan(5);
  });

  test('is never made to wait longer than the twelve hours that SQS hides a message', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1 - 2 ** -53);
    const model = new ConsumerModel({ environment: { retry: { delay: 90_000, maxDelay: 90_000 } }, process: () => { throw new Error('no'); } });
    model.place('a');

    await model.deliver().finally(() => jest.mocked(Math.random).mockRestore());

    expect(model.queue.nextIn).toBe(42_000_000);
  });

  test('runs beside its batch mates when it is tried again: a failure is no death', async () => {
    let running = 0;
    const most: number[] = [];
    const model = new ConsumerModel({
      process: async () => {
        most.push(++running);
        await pause(10);
        running--;
        throw new Error('no');
      },
    });
    ['a', 'b', 'c'].forEach((id) => model.place(id));
    await model.deliver();
    most.splice(0);
    jest.advanceTimersByTime(60_000);

    await model.deliver();

    expect(Math.max(...most)).toBe(3);
  });

  test('lets its batch mates alone', async () => {
    const model = new ConsumerModel({ process: ({ orderId }, { tx }) => { if (orderId === 'bad') { throw new Error('no'); } tx.write(writeOf(orderId)); } });
    const bad = model.place('bad');
    model.place('good');

    const response = await model.deliver();

    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: bad.id }] });
    expect(model.done).toEqual(['good']);
  });

  describe('and is repaired after its last try', () => {
    let refusals = 0;

    test.each<[string, Required<ModelOptions>['fault']]>([
      ['', () => {}],
      [' at once, although the earlier ones could not be forgotten at first', (call, moment) => {
        if (call === 'forget' && moment === 'before' && refusals++ < 2) { throw named('ThrottlingException'); }
      }],
    ])('has all its tries again after a redrive%s, and the event is handled once', async (_when, fault) => {
      let repaired = false;
      const attempts: number[] = [];
      const model = new ConsumerModel({
        process: ({ orderId }, { tx, meta }) => {
          attempts.push(meta.attempt);
          if (!repaired || meta.attempt < 4) { throw new Error('no'); }
          tx.write(writeOf(orderId));
        },
        fault,
      });
      model.place('a');
      await model.drain();
      repaired = true;

      model.queue.redrive();
      await model.drain();

      expect(attempts).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4]);
      expect(model.done).toEqual(['a']);
      expect(model.queue.deadLetters).toEqual([]);
    });
  });

  test('shows its own error, although its key could not be given back', async () => {
    const model = new ConsumerModel({
      environment: { maxAttempts: 1 }, process: () => { throw named('OutOfStock'); },
      fault: (call) => { if (call === 'release' || call === 'forget') { throw named('AccessDeniedException'); } },
    });
    model.place('a');

    await model.drain();

    expect(model.letters).toMatchObject([{ reason: 'OutOfStock', attempt: 1 }]);
  });

  test('keeps the correlation id of the first message through a redrive', async () => {
    const ids: string[] = [];
    const model = new ConsumerModel({ environment: { maxAttempts: 1 }, process: (_order, { meta }) => { ids.push(meta.correlationId); throw new Error('no'); } });
    const { id } = model.place('a');
    await model.drain();

    model.queue.redrive();
    await model.drain();

    expect(ids).toEqual([id, id]);
  });

  test.each([
    ['undefined', () => { throw undefined; }, { reason: 'Error', message: 'undefined' }],
    ['null', () => { throw null; }, { reason: 'Error', message: 'null' }],
    ['a string', () => { throw 'out of order'; }, { reason: 'Error', message: 'out of order' }],
    ['a symbol', () => { throw Symbol('s'); }, { reason: 'Error', message: 'Symbol(s)' }],
    ['an error with a name that cannot be changed', () => { throw Object.freeze(named('Frozen')); }, { reason: 'Frozen', message: 'it was Frozen' }],
    ['an error whose name is not a text', () => { throw Object.assign(new Error('odd'), { name: 7 }); }, { reason: 'Error', message: 'odd' }],
    ['an object without a prototype', () => { throw Object.create(null); }, { reason: 'Error' }],
    ['an object that has no text', () => { throw { toString: () => { throw new Error('never'); } }; }, { reason: 'Error' }],
    ['a promise of an error', async () => Promise.reject(named('Later')), { reason: 'Later' }],
  ] as [string, () => void, object][])('may throw %s', async (_what, thrower, letter) => {
    const model = new ConsumerModel({ environment: { maxAttempts: 2 }, process: ({ orderId }, { tx }) => orderId === 'bad' ? thrower() : tx.write(writeOf(orderId)) });
    model.place('bad');
    model.place('good');

    await model.drain();

    expect(model.tries).toEqual(['bad', 'good', 'bad']);
    expect(model.done).toEqual(['good']);
    expect(model.letters).toMatchObject([letter]);
  });

  test('may throw an error that fails when it is looked at: the batch is answered', async () => {
    const wicked = new Proxy({}, { get: () => { throw new Error('do not look'); } });
    const model = new ConsumerModel({ process: ({ orderId }, { tx }) => { if (orderId === 'bad') { throw wicked; } tx.write(writeOf(orderId)); } });
    const { id } = model.place('bad');
    model.place('good');

    expect(await model.deliver()).toEqual({ batchItemFailures: [{ itemIdentifier: id }] });
    expect(model.done).toEqual(['good']);
  });

  test.each([
    'IdempotencyValidationError', 'IdempotencyAlreadyInProgressError', 'IdempotencyItemAlreadyExistsError', 'IdempotencyPersistenceLayerError', 'IdempotencyKeyError',
  ])('may use Powertools itself: its %s is an error like others', async (name) => {
    const model = new ConsumerModel({ environment: { maxAttempts: 2 }, process: () => { throw named(name); } });
    model.place('a');

    await model.drain();

    expect(model.tries).toHaveLength(2);
    expect(model.letters).toMatchObject([{ reason: name, attempt: 2 }]);
  });

  test('is not run again within the same try by an error that Powertools tries again', async () => {
    const model = new ConsumerModel({ process: () => { throw named('IdempotencyInconsistentStateError'); } });
    model.place('a');

    await model.deliver();

    expect(model.tries).toEqual(['a']);
  });

  test('is tried maxAttempts times too when it writes what DynamoDB has no type for', async () => {
    const model = new ConsumerModel({
      environment: { maxAttempts: 2 },
      fault: (call, moment) => { if (call === 'complete' && moment === 'before') { throw new Error('Unsupported type passed'); } },
    });
    model.place('a');

    await model.deliver();

    // given back at once, not when the claim ends by itself
    expect([...model.table.records.values()]).toMatchObject([{ status: 'INPROGRESS', in_progress_expiration: 0, attempts: 1 }]);
    await model.drain();
    expect(model.letters).toMatchObject([{ message: 'Unsupported type passed', attempt: 2 }]);
  });
});

describe('an error that says nothing about the event', () => {
  test.each([
    named('ThrottlingException'), named('TransactionConflictException'), named('InternalServerError'), named('Busy', { $retryable: {} }),
    named('Unavailable', { $metadata: { httpStatusCode: 503 } }), named('Error', { code: 'ECONNRESET' }), named('Error', { code: 'EAI_AGAIN' }),
    named('TransactionCanceledException', { CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }] }),
    named('AccessDeniedException'), named('ResourceNotFoundException'), named('ExpiredTokenException'), named('EnvironmentError'),
  ])('is never counted: %s', async (error) => {
    let failures = 12;
    const attempts: number[] = [];
    const model = new ConsumerModel({
      process: ({ orderId }, { tx, meta }) => {
        attempts.push(meta.attempt);
        if (failures-- > 0) { throw error; }
        tx.write(writeOf(orderId));
      },
    });
    model.place('a');

    await model.drain();

    expect(new Set(attempts)).toEqual(new Set([1]));
    expect(model.done).toEqual(['a']);
    expect(model.queue.deadLetters).toEqual([]);
  });

  test.each(['claim', 'complete'])('is never counted when it comes from the store, on %s', async (name) => {
    let failures = 12;
    const attempts: number[] = [];
    const model = new ConsumerModel({
      process: ({ orderId }, { tx, meta }) => { attempts.push(meta.attempt); tx.write(writeOf(orderId)); },
      fault: (call, moment) => { if (call === name && moment === 'before' && failures-- > 0) { throw named('ThrottlingException'); } },
    });
    model.place('a');

    await model.drain();

    expect(new Set(attempts)).toEqual(new Set([1]));
    expect(model.done).toEqual(['a']);
  });

  test('is waited out longer and longer', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1 - 2 ** -53);
    const starts: number[] = [];
    const model = new ConsumerModel({ process: () => { starts.push(Date.now()); if (starts.length < 5) { throw named('AccessDeniedException'); } } });
    model.place('a');

    await model.drain().finally(() => jest.mocked(Math.random).mockRestore());

    expect(starts.slice(1).map((at, index) => (at - starts[index]!) / 1000)).toEqual([1, 2, 4, 8]);
  });

  test('does not hold up the batch when the queue will not change the visibility', async () => {
    let fails = true;
    const model = new ConsumerModel({
      process: ({ orderId }, { tx }) => { if (fails) { fails = false; throw new Error('once'); } tx.write(writeOf(orderId)); },
      fault: (call, moment) => { if (call === 'ChangeMessageVisibilityBatch' && moment === 'before') { throw named('AccessDenied'); } },
    });
    const { id } = model.place('a');

    expect(await model.deliver()).toEqual({ batchItemFailures: [{ itemIdentifier: id }] });
    expect(model.queue.nextIn).toBe(180_000);
    await model.drain();
    expect(model.done).toEqual(['a']);
  });

  test('lets more than ten failed messages of one batch come back after their pauses', async () => {
    const model = new ConsumerModel({ batchSize: 25, process: () => { throw new Error('no'); } });
    for (let i = 0; i < 25; i++) { model.place(`order-${i}`); }

    const response = await model.deliver();

    expect(response?.batchItemFailures).toHaveLength(25);
    expect([...model.queue.messages.values()].every(({ visibleAt }) => visibleAt <= Date.now() + 1_000)).toBe(true);
  });
});
