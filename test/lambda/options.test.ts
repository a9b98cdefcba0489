import { z } from 'zod/mini';
import { environment } from './consumer-model';
import { defineEvent, queueConsumer } from '../../lambda';

const schema = z.object({ id: z.string(), place: z.number() });
const key = ({ id }: { id: string }) => id;
const orderBy = ({ place }: { place: number }) => place;
const moved = defineEvent({ source: 'shop', type: 'Moved', version: 1, schema, key, orderBy, aggregate: 'Parcel' });
const sealed = defineEvent({ source: 'shop', type: 'Sealed', version: 1, schema, key, orderBy, aggregate: 'Parcel', gapless: true });
const lost = defineEvent({ source: 'shop', type: 'Lost', version: 1, schema, key });
const nothing = async () => {};
const store = { claim: async () => ({ taken: true, attempt: 1 }), complete: nothing, release: nothing, forget: nothing, lookUp: async () => new Map() };

const functions = { Moved: () => {}, Sealed: () => {}, Lost: () => {} };
// what the types refuse, a caller without types can still say
const start = (options: object) => () => queueConsumer({ process: functions, ...options } as never, { environment });

test.each([
  ['`on` names no event', { on: [] }],
  ['`process` has no function for Lost', { on: [moved, lost], process: { Moved: () => {} } }],
  ['`on` names Lost version 1 of shop 2 times', { on: [lost, moved, lost] }],
  ['Moved, Sealed share the aggregate Parcel: make all of them `gapless`, or none', { on: [moved, lost, sealed] }],
  ['`idempotency: \'entity\'` needs events with `orderBy`, Lost has none', { on: [lost], idempotency: 'entity' }],
  ['Sealed is gapless, which needs `idempotency: \'transaction\'`', { on: [sealed], idempotency: 'entity' }],
  ['`onStale: \'process\'` needs `idempotency: \'transaction\'`: an entity knows its last event only', { on: [moved], idempotency: 'entity', onStale: 'process' }],
  ['`onStale: \'poison\'` needs `idempotency: \'transaction\'`', { on: [moved], idempotency: 'entity', onStale: 'poison' }],
  ['Moved has `orderBy`, which needs the consumer\'s table: leave `store` out', { on: [moved], idempotency: 'claim', store }],
  ['`onGroupPoison: \'park\'` needs the consumer\'s table', { on: [lost], idempotency: 'claim', store, onGroupPoison: 'park' }],
  ['`store` needs `idempotency: \'claim\'`, this is \'transaction\'', { on: [lost], store }],
  ['`concurrency` is 0, not a whole number from 1 to 1000', { on: [lost], concurrency: 0 }],
  ['`concurrency` is 2.5', { on: [lost], concurrency: 2.5 }],
  ['`concurrency` is 1001', { on: [lost], concurrency: 1001 }],
])('a consumer fails at its start, and names its construct: %s', (problem, options) => {
  expect(start(options)).toThrow(expect.objectContaining({ name: 'EnvironmentError', message: expect.stringMatching(/^consumer of Shop\/Orders: /) }));
  expect(start(options)).toThrow(problem);
});

test('names every problem at once', () => {
  expect(start({ on: [lost, lost], idempotency: 'entity', emits: [moved], concurrency: -1 })).toThrow(/2 times.*Lost has none.*`emits` needs `idempotency.*needs an outbox.*-1/);
});

test.each([{ on: [moved, lost] }, { on: [sealed] }, { on: [moved], idempotency: 'entity' }, { on: [lost], idempotency: 'claim', store }, { on: lost, process: () => {} }])(
  'takes what fits together: %#', (options) => { expect(start(options)).not.toThrow(); },
);
