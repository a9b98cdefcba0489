import fc from 'fast-check';
import { environment } from './consumer-model';
import { DoorModel } from './made-model';
import { bodyOf, type Change, failsWith, gapless, itemOf, nameOf, OrderedModel } from './ordered-model';
import { startClock } from './virtual-clock';
import { Poison, streamConsumer } from '../../lambda';

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** What happens to one call to a service. */
interface Strike { readonly nth: number; readonly moment: 'before' | 'after'; readonly kind: 'death' | 'ThrottlingException' | 'TimeoutError' }

const accounts = ['a', 'b'];
const all = [1, 2, 3, 4, 5, 6, 7];

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
      on: gapless, fifo: door !== 'standard', batchSize, environment: { maxAttempts: 20 },
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
  }), { seed: Number(process.env.CHAOS_SEED ?? 20_260_105), numRuns: Number(process.env.CHAOS_RUNS ?? 200) });

  // the storms were storms
  expect(Math.min(seen.parked, seen.letters, seen.deaths)).toBeGreaterThan(100);
}, 120_000);

describe('a stream', () => {
  const record = (sequence: number, change: Change, partitionKey: string) => ({
    eventSource: 'aws:kinesis',
    kinesis: {
      data: Buffer.from(bodyOf(change)).toString('base64'), partitionKey, sequenceNumber: `${sequence}`, approximateArrivalTimestamp: Date.now() / 1000, kinesisSchemaVersion: '1.0',
    },
  });
  const given = (process: (change: Change) => void = () => {}) => new DoorModel((collaborators) => {
    const handle = (change: Change, { tx }: { readonly tx: { write(...writes: readonly ReturnType<typeof itemOf>[]): void } }) => {
      process(change);
      tx.write(itemOf(change));
    };
    return streamConsumer({ on: gapless, process: { Deposited: handle, Withdrawn: handle } }, collaborators);
  }, { environment: { ...environment, source: { kind: 'kinesis', arn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/accounts' } } });
  const batch = (...records: readonly ReturnType<typeof record>[]) => ({ Records: records }) as never;
  const at = (place: number) => ({ account: 'a', place, amount: 1 });

  beforeEach(() => { startClock(); });

  test('goes on past an event that is parked, and past all that it has before', async () => {
    const model = given();

    expect(await model.invoke(batch(record(1, at(2), 'x'), record(2, at(4), 'x'), record(3, at(3), 'x')))).toEqual({ batchItemFailures: [] });
    expect(model.done).toEqual([]);
    expect(await model.invoke(batch(record(4, at(1), 'y')))).toEqual({ batchItemFailures: [] });

    expect(model.done).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(model.counted.counts).toEqual({ Parked: 3, Processed: 4 });
  });

  test('comes back to the event before the one that could not be released, and from there on nothing is done twice', async () => {
    let busy = 2;
    const model = given(({ place }) => { if (place === 2 && busy-- > 0) { failsWith('ThrottlingException')(); } });
    await model.invoke(batch(record(1, at(2), 'x')));
    const rest = batch(record(2, at(1), 'y'), record(3, at(3), 'y'));

    expect(await model.invoke(rest)).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
    expect(await model.invoke(rest)).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
    expect(await model.invoke(rest)).toEqual({ batchItemFailures: [] });

    expect(model.done).toEqual(['a1', 'a2', 'a3']);
  });
});
