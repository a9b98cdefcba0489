import { givenGroups as given, names, poison, reasons } from './group-model';
import { dies, failsWith, itemOf, nameOf, once } from './ordered-model';
import { useVirtualClock } from './virtual-clock';

useVirtualClock();

const parking = { settings: { onGroupPoison: 'park' } } as const;

describe('poison in a group that stops', () => {
  test('has those behind it set aside in their order, also those of later batches; other groups go on', async () => {
    const { model } = given({ ...parking, fails: { a2: poison } });
    model.tellAll('a', 1, 2, 3, 4);
    model.tellAll('b', 1);
    await model.drain();
    model.tellAll('a', 5, 6);
    model.tellAll('b', 2);
    await model.drain();

    expect(model.tries).toEqual(expect.arrayContaining(['a1', 'a2', 'b1', 'b2']));
    expect(model.tries).toHaveLength(4);
    expect(names(model)).toEqual(['a2', 'a3', 'a4', 'a5', 'a6']);
    expect(reasons(model)).toEqual(['No', ...Array.from({ length: 4 }, () => 'GroupParked')]);
    expect(model.queue.deadLetters.map(({ group }) => group)).toEqual(Array.from({ length: 5 }, () => 'a'));
  });

  test('that comes back repaired lets the group go on, in order', async () => {
    const { model, repair } = given({ ...parking, fails: { a2: poison }, batchSize: 2 });
    model.tellAll('a', 1, 2, 3, 4, 5);
    await model.drain();
    repair();
    model.queue.redrive();
    await model.drain();
    model.tell('a', 6);
    await model.drain();

    expect(model.done).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
    expect(model.letters).toEqual([]);
    expect(model.remembered('HALTED')).toEqual([]);
  });

  test('that comes back as it was stops the group again, in order', async () => {
    const { model, repair } = given({ ...parking, fails: { a2: poison } });
    model.tellAll('a', 1, 2, 3, 4);
    await model.drain();
    for (let times = 0; times < 3; times++) {
      model.queue.redrive();
      await model.drain();
      expect(names(model)).toEqual(['a2', 'a3', 'a4']);
      expect(reasons(model)).toEqual(['No', 'GroupParked', 'GroupParked']);
    }
    repair();
    model.queue.redrive();
    await model.drain();

    expect(model.done).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  test('is followed by more poison: the group stops there, until that is repaired too', async () => {
    const failing = new Set(['a2', 'a4']);
    const { model } = given({ ...parking, process: (change, { tx }) => { if (failing.has(nameOf(change))) { poison(); } tx.write(itemOf(change)); } });
    model.tellAll('a', 1, 2, 3, 4, 5);
    await model.drain();
    failing.delete('a2');
    model.queue.redrive();
    await model.drain();
    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(names(model)).toEqual(['a4', 'a5']);
    expect(reasons(model)).toEqual(['No', 'GroupParked']);

    failing.delete('a4');
    model.queue.redrive();
    await model.drain();
    expect(model.done).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
    expect(model.remembered('HALTED')).toEqual([]);
  });

  test('is not overtaken by one that comes back from an earlier time', async () => {
    const { model } = given({ ...parking, fails: { a2: poison } });
    model.tell('a', 2);
    model.tell('a', 3, { attributes: { deadLetter: { DataType: 'String', StringValue: JSON.stringify({ reason: 'Earlier' }) } } });
    model.tell('a', 4);

    await model.drain();

    expect(model.done).toEqual([]);
    expect(names(model)).toEqual(['a2', 'a3', 'a4']);
    expect(reasons(model)).toEqual(['No', 'GroupParked', 'GroupParked']);
  });

  test('sets those behind it aside that come back without it', async () => {
    const { model, repair } = given({ ...parking, fails: { a1: poison } });
    model.tellAll('a', 1, 2);
    await model.drain();
    repair();
    const [head] = model.queue.deadLetters.splice(0, 1);
    model.queue.redrive();
    await model.drain();
    expect(model.done).toEqual([]);
    expect(names(model)).toEqual(['a2']);

    model.queue.deadLetters.unshift(head!);
    model.queue.redrive();
    await model.drain();
    expect(model.done).toEqual(['a1', 'a2']);
  });

  test.each([
    ['its letter cannot be sent', once('SendMessage', 'before', failsWith('ServiceUnavailable'))],
    ['the answer to its letter is lost', once('SendMessage', 'after', failsWith('TimeoutError'))],
    ['the letter behind it cannot be sent', once('SendMessage', 'before', failsWith('ServiceUnavailable'), 2)],
    ['the function dies before its letter', once('SendMessage', 'before', dies)],
    ['the function dies after its letter', once('SendMessage', 'after', dies)],
    ['the function dies after the letter behind it', once('SendMessage', 'after', dies, 2)],
    ['the group cannot be stopped', once('halt', 'before', failsWith('ThrottlingException'))],
    ['the function dies before it has stopped the group', once('halt', 'before', dies)],
    ['the function dies after it has stopped the group', once('halt', 'after', dies)],
    ['the group cannot be let go on', once('resume', 'before', failsWith('ThrottlingException'))],
    ['nobody hears that the group goes on', once('resume', 'after', failsWith('TimeoutError'))],
    ['the function dies before it lets the group go on', once('resume', 'before', dies)],
    ['the function dies after it has let the group go on', once('resume', 'after', dies)],
    ['nobody can tell whether the group is stopped', once('lookUp', 'before', failsWith('ThrottlingException'))],
    ['nobody can tell whether the group is stopped, later', once('lookUp', 'before', failsWith('ThrottlingException'), 2)],
  ])('loses nothing and keeps the order when %s', async (_what, strike) => {
    const { model, repair } = given({ ...parking, batchSize: 3, fails: { a2: poison }, fault: strike });
    model.tellAll('a', 1, 2, 3, 4, 5);
    await model.drain();
    expect(model.done).toEqual(['a1']);
    expect([...new Set(names(model))]).toEqual(['a2', 'a3', 'a4', 'a5']);

    repair();
    for (let times = 0; times < 3 && model.queue.deadLetters.length > 0; times++) {
      model.queue.redrive();
      await model.drain();
    }

    expect(model.done).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
    expect(model.remembered('HALTED')).toEqual([]);
    expect(model.letters).toEqual([]);
    expect(strike.struck()).toBe(true);
  });
});
