import fc from 'fast-check';
import { failsWith, gapless, itemOf, nameOf, OrderedModel } from './ordered-model';
import { startClock } from './virtual-clock';
import { Poison } from '../../lambda';
import { storm } from '../chaos/storm';

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** What happens to one call to a service. */
interface Strike { readonly nth: number; readonly moment: 'before' | 'after'; readonly kind: 'death' | 'ThrottlingException' | 'TimeoutError' }

const accounts = ['a', 'b'];
const all = [1, 2, 3, 4, 5, 6, 7];

const parameters = storm('events without gaps', 20);

const storms = fc.record({
  // places in the order in which they come; some come several times
  places: fc.subarray(all).chain((again) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length })),
  poison: fc.subarray(all, { maxLength: 2 }),
  strikes: fc.array(fc.record<Strike>({ nth: fc.integer({ min: 1, max: 120 }), moment: fc.constantFrom('before', 'after'), kind: fc.constantFrom('death', 'death', 'ThrottlingException', 'TimeoutError') }), { maxLength: 6 }),
  door: fc.constantFrom('standard', 'apart', 'together'),
  sideBySide: fc.integer({ min: 1, max: 3 }),
  batchSize: fc.constantFrom(1, 3, 10),
});

test('loses nothing, doubles nothing and keeps the order, whatever comes too early, twice, dies or is set aside and comes back', async () => {
  const seen = { parked: 0, letters: 0, deaths: 0 };
  jest.spyOn(console, 'warn').mockImplementation(() => {});

  await fc.assert(fc.asyncProperty(storms, async ({ places, poison, strikes, door, sideBySide, batchSize }) => {
    startClock();
    let [calls, repaired] = [0, false];
    const model = new OrderedModel({
      on: gapless, fifo: door !== 'standard', batchSize, maxReceiveCount: 15, environment: { maxAttempts: 20 },
      process: (change, { tx }) => {
        if (!repaired && change.account === 'a' && poison.includes(change.place)) { throw new Poison('not yet'); }
        tx.write(itemOf(change));
      },
      fault: async (_call, moment, lambda) => {
        if (moment === 'before') { calls++; }
        const strike = strikes.find(({ nth, moment: when }) => nth === calls && when === moment);
        if (strike?.kind === 'death') { seen.deaths++; await lambda.die(); }
        if (strike) { failsWith(strike.kind)(); }
      },
    });
    places.forEach((place, index) => accounts.forEach((account) => model.tell(account, place, door === 'apart' ? { group: `${account}-${place}-${index}` } : {})));

    await model.drain(sideBySide);
    seen.parked += model.counted.counts.Parked ?? 0;
    seen.letters += model.letters.length;
    repaired = true;
    for (let times = 0; times < 10 && model.queue.deadLetters.length > 0; times++) {
      model.queue.redrive();
      await model.drain(sideBySide);
    }

    for (const account of accounts) { expect(model.done.filter((name) => name.startsWith(account))).toEqual(all.map((place) => nameOf({ account, place }))); }
    expect(model.letters).toEqual([]);
    expect(model.remembered('PARKED')).toEqual([]);
    parameters.passed(2 * places.length);
  }), parameters);

  // the storms were storms
  expect(Math.min(seen.parked, seen.letters, seen.deaths)).toBeGreaterThan(parameters.numRuns / 4);
}, 7_200_000);
