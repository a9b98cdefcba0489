import { givenGroups as given, names, poison, reasons } from './group-model';
import { deposited, failsWith, itemOf, nameOf, once } from './ordered-model';
import { pause, useVirtualClock } from './virtual-clock';

useVirtualClock();

describe('the messages of a group', () => {
  test('are handled one after the other as they came, while other groups are handled beside them', async () => {
    const log: string[] = [];
    const { model } = given({
      process: async (change, { tx }) => {
        log.push(`+${nameOf(change)}`);
        await pause(100);
        tx.write(itemOf(change));
        log.push(`-${nameOf(change)}`);
      },
    });
    model.tellAll('a', 3, 1, 2);
    model.tell('b', 1);

    await model.drain();

    expect(log).toEqual(['+a3', '+b1', '-a3', '-b1', '+a1', '-a1', '+a2', '-a2']);
  });

  test('keep their order through several batches and functions', async () => {
    const { model } = given({ batchSize: 3, process: async (change, { tx }) => { await pause(1_000 / change.place); tx.write(itemOf(change)); } });
    for (let place = 1; place <= 10; place++) { ['a', 'b'].forEach((account) => model.tell(account, place)); }

    await model.drain(3);

    for (const account of ['a', 'b']) { expect(model.done.filter((name) => name.startsWith(account))).toEqual(Array.from({ length: 10 }, (_, index) => `${account}${index + 1}`)); }
  });

  test('keep the order in which they came even when their events have places: what is late is stale', async () => {
    const { model } = given({ on: [deposited] });
    model.tellAll('a', 3, 1, 4);

    await model.drain();

    expect(model.done).toEqual(['a3', 'a4']);
    expect(model.counted.counts).toEqual({ Processed: 2, Stale: 1 });
  });

  test('wait behind one that comes again, with the same pause, untried; other groups do not wait', async () => {
    const { model, repair } = given({ fails: { a2: failsWith('ThrottlingException') } });
    const [, second, third, fourth] = model.tellAll('a', 1, 2, 3, 4);
    const other = model.tellAll('b', 1, 2);

    const response = await model.deliver();

    expect(response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([second, third, fourth].map((message) => message!.id));
    expect(new Set([second, third, fourth].map((message) => message!.visibleAt)).size).toBe(1);
    expect(model.tries.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2']);
    expect(other.map(({ id }) => model.queue.messages.has(id))).toEqual([false, false]);
    repair();
    await model.drain();
    expect(model.done.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  test.each([['a busy service', failsWith('ThrottlingException'), 30], ['the handler', failsWith('Error'), 4]])('are not set aside for the sake of their head, which %s fails', async (_what, failure, times) => {
    let left = times;
    const { model } = given({ fails: { a1: () => { if (left-- > 0) { failure(); } return undefined as never; } } });
    model.tellAll('a', 1, 2, 3);

    await model.drain();

    expect(model.tries).toEqual([...Array.from({ length: times + 1 }, () => 'a1'), 'a2', 'a3']);
    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(model.queue.deadLetters).toEqual([]);
  });

  test('are answered together when they are copies of one event', async () => {
    const { model } = given();
    model.tellAll('a', 1, 2, 1);

    expect(await model.deliver()).toEqual({ batchItemFailures: [] });

    expect(model.done).toEqual(['a1', 'a2']);
  });

  test('keep their order when their function dies in the middle of them, and are done once', async () => {
    let deaths = 0;
    const { model } = given({
      process: async (change, { tx }, lambda) => {
        if (change.place === 2 && deaths++ === 0) { await lambda.die(); }
        tx.write(itemOf(change));
      },
    });
    model.tellAll('a', 1, 2, 3);

    await model.drain();

    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(model.queue.deadLetters).toEqual([]);
  });

  test('go on behind one that kills its function each time, which is set aside', async () => {
    const { model } = given({
      environment: { maxAttempts: 3 },
      process: async (change, { tx }, lambda) => {
        if (change.place === 2) { await lambda.die(); }
        tx.write(itemOf(change));
      },
    });
    model.tellAll('a', 1, 2, 3);
    model.tellAll('b', 1);

    await model.drain();

    expect(model.done.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a3']);
    expect(model.done).toContain('b1');
    expect(model.letters).toMatchObject([{ reason: 'FunctionDied', attempt: 3 }]);
  });
});

describe('the letters of a FIFO queue', () => {
  test('keep their group, and have an id each that tells a repetition', async () => {
    const { model } = given({ fails: { a1: poison, a2: poison, b1: poison } });
    const messages = [...model.tellAll('a', 1, 2), model.tell('b', 1)];

    await model.drain();

    expect([...model.queue.deadLetters].sort((one, two) => one.body < two.body ? -1 : 1).map(({ group, deduplicationId }) => [group, deduplicationId]))
      .toEqual(messages.map(({ group, id }) => [group, id]));
  });

  test('is one, when its answer was lost', async () => {
    const { model } = given({ fails: { a1: poison }, environment: { retry: { delay: 1, maxDelay: 60 } }, fault: once('SendMessage', 'after', failsWith('TimeoutError')) });
    model.tell('a', 1);

    await model.drain();

    expect(model.calls.filter((call) => call === 'SendMessage')).toHaveLength(2);
    expect(model.letters).toHaveLength(1);
  });

  test('keep the order of their group when one of them cannot be sent', async () => {
    const { model } = given({ fails: { a1: poison, a2: poison, a3: poison }, fault: once('SendMessage', 'before', failsWith('ServiceUnavailable')) });
    model.tellAll('a', 1, 2, 3);

    await model.drain();

    expect(names(model)).toEqual(['a1', 'a2', 'a3']);
  });
});

describe('poison in a group that goes on', () => {
  test('is set aside at first sight, and those behind it are handled in the same batch', async () => {
    const { model } = given({ fails: { a2: poison } });
    model.tellAll('a', 1, 2, 3);

    expect(await model.deliver()).toEqual({ batchItemFailures: [] });

    expect(model.done).toEqual(['a1', 'a3']);
    expect(names(model)).toEqual(['a2']);
  });

  test('may be what cannot even be read', async () => {
    const { model } = given();
    model.tell('a', 1);
    model.queue.send('no JSON', { group: 'a' });
    model.tell('a', 3);

    await model.drain();

    expect(model.done).toEqual(['a1', 'a3']);
    expect(reasons(model)).toEqual(['NotJson']);
  });
});
