import { apart, givenForgetful as forgetful, givenGapless as given } from './gapless-model';
import { dies, failsWith, itemOf, once, type OrderedModel, type OrderedOptions } from './ordered-model';
import { useVirtualClock } from './virtual-clock';
import { Poison } from '../../lambda';

useVirtualClock();

describe('a parked event that fails when it is released', () => {
  const failing = (failure: () => never, times: number, options: OrderedOptions = {}) => {
    let left = times;
    return forgetful({ ...options, process: (change, { tx }) => { if (change.place === 2 && left-- > 0) { failure(); } tx.write(itemOf(change)); } });
  };
  const park = async (model: OrderedModel) => {
    for (const place of [2, 3]) { model.tell('a', place, apart(place)); }
    await model.drain();
    return model.tell('a', 1);
  };

  test.each([['ThrottlingException', 7], ['Error', 3]])('with %s is tried again, and nothing overtakes it', async (name, times) => {
    const model = failing(failsWith(name), times);
    await park(model);

    await model.drain();

    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(model.tries.filter((tried) => tried === 'a2')).toHaveLength(times + 1);
    expect(model.letters).toEqual([]);
  });

  test.each([
    ['at first sight when it is poison', () => { throw new Poison('no', { reason: 'No' }); }, 1, 'No'],
    ['after all its tries', failsWith('Error'), 5, 'Error'],
  ] as const)('is set aside %s, as it came; those behind it wait until it is back', async (_when, failure, times, reason) => {
    const model = failing(failure as () => never, times);
    const first = await park(model);
    await model.drain();

    expect(model.done).toEqual(['a1']);
    expect(model.letters).toMatchObject([{ reason, messageId: 'message-1' }]);
    // with its letter, the event before it is answered too
    expect(first.receiveCount).toBe(times);
    expect(model.queue.deadLetters).toMatchObject([{ group: 'group-2', deduplicationId: 'message-1' }]);
    expect(model.remembered('PARKED').map(({ delivery }) => JSON.parse(delivery as string) as unknown)).toMatchObject([{ messageId: 'message-2' }]);
    model.queue.redrive();
    await model.drain();
    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(model.remembered('PARKED')).toEqual([]);
  });

  test.each([
    ['its letter cannot be sent', once('SendMessage', 'before', failsWith('ServiceUnavailable'))],
    ['its row cannot be taken out', once('resume', 'before', failsWith('ThrottlingException'))],
    ['the function dies before its letter', once('SendMessage', 'before', dies)],
    ['the function dies after its letter', once('SendMessage', 'after', dies)],
  ])('is not lost when %s', async (_what, fault) => {
    let poisonous = true;
    const model = forgetful({ fault, process: (change, { tx }) => { if (change.place === 2 && poisonous) { throw new Poison('no'); } tx.write(itemOf(change)); } });
    await park(model);
    await model.drain();
    expect(new Set(model.letters.map(({ messageId }) => messageId))).toEqual(new Set(['message-1']));

    poisonous = false;
    model.queue.redrive();
    await model.drain();

    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(model.remembered('PARKED')).toEqual([]);
    expect(model.letters).toEqual([]);
    expect(fault.struck()).toBe(true);
  });

  test('leaves no row behind when its own message was done by a function that could not look for it at first', async () => {
    const dying = once('complete', 'after', dies);
    const blind = once('lookUp', 'before', failsWith('ThrottlingException'));
    let isBlind = false;
    const model = given({ fault: (call, moment, lambda) => dying(call, moment, lambda) ?? (isBlind ? blind(call, moment, lambda) : undefined) });
    const [second, first] = model.tellAll('a', 2, 1);
    await model.hand(second!);
    await model.hand(first!);
    isBlind = true;

    await model.hand(second!);

    expect(blind.struck()).toBe(true);
    expect(model.done).toEqual(['a1', 'a2']);
    expect(model.remembered('PARKED')).toEqual([]);
  });

  test('has its row taken away by the next copy, should there be one although it is done', async () => {
    const model = given();
    const second = model.tell('a', 2);
    await model.hand(second);
    const [row] = model.remembered('PARKED');
    await model.hand(model.tell('a', 1));
    model.table.rewrite(row!.id as string, row!);

    await model.hand(second);

    expect(model.remembered('PARKED')).toEqual([]);
    expect(model.done).toEqual(['a1', 'a2']);
  });

  test('leaves no row behind when it was its own message that was done, or set aside', async () => {
    let poisonous = true;
    const model = given({
      fault: once('complete', 'after', dies),
      process: (change, { tx }) => { if (change.place === 3 && poisonous) { throw new Poison('no'); } tx.write(itemOf(change)); },
    });
    const [third, second, first] = model.tellAll('a', 3, 2, 1);
    await model.hand(third!);
    await model.hand(second!);
    await model.hand(first!);
    expect(model.done).toEqual(['a1']);

    await model.hand(second!);
    expect(model.done).toEqual(['a1', 'a2']);
    expect(model.remembered('PARKED')).toEqual([]);

    poisonous = false;
    model.queue.redrive();
    await model.drain();
    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(model.remembered('PARKED')).toEqual([]);
  });
});
