import fc from 'fast-check';
import { moved } from './group-model';
import { failsWith, itemOf, nameOf, OrderedModel } from './ordered-model';
import { startClock } from './virtual-clock';
import { Poison } from '../../lambda';
import { storm } from '../chaos/storm';

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const places = [1, 2, 3, 4, 5, 6, 7];

const parameters = storm('message groups', 14);

const storms = fc.record({
  poison: fc.subarray(places, { maxLength: 3 }),
  flaky: fc.subarray(places, { maxLength: 2 }),
  onGroupPoison: fc.constantFrom('park', 'continue'),
  strikes: fc.array(fc.record({ nth: fc.integer({ min: 1, max: 80 }), moment: fc.constantFrom('before', 'after'), kind: fc.constantFrom('death', 'ThrottlingException', 'TimeoutError') }), { maxLength: 5 }),
  redrives: fc.integer({ min: 0, max: 2 }),
  sideBySide: fc.integer({ min: 1, max: 3 }),
  batchSize: fc.constantFrom(1, 4, 10),
});

test('groups keep their order and nothing is lost or done twice, whatever is poison, dies, is lost or comes back', async () => {
  const seen = { letters: 0, struck: 0, parked: 0 };
  jest.spyOn(console, 'warn').mockImplementation(() => {});

  await fc.assert(fc.asyncProperty(storms, async ({ poison, flaky, onGroupPoison, strikes, redrives, sideBySide, batchSize }) => {
    startClock();
    const failed = new Set<string>();
    let [calls, repaired] = [0, false];
    const model = new OrderedModel({
      on: [moved], fifo: true, batchSize, environment: { maxAttempts: 20 }, settings: { onGroupPoison },
      process: (change, { tx }) => {
        if (change.account === 'a' && poison.includes(change.place) && !repaired) { throw new Poison('no'); }
        if (flaky.includes(change.place) && !failed.has(nameOf(change))) { failed.add(nameOf(change)); throw new Error('not yet'); }
        tx.write(itemOf(change));
      },
      fault: async (_call, moment, lambda) => {
        if (moment === 'before') { calls++; }
        const strike = strikes.find(({ nth, moment: when }) => nth === calls && when === moment);
        if (strike) { seen.struck++; }
        if (strike?.kind === 'death') { await lambda.die(); }
        if (strike) { failsWith(strike.kind)(); }
      },
    });
    places.forEach((place) => ['a', 'b'].forEach((account) => model.tell(account, place)));

    await model.drain(sideBySide);
    for (let times = 0; times < redrives; times++) {
      model.queue.redrive();
      await model.drain(sideBySide);
    }
    seen.letters += model.letters.length;
    seen.parked += model.letters.filter(({ reason }) => reason === 'GroupParked').length;
    const healthy = poison.length === 0 ? [] : model.letters.filter(({ body }) => body.includes('"account":"b"'));
    repaired = true;
    for (let times = 0; times < 5 && model.letters.length > 0; times++) {
      model.queue.redrive();
      await model.drain(sideBySide);
    }

    expect(healthy).toEqual([]);
    expect(model.letters).toEqual([]);
    expect(model.remembered('HALTED')).toEqual([]);
    expect(model.done.filter((name) => name.startsWith('b'))).toEqual(places.map((place) => `b${place}`));
    const ordered = onGroupPoison === 'park' ? places : [...places.filter((place) => !poison.includes(place)), ...places.filter((place) => poison.includes(place))];
    expect(model.done.filter((name) => name.startsWith('a'))).toEqual(ordered.map((place) => `a${place}`));
    parameters.passed(2 * places.length);
  }), parameters);

  expect(Math.min(seen.letters, seen.struck, seen.parked)).toBeGreaterThan(parameters.numRuns / 4);
}, 7_200_000);
