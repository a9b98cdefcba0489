import { dies, failsWith, itemOf, once, OrderedModel } from './ordered-model';
import { ended, pause, useVirtualClock } from './virtual-clock';

useVirtualClock();

describe('two functions side by side', () => {
  test.each([
    ['the later first', 5, ['a6'], { Processed: 1, Stale: 1 }],
    ['the earlier first', 6, ['a5', 'a6'], { Processed: 2 }],
  ])('commit %s: nothing overtakes, and nothing is done twice', async (_order, slow, done, counts) => {
    const model = new OrderedModel({ process: async (change, { tx }) => { await pause(change.place === slow ? 2_000 : 1_000); tx.write(itemOf(change)); } });
    const [fifth, sixth] = model.tellAll('a', 5, 6);

    await Promise.all([model.hand(fifth!), model.hand(sixth!)]);

    // both have begun before either could have known of the other
    expect(model.tries).toEqual(['a5', 'a6']);
    expect(model.done).toEqual(done);
    expect(model.counted.counts).toEqual(counts);
    expect(model.letters).toEqual([]);
  });

  test('do what was overtaken in its commit again as stale when the consumer wants it', async () => {
    const seen: [string, boolean][] = [];
    const model = new OrderedModel({
      settings: { onStale: 'process' },
      process: async (change, { tx, meta }) => {
        seen.push([meta.eventId, meta.stale]);
        await pause(change.place === 5 ? 2_000 : 1_000);
        tx.write(itemOf(change));
      },
    });
    const [fifth, sixth] = model.tellAll('a', 5, 6);

    await Promise.all([model.hand(fifth!), model.hand(sixth!)]);

    expect(seen).toEqual([['Deposited-a-5', false], ['Deposited-a-6', false], ['Deposited-a-5', true]]);
    expect(model.done).toEqual(['a6', 'a5']);
  });
});

describe('bad weather', () => {
  test.each([
    ['a death before', 'before', dies], ['a death after', 'after', dies], ['a throttling of', 'before', failsWith('ThrottlingException')],
    ['a lost answer to', 'after', failsWith('TimeoutError')],
  ] as const)('%s the commit doubles nothing and loses nothing', async (_what, moment, strike) => {
    const fault = once('complete', moment, strike);
    const model = new OrderedModel({ fault });
    model.tellAll('a', 5, 6);

    await model.drain();

    expect(fault.struck()).toBe(true);
    expect(model.done).toEqual(['a5', 'a6']);
    expect(model.letters).toEqual([]);
  });

  test('keeps an event behind one of its aggregate that comes again', async () => {
    let busy = true;
    const model = new OrderedModel({
      process: (change, { tx }) => {
        if (change.place === 5 && busy) { busy = false; failsWith('ThrottlingException')(); }
        tx.write(itemOf(change));
      },
    });
    const [sixth, fifth] = model.tellAll('a', 6, 5);
    model.tell('b', 1);

    const again = await ended(model.hand(...model.queue.messages.values()));

    expect(again).toEqual([sixth!.id, fifth!.id]);
    expect(model.tries).toEqual(['b1', 'a5'].sort());
    expect(sixth!.visibleAt).toBe(fifth!.visibleAt);
    await model.drain();
    expect(model.done).toEqual(['b1', 'a5', 'a6']);
  });

  test('takes what the handler fails on for good out of the way of those behind it', async () => {
    const model = new OrderedModel({ environment: { maxAttempts: 2 }, process: (change, { tx }) => { if (change.place === 5) { throw new Error('no'); } tx.write(itemOf(change)); } });
    model.tellAll('a', 5, 6);

    await model.drain();

    expect(model.done).toEqual(['a6']);
    expect(model.letters).toMatchObject([{ attempt: 2 }]);
  });

  test('asks for each aggregate by itself when the lookup for all has failed', async () => {
    const model = new OrderedModel();
    model.tell('a', 6);
    await model.drain();
    const other = new OrderedModel({ fault: once('lookUp', 'before', failsWith('ThrottlingException')) });
    model.table.records.forEach((record, key) => other.table.rewrite(key, record));
    other.tellAll('a', 5, 7);

    await other.drain();

    expect(other.done).toEqual(['a7']);
    expect(other.counted.counts).toEqual({ Stale: 1, Processed: 1 });
  });

  test('lets everything come again while no lookup succeeds, and takes nothing as new', async () => {
    let busy = true;
    const model = new OrderedModel({ fault: (call) => { if (call === 'lookUp' && busy) { failsWith('ThrottlingException')(); } } });
    const message = model.tell('a', 5);

    expect(await model.hand(message)).toEqual([message.id]);

    expect(model.tries).toEqual([]);
    busy = false;
    await model.drain();
    expect(model.done).toEqual(['a5']);
  });
});
