import { Duration, Lazy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import * as fc from 'fast-check';
import { brokenPromises } from './promises';
import { DeadLetterQueue, IdempotencyTable, PointToPointQueue } from '../../src';
import { givenFunction, givenStack, resources } from '../given';

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });
const number = (...likely: number[]) => maybe(fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...likely) },
  { weight: 2, arbitrary: fc.integer({ min: -5, max: 2_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, 2.5) },
  { weight: 1, arbitrary: fc.constantFrom('token' as const) },
)).map((value) => value === 'token' ? Lazy.number({ produce: () => 7 }) : value);
const duration = (...likely: Duration[]) => maybe(fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...likely) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2_000_000 }).map((seconds) => Duration.seconds(seconds)) },
  { weight: 1, arbitrary: fc.constantFrom(Duration.millis(1500), Duration.seconds(NaN), Duration.days(Infinity)) },
  { weight: 1, arbitrary: fc.constantFrom('seconds' as const, 'days' as const).map((unit) => Duration[unit](Lazy.number({ produce: () => 60 }))) },
));
const { seconds, minutes, hours, days } = Duration;

const world = fc.record({
  props: fc.record({
    consumerId: maybe(fc.oneof(fc.constantFrom('orders', 'a#b', ''), fc.string())),
    maxAttempts: number(1, 3, 5, 20),
    maxReceiveCount: number(5, 50, 100, 1000),
    retryDelay: duration(seconds(1), minutes(5)),
    maxRetryDelay: duration(minutes(15), hours(12)),
    visibilityTimeout: duration(minutes(2), hours(2), hours(12)),
    retentionPeriod: duration(days(1), days(4), days(7)),
    rememberFor: duration(days(30), days(60), days(365)),
    batchSize: number(1, 10, 100),
    maxBatchingWindow: duration(seconds(0), seconds(30), minutes(5)),
    maxConcurrency: number(2, 10, 1000),
    deliveryDelay: duration(seconds(0), minutes(15)),
  }, { requiredKeys: [] }),
  timeout: maybe(fc.constantFrom(seconds(1), seconds(30), minutes(15))),
  reservedConcurrentExecutions: fc.option(fc.constantFrom(0, 1, 2, 50), { nil: undefined, freq: 2 }),
  encrypted: fc.boolean(),
  own: fc.boolean(),
  deadLetterRetention: duration(days(14), days(14), days(10)),
});

function build({ props, timeout, reservedConcurrentExecutions, encrypted, own, deadLetterRetention }: typeof world extends fc.Arbitrary<infer T> ? T : never) {
  const stack = givenStack();
  const consumer = givenFunction(stack, 'Consumer', { timeout, reservedConcurrentExecutions });
  const encryptionKey = encrypted ? new Key(stack, 'Key') : undefined;
  const parts = own ? {
    deadLetterQueue: new DeadLetterQueue(stack, 'Dead', { encryptionKey, retentionPeriod: deadLetterRetention }),
    idempotencyTable: new IdempotencyTable(stack, 'Done', { encryptionKey }),
  } : {};
  new PointToPointQueue(stack, 'Orders', { consumer, encryptionKey, ...parts, ...props });
  return resources(stack);
}

test('whatever it is given, it keeps its promises or says what to change', () => {
  const outcomes = { built: 0, refused: 0 };

  fc.assert(fc.property(world, (given) => {
    try {
      const known = !JSON.stringify([given.props, given.deadLetterRetention], (_, value) => typeof value === 'number' && value < -1e9 ? 'token' : value).includes('token');
      const template = build(given);
      outcomes.built++;
      expect(JSON.stringify(template)).not.toContain('${Token[');
      if (known) { expect(brokenPromises(template)).toEqual([]); }
    } catch (error) {
      if ((error as Error).name !== 'InvalidPropsError') { throw error; }
      outcomes.refused++;
      expect((error as Error).message).toMatch(/^\[Shop\/(Orders|Dead)\] (PointToPoint|DeadLetter)Queue: .*\b(set|raise|lower|keep|make|give)\b/s);
      expect((error as Error).message).not.toContain('Token[');
    }
  }), { numRuns: 300, seed: 20_26 });

  // neither side is there by chance
  expect(Math.min(outcomes.built, outcomes.refused)).toBeGreaterThan(30);
});
