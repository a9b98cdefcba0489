import { App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Alias, Function as LambdaFunction, type FunctionProps, SingletonFunction, Code, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DeadLetterQueue, IdempotencyTable, PointToPointQueue, type PointToPointQueueProps } from '../../src';
import { givenConsumer, givenFunction, messageOf } from '../given';

type Props = Omit<PointToPointQueueProps, 'consumer'>;

function problem(props: Props | ((stack: Stack) => Partial<PointToPointQueueProps>), functionProps: Partial<FunctionProps> = {}): string {
  const { stack, consumer } = givenConsumer({ timeout: Duration.seconds(30), ...functionProps });
  const given = typeof props === 'function' ? props(stack) : props;
  const message = messageOf(() => new PointToPointQueue(stack, 'Orders', { consumer, ...given }));
  const start = '[Shop/Orders] PointToPointQueue: ';
  expect(message.slice(0, start.length)).toBe(start);
  return message.slice(start.length);
}

const later = Duration.seconds(Lazy.number({ produce: () => 60 }));

test.each<[Props, string]>([
  [{ maxAttempts: 0 }, 'maxAttempts is 0, set it between 1 and 996'],
  [{ maxAttempts: 997 }, 'maxAttempts is 997, set it between 1 and 996'],
  [{ maxAttempts: 2.5 }, 'maxAttempts is 2.5, set it to a whole number between 1 and 996'],
  [{ maxAttempts: NaN }, 'maxAttempts is NaN, set it between 1 and 996'],
  [{ maxReceiveCount: 4 }, 'maxReceiveCount is 4, set it between 5 and 1000'],
  [{ maxReceiveCount: 1001 }, 'maxReceiveCount is 1001, set it between 5 and 1000'],
  [{ batchSize: 0 }, 'batchSize is 0, set it between 1 and 10000'],
  [{ batchSize: 10_001 }, 'batchSize is 10001, set it between 1 and 10000'],
  [{ maxConcurrency: 1 }, 'maxConcurrency is 1, set it between 2 and 1000'],
  [{ maxConcurrency: 1001 }, 'maxConcurrency is 1001, set it between 2 and 1000'],
  [{ retryDelay: Duration.millis(500) }, 'retryDelay is 0.5 seconds, set it between 1 second and 12 hours'],
  [{ retryDelay: Duration.millis(1500) }, 'retryDelay is 1.5 seconds, set it to whole seconds'],
  [{ retryDelay: Duration.hours(13) }, 'retryDelay is 13 hours, set it between 1 second and 12 hours'],
  [{ maxRetryDelay: Duration.hours(13) }, 'maxRetryDelay is 13 hours, set it between 1 second and 12 hours'],
  [{ visibilityTimeout: Duration.hours(13) }, 'visibilityTimeout is 13 hours, set it between 1 second and 12 hours'],
  [{ retentionPeriod: Duration.seconds(59) }, 'retentionPeriod is 59 seconds, set it between 1 minute and 14 days'],
  [{ retentionPeriod: Duration.days(15) }, 'retentionPeriod is 15 days, set it between 1 minute and 14 days'],
  [{ rememberFor: Duration.days(4000) }, 'rememberFor is 4000 days, set it between 1 second and 3650 days'],
  [{ maxBatchingWindow: Duration.seconds(301) }, 'maxBatchingWindow is 5 minutes 1 second, set it between 0 seconds and 5 minutes'],
  [{ deliveryDelay: Duration.minutes(16) }, 'deliveryDelay is 16 minutes, set it between 0 seconds and 15 minutes'],
  [{ deliveryDelay: Duration.minutes(Lazy.number({ produce: () => 1 })) }, 'deliveryDelay is a number of minutes that only the deployment knows, make it with Duration.seconds()'],
])('fails outside a limit: %j', (props, message) => {
  expect(problem(props)).toBe(message);
});

test('fails on a visibility timeout that ends before the work of a whole batch', () => {
  expect(problem({ visibilityTimeout: Duration.seconds(199), maxBatchingWindow: Duration.seconds(20) })).toBe(
    "visibilityTimeout is 3 minutes 19 seconds, set it to 3 minutes 20 seconds or more: six times the consumer's timeout of 30 seconds, and the maxBatchingWindow");
});

test('fails when the visibility timeout cannot follow what only the deployment knows', () => {
  const message = 'visibilityTimeout cannot follow the timeout of the consumer and maxBatchingWindow, which only the deployment knows; set visibilityTimeout';

  expect(problem({}, { timeout: later })).toBe(message);
  expect(problem({ maxBatchingWindow: later })).toBe(message);
});

test('fails when dead letters would vanish within a week', () => {
  expect(problem({ retentionPeriod: Duration.days(8) })).toBe(
    'retentionPeriod is 8 days, but dead letters are kept for 14 days from when they were sent, which leaves less than 7 days to look at a failure; '
    + 'set retentionPeriod to 7 days or less');
  expect(problem((stack) => ({ deadLetterQueue: new DeadLetterQueue(stack, 'Dead', { retentionPeriod: Duration.days(9) }) }))).toBe(
    'retentionPeriod is 4 days, but dead letters are kept for 9 days from when they were sent, which leaves less than 7 days to look at a failure; '
    + 'set retentionPeriod to 2 days or less, or keep dead letters for 11 days or more');
  expect(problem((stack) => ({ retentionPeriod: Duration.days(8), deadLetterQueue: new DeadLetterQueue(stack, 'Dead', { retentionPeriod: Duration.days(1) }) }))).toBe(
    'retentionPeriod is 8 days, but dead letters are kept for 1 day from when they were sent, which leaves less than 7 days to look at a failure; '
    + 'set retentionPeriod to 7 days or less, and keep dead letters for 14 days');
});

test('fails when the consumer would forget before a message can come back', () => {
  expect(problem({ rememberFor: Duration.days(21) })).toBe(
    'rememberFor is 21 days, set it to 22 days or more: so long a message can come back from the queue, the dead-letter queue and a redrive');
  expect(problem({ retentionPeriod: later })).toBe(
    'rememberFor cannot follow the retention of the queue and its dead-letter queue, which only the deployment knows; set rememberFor');
});

test('fails on a large batch that has no time to fill', () => {
  expect(problem({ batchSize: 11 })).toBe('batchSize is 11, set it to 10 or less, or maxBatchingWindow to 1 second or more');
});

test('fails when more would be invoked than may run', () => {
  expect(problem({ maxConcurrency: 10 }, { reservedConcurrentExecutions: 4 })).toBe(
    'maxConcurrency is 10, set it to 4 or less, the reservedConcurrentExecutions of Shop/Consumer');
});

test.each([0, 1])('fails on a consumer with a reserved concurrency of %d', (reservedConcurrentExecutions) => {
  expect(problem({}, { reservedConcurrentExecutions })).toBe(
    `consumer Shop/Consumer has a reservedConcurrentExecutions of ${reservedConcurrentExecutions}, raise it to 2 or more, `
    + 'or leave it out and set maxConcurrency: 2 is the least that a queue invokes');
});

test('fails when receives may end before tries do', () => {
  expect(problem({ maxReceiveCount: 8 })).toBe('maxReceiveCount is 8, set it to 9 or more, or maxAttempts to 4 or less: a receive is not always a try');
});

test('fails when a message could be deleted before it reaches the dead-letter queue', () => {
  expect(problem({ maxReceiveCount: 1000, visibilityTimeout: Duration.hours(1) })).toBe(
    'retentionPeriod is 4 days, too short for 1000 receives with a visibilityTimeout of 1 hour: Amazon SQS would delete a message before it reaches the '
    + 'dead-letter queue; raise retentionPeriod, or set maxReceiveCount to 96 or less');
  expect(problem({ retentionPeriod: Duration.minutes(10) })).toBe(
    'retentionPeriod is 10 minutes, too short for 9 receives with a visibilityTimeout of 3 minutes: Amazon SQS would delete a message before it reaches the '
    + 'dead-letter queue; raise retentionPeriod, or lower the timeout of the consumer or maxAttempts');
});

test('fails when the waits between tries outlast the retention', () => {
  expect(problem({ maxAttempts: 10, retryDelay: Duration.hours(12) })).toBe(
    'maxAttempts is 10, which with the waits between them takes 4 days 12 hours 5 minutes, longer than the retentionPeriod of 4 days; '
    + 'lower maxAttempts, retryDelay or maxRetryDelay, or raise retentionPeriod');
});

test('fails when the longest wait is shorter than the first', () => {
  expect(problem({ retryDelay: Duration.minutes(5), maxRetryDelay: Duration.minutes(1) })).toBe(
    'maxRetryDelay is 1 minute, set it to 5 minutes or more, the retryDelay');
});

test('fails on a consumer whose environment cannot be set, with what to pass instead', () => {
  const timeout = Duration.seconds(3);
  expect(problem((stack) => ({ consumer: new Alias(stack, 'Live', { aliasName: 'live', version: givenFunction(stack, 'F', { timeout }).currentVersion }) }))).toBe(
    'consumer Shop/Live is an alias, whose environment cannot be set; pass the function itself');
  expect(problem((stack) => ({ consumer: givenFunction(stack, 'F').currentVersion }))).toBe(
    'consumer Shop/F/CurrentVersion is a version, whose environment cannot be set; pass the function itself');
  expect(problem((stack) => ({ consumer: LambdaFunction.fromFunctionName(stack, 'Imported', 'theirs') }))).toBe(
    'consumer Shop/Imported is not a function that this app makes, so its environment cannot be set; pass a ConsumerFunction or a Function of this app');
  expect(problem((stack) => ({
    consumer: new SingletonFunction(stack, 'One', { uuid: 'one', code: Code.fromInline('x'), handler: 'index.handler', runtime: Runtime.NODEJS_22_X }),
  }))).toBe('consumer Shop/One is not a function that this app makes, so its environment cannot be set; pass a ConsumerFunction or a Function of this app');
});

test('fails on a function that consumes another queue', () => {
  const { stack, consumer } = givenConsumer();
  new PointToPointQueue(stack, 'Orders', { consumer });

  expect(messageOf(() => new PointToPointQueue(stack, 'Returns', { consumer }))).toBe(
    '[Shop/Returns] PointToPointQueue: consumer Shop/Consumer already consumes Shop/Orders; give each queue a function of its own');
});

test('fails on an id that another consumer has', () => {
  const { stack, consumer } = givenConsumer();
  new PointToPointQueue(stack, 'Orders', { consumer, consumerId: 'orders' });

  expect(messageOf(() => new PointToPointQueue(stack, 'Returns', { consumer: givenFunction(stack, 'Other'), consumerId: 'orders' }))).toBe(
    "[Shop/Returns] PointToPointQueue: consumerId is 'orders', as that of another consumer in Shop/EventPatternsIdempotency: "
    + "each would take the other's messages for done; set one of its own");
});

test('fails when only a part is encrypted with a key', () => {
  expect(problem((stack) => ({
    encryptionKey: new Key(stack, 'Key'), deadLetterQueue: new DeadLetterQueue(stack, 'Dead'), idempotencyTable: new IdempotencyTable(stack, 'Done'),
  }))).toBe('encryptionKey is set, but deadLetterQueue Shop/Dead has none; give it one too; encryptionKey is set, but idempotencyTable Shop/Done has none; give it one too');
});

test('fails on a consumer or a dead-letter queue in another region', () => {
  const app = new App();
  const [shop, north, south] = [['Shop', 'eu-west-1'], ['North', 'eu-north-1'], ['South', 'eu-south-1']].map(([id, region]) => new Stack(app, id, { env: { region } }));

  const consumer = givenFunction(north!);
  const deadLetterQueue = new DeadLetterQueue(south!, 'Dead');

  expect(messageOf(() => new PointToPointQueue(shop!, 'Orders', { consumer, deadLetterQueue }))).toBe(
    '[Shop/Orders] PointToPointQueue: consumer North/Consumer is in an unknown account/eu-north-1, but the queue is in an unknown account/eu-west-1; '
    + 'put both into one account and region; deadLetterQueue South/Dead is in an unknown account/eu-south-1, but the queue is in an unknown account/eu-west-1; '
    + 'put both into one account and region');
});

test('fails once for everything that is wrong', () => {
  expect(problem({ maxAttempts: 0, batchSize: 11, visibilityTimeout: Duration.seconds(1), rememberFor: Duration.days(1) })).toBe([
    'maxAttempts is 0, set it between 1 and 996',
    "visibilityTimeout is 1 second, set it to 3 minutes or more: six times the consumer's timeout of 30 seconds, and the maxBatchingWindow",
    'rememberFor is 1 day, set it to 22 days or more: so long a message can come back from the queue, the dead-letter queue and a redrive',
    'batchSize is 11, set it to 10 or less, or maxBatchingWindow to 1 second or more',
  ].join('; '));
});
