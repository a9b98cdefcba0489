import { ConsumerModel, writeOf } from './consumer-model';
import { pause, useVirtualClock } from './virtual-clock';

useVirtualClock();

describe('a handler that hangs', () => {
  test('gives its event back before the function is killed, which counts; its batch mates are done', async () => {
    const model = new ConsumerModel({ process: async ({ orderId }, { tx }) => { tx.write(writeOf(orderId)); if (orderId === 'hangs') { await new Promise(() => {}); } } });
    const start = Date.now();
    const hangs = model.place('hangs');
    model.place('mate');

    const response = await model.deliver();

    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: hangs.id }] });
    expect(Date.now() - start).toBe(29_000);
    expect(model.done).toEqual(['mate']);
    expect([...model.table.records.values()].filter(({ status }) => status === 'INPROGRESS')).toMatchObject([{ in_progress_expiration: 0, attempts: 1 }]);
  });

  test('is set aside after maxAttempts', async () => {
    const model = new ConsumerModel({ process: async () => new Promise(() => {}) });
    model.place('a');

    await model.drain();

    expect(model.tries).toHaveLength(5);
    expect(model.letters).toMatchObject([{ reason: 'DeadlineReached', attempt: 5 }]);
  });

  test('is told in time', async () => {
    const told: unknown[] = [];
    const model = new ConsumerModel({
      timeoutMillis: 1_000,
      process: async (_order, { signal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { told.push(Date.now()); reject(signal.reason as Error); }); }),
    });
    const start = Date.now();
    model.place('a');

    await model.deliver();

    expect(told).toEqual([start + 800]);
  });

  test('writes nothing when it wakes up late, while another run has done the work', async () => {
    let starts = 0;
    const late: unknown[] = [];
    const model = new ConsumerModel({
      process: async ({ orderId }, { tx }) => {
        if (starts++ > 0) { return tx.write(writeOf(orderId)); }
        await pause(600_000);
        try { tx.write(writeOf('zombie')); } catch (error) { late.push(error); throw error; }
      },
    });
    model.place('a');

    await model.drain();
    await jest.advanceTimersByTimeAsync(600_000);

    expect(late).toHaveLength(1);
    expect(model.done).toEqual(['a']);
  });

  test('does not begin what there is no time left for, and that does not count', async () => {
    const model = new ConsumerModel({
      batchSize: 30, timeoutMillis: 10_000,
      process: async ({ orderId }, { tx }) => { await pause(8_000); tx.write(writeOf(orderId)); },
    });
    for (let i = 0; i < 30; i++) { model.place(`order-${i}`); }

    await model.deliver();
    await model.drain();

    expect(new Set(model.done).size).toBe(30);
    expect(model.queue.deadLetters).toEqual([]);
    expect([...model.table.records.values()].every(({ attempts }) => attempts === undefined)).toBe(true);
  });

  test('is not begun when the claim took all the time, and that does not count', async () => {
    let slow = true;
    const model = new ConsumerModel({ fault: async (call, moment) => { if (call === 'claim' && moment === 'after' && slow) { slow = false; await pause(29_200); } } });
    model.place('a');

    await model.deliver();

    expect(model.tries).toEqual([]);
    expect([...model.table.records.values()]).toMatchObject([{ in_progress_expiration: 0, attempts: 0 }]);
  });

  test('leaves the time to set poison aside, once, although the store hangs', async () => {
    const model = new ConsumerModel({
      fault: async (call, moment) => {
        if (call === 'claim') { await new Promise<never>(() => {}); }
        if (call === 'SendMessage' && moment === 'before') { await pause(100); }
      },
    });
    model.queue.send('not JSON');
    const mate = model.place('mate');

    const response = await model.deliver();
    jest.advanceTimersByTime(180_000);
    await model.deliver();

    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: mate.id }] });
    expect(model.letters).toMatchObject([{ reason: 'NotJson' }]);
  });

  test.each(['claim', 'complete', 'lookUp'])('is not the only thing that may hang: the batch is answered although %s does', async (name) => {
    const model = new ConsumerModel({
      process: ({ orderId }, { tx }) => tx.write(writeOf(orderId)),
      fault: async (call) => call === name ? new Promise<never>(() => {}) : undefined,
    });
    const { id } = model.place('a');
    model.queue.receive(1);
    jest.advanceTimersByTime(180_000);

    expect(await model.deliver()).toEqual({ batchItemFailures: [{ itemIdentifier: id }] });
  });
});
