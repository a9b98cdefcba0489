import { arnOf, urlOf } from './source-records';
import type { ConsumerEnvironment, ConsumerSource } from '../environment';

/** What a construct would tell the handler, as far as a test may want it otherwise. */
export type TestEnvironment = Partial<Omit<ConsumerEnvironment, 'v' | 'source'>>;

const kinds: Readonly<Record<string, ConsumerSource['kind']>> = {
  queueConsumer: 'sqs', topicConsumer: 'sns', eventConsumer: 'eventbridge', streamConsumer: 'kinesis', tableStreamConsumer: 'dynamodb', asyncConsumer: 'lambda',
};

/** The environment of a handler that a door has made: what its construct sets by default, and an outbox. */
export function environmentFor(door: string, fifo: boolean, given: TestEnvironment = {}): ConsumerEnvironment {
  const kind = kinds[door];
  if (!kind) { throw new TypeError(`testConsumer does not know ${door}: its version is not that of the package that has made the handler`); }
  if (fifo && kind !== 'sqs') { throw new TypeError(`fifo: ${door} does not read from a queue`); }
  const name = fifo ? 'test.fifo' : 'test';
  return {
    v: 1, id: 'test', construct: 'test', source: sourceOf(kind, name, fifo),
    deadLetterQueue: urlOf(fifo ? 'dead-letters.fifo' : 'dead-letters'),
    idempotency: { table: 'idempotency', rememberFor: 23 * 86_400 }, outbox: { table: 'outbox' }, maxAttempts: 5, retry: { delay: 1, maxDelay: 900 },
    ...given,
  };
}

function sourceOf(kind: ConsumerSource['kind'], name: string, fifo: boolean): ConsumerSource {
  switch (kind) {
    case 'sqs': return { kind, arn: arnOf('sqs', name), url: urlOf(name), fifo };
    case 'lambda': return { kind };
    default: return { kind, arn: arnOf(kind, name) };
  }
}
