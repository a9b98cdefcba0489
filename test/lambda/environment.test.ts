import { environment } from './consumer-model';
import { type ConsumerEnvironment, readConsumerEnvironment } from '../../lambda/environment';

const reader = { name: 'queueConsumer', kinds: ['sqs'] as const };
const read = (found: unknown, more: Record<string, string> = {}) =>
  readConsumerEnvironment(reader, { EVENT_PATTERNS_CONSUMER: typeof found === 'string' ? found : JSON.stringify(found), ...more });

test('reads what the construct has set', () => {
  expect(read(environment)).toEqual(environment);
});

test('reads the variables of the process by itself', () => {
  process.env.EVENT_PATTERNS_CONSUMER = JSON.stringify(environment);
  try {
    expect(readConsumerEnvironment(reader)).toEqual(environment);
  } finally {
    delete process.env.EVENT_PATTERNS_CONSUMER;
  }
});

test.each([{}, { EVENT_PATTERNS_CONSUMER: '' }])('fails when it is not set, and says which construct sets it', (variables) => {
  expect(() => readConsumerEnvironment(reader, variables)).toThrow('EVENT_PATTERNS_CONSUMER is not set: make this function the consumer of a construct such as PointToPointQueue, which sets it');
});

test.each(['1', 'true', 'TRUE', 'y', 'Yes', 'on', 't', ' true '])('fails when idempotency is switched off by "%s"', (POWERTOOLS_IDEMPOTENCY_DISABLED) => {
  expect(() => read(environment, { POWERTOOLS_IDEMPOTENCY_DISABLED })).toThrow('POWERTOOLS_IDEMPOTENCY_DISABLED is set');
});

test.each(['', '0', 'false', 'no', 'off'])('does not mind that idempotency is not switched off by "%s"', (POWERTOOLS_IDEMPOTENCY_DISABLED) => {
  expect(read(environment, { POWERTOOLS_IDEMPOTENCY_DISABLED })).toEqual(environment);
});

test('fails on what is not JSON', () => {
  expect(() => read('{v: 1}')).toThrow('EVENT_PATTERNS_CONSUMER is not JSON');
});

test.each(['null', '1', '"text"', '[]', '{}', '{"v":2,"construct":"Shop/Orders"}'])('fails on another version than 1: %s', (text) => {
  expect(() => read(text)).toThrow('is not 1: build the function and the stack with the same version of cdk-event-patterns');
});

test.each([
  ['id', { id: '' }], ['id', { id: 7 }], ['source.arn', { source: { kind: 'sqs', url: 'u' } }], ['source.url', { source: { kind: 'sqs', arn: 'a' } }],
  ['source.kind', { source: undefined }], ['source.kind', { source: null }], ['source.kind', { source: { kind: 'constructor' } }],
  ['source.fifo', { source: { kind: 'sqs', arn: 'a', url: 'u', fifo: 'yes' } }], ['outbox.table', { outbox: {} }], ['outbox.table', { outbox: null }],
  ['deadLetterQueue', { deadLetterQueue: null }],
  ['idempotency.table', { idempotency: { rememberFor: 1 } }], ['idempotency.rememberFor', { idempotency: { table: 't', rememberFor: '1' } }],
  ['idempotency.rememberFor', { idempotency: null }], ['maxAttempts', { maxAttempts: 0 }], ['maxAttempts', { maxAttempts: -1 }],
  ['maxAttempts', { maxAttempts: 'five' }], ['retry.delay', { retry: { maxDelay: 1 } }], ['retry.maxDelay', { retry: { delay: 1, maxDelay: 0 } }],
  ['retry.delay', { retry: undefined }],
] as [string, Record<string, unknown>][])('fails on %s, naming the construct: %j', (name, broken) => {
  expect(() => read({ ...environment, ...broken })).toThrow(new RegExp(`^EVENT_PATTERNS_CONSUMER, set by Shop/Orders: .*\\b${name.replace('.', '\\.')} is .*, not `));
});

test('names every problem at once', () => {
  const broken = { v: 1, construct: 'Shop/Orders' } as unknown as ConsumerEnvironment;

  expect(() => read(broken)).toThrow([
    'source.kind is undefined, not one of sqs, kinesis, dynamodb, sns, eventbridge, lambda', 'id is undefined, not a text', 'deadLetterQueue is undefined, not a text',
    'idempotency.table is undefined, not a text', 'source.arn is undefined, not a text', 'idempotency.rememberFor is undefined, not a number above 0', 'maxAttempts is undefined, not a number above 0',
    'retry.delay is undefined, not a number above 0', 'retry.maxDelay is undefined, not a number above 0',
  ].join('; '));
});

test('says so when even the construct is not named', () => {
  expect(() => read({ v: 1 })).toThrow('set by an unknown construct');
});

test.each([
  ['kinesis', 'streamConsumer'], ['dynamodb', 'tableStreamConsumer'], ['sns', 'topicConsumer'], ['eventbridge', 'eventConsumer'], ['lambda', 'asyncConsumer'],
])('says which function is for %s', (kind, door) => {
  expect(() => read({ ...environment, source: { kind, arn: 'a' } })).toThrow(`the source is ${kind}, which queueConsumer does not handle: write the handler with ${door}`);
});
