import fc from 'fast-check';
import { dies, failsWith, OrderedModel } from './ordered-model';
import { startClock } from './virtual-clock';
import { storm } from '../chaos/storm';

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const places = [1, 2, 3, 4, 5, 6];

const parameters = storm('memory inside the entity', 17);

const storms = fc.record({
  told: fc.subarray(places).chain((again) => fc.shuffledSubarray([...places, ...again], { minLength: places.length + again.length })),
  deletes: fc.subarray([2, 3, 4], { maxLength: 1 }),
  flaky: fc.subarray(places, { maxLength: 2 }),
  strikes: fc.array(fc.record({ nth: fc.integer({ min: 1, max: 40 }), moment: fc.constantFrom('before', 'after'), kind: fc.constantFrom('death', 'ThrottlingException', 'TimeoutError') }), { maxLength: 6 }),
  sideBySide: fc.integer({ min: 1, max: 3 }),
  batchSize: fc.constantFrom(1, 3, 10),
});

test('no event has its effect in the entity twice, and the last one always has it, whatever dies, is lost or comes twice and late', async () => {
  const seen = { applied: 0, stale: 0, duplicate: 0, struck: 0 };
  jest.spyOn(console, 'warn').mockImplementation(() => {});

  await fc.assert(fc.asyncProperty(storms, async ({ told, deletes, flaky, strikes, sideBySide, batchSize }) => {
    startClock();
    const failed = new Set<string>();
    let calls = 0;
    const applied: string[] = [];
    const model = new OrderedModel({
      settings: { idempotency: 'entity' }, batchSize, environment: { maxAttempts: 20 },
      process: ({ account, place }, { tx }) => {
        if (flaky.includes(place) && !failed.has(account + place)) { failed.add(account + place); throw new Error('not yet'); }
        const target = { TableName: 'orders', Key: { orderId: account } };
        tx.write(deletes.includes(place) ? { Delete: target }
          : { Update: { ...target, UpdateExpression: 'ADD #place :one', ExpressionAttributeNames: { '#place': `place${place}` }, ExpressionAttributeValues: { ':one': 1 } } });
      },
      fault: async (_call, moment, lambda) => {
        if (moment === 'before') { calls++; }
        const strike = strikes.find(({ nth, moment: when }) => nth === calls && when === moment);
        if (strike) { seen.struck++; }
        if (strike?.kind === 'death') { await dies(lambda); }
        if (strike) { failsWith(strike.kind)(); }
      },
    });
    // each committed state of the entities, by the place that it has reached
    model.table.db.onChange(({ table, newImage }) => { if (table === 'orders') { applied.push(`${newImage?.orderId?.S}${Number(newImage?.lastEvent?.M?.place?.S)}`); } });
    told.forEach((place) => ['a', 'b'].forEach((account) => model.tell(account, place)));

    await model.drain(sideBySide);

    seen.applied += applied.length;
    seen.stale += model.counted.counts.Stale ?? 0;
    seen.duplicate += model.counted.counts.Duplicate ?? 0;
    expect(applied).toEqual([...new Set(applied)]);
    for (const account of ['a', 'b']) {
      const own = applied.filter((name) => name.startsWith(account));
      expect(own).toEqual([...own].sort());
      const entity = model.table.db.items('orders').find(({ orderId }) => orderId === account)!;
      const lives = own.slice(own.findIndex((name) => deletes.includes(Number(name.slice(1)))) + 1).map((name) => [`place${name.slice(1)}`, 1]);
      expect(entity).toEqual({ orderId: account, lastEvent: expect.objectContaining({ event: `Deposited-${account}-6` }), ...Object.fromEntries(lives) });
    }
    expect(model.letters).toEqual([]);
    parameters.passed(2 * told.length);
  }), parameters);

  expect(Math.min(seen.stale, seen.duplicate, seen.struck)).toBeGreaterThan(parameters.numRuns / 4);
}, 7_200_000);
