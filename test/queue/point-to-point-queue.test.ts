import { Duration, Lazy, Token } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { IdempotencyTable, PointToPointQueue } from '../../src';
import { allowed, givenConsumer, givenFunction, logicalId, permissions, rendered, told } from '../given';

test('keeps messages for 4 days, encrypted, also when the stack is deleted', () => {
  const { stack, consumer } = givenConsumer();

  const orders = new PointToPointQueue(stack, 'Orders', { consumer });

  expect(rendered(orders.queue)).toMatchObject({
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: { MessageRetentionPeriod: 345_600, SqsManagedSseEnabled: true },
  });
});

test('leaves room for the reason of a dead letter beside the largest message', () => {
  const { stack, consumer } = givenConsumer();

  const orders = new PointToPointQueue(stack, 'Orders', { consumer });

  const [most, mostWithReason] = [orders.queue, orders.deadLetterQueue.queue].map((queue) => rendered(queue).Properties.MaximumMessageSize);
  expect(mostWithReason - most).toBe(16 * 1024);
});

test('sends to its dead-letter queue what was received 50 times', () => {
  const { stack, consumer } = givenConsumer();

  const orders = new PointToPointQueue(stack, 'Orders', { consumer });

  expect(rendered(orders.queue).Properties.RedrivePolicy).toEqual({
    deadLetterTargetArn: stack.resolve(orders.deadLetterQueue.queue.queueArn),
    maxReceiveCount: 50,
  });
});

test('has a name of 80 characters at most that differs from deployment to deployment', () => {
  const { stack, consumer } = givenConsumer();

  const orders = new PointToPointQueue(stack, `Orders${'OfAllKinds'.repeat(20)}`, { consumer });

  const [name, deployment] = rendered(orders.queue).Properties.QueueName['Fn::Join'][1];
  // the deployment is the first part of a UUID, eight characters
  expect(name.length + 8).toBeLessThanOrEqual(80 - '.fifo'.length);
  expect(name).toMatch(/^Shop-Orders.*-$/);
  expect(JSON.stringify(deployment)).toContain('AWS::StackId');
});

test.each([
  [undefined, undefined, 18],
  [Duration.seconds(30), undefined, 180],
  [Duration.minutes(15), undefined, 5400],
  [Duration.seconds(30), Duration.seconds(20), 200],
])('hides a message while a consumer with a timeout of %s and a window of %s works on it', (timeout, maxBatchingWindow, visibility) => {
  const { stack, consumer } = givenConsumer({ timeout });

  const orders = new PointToPointQueue(stack, 'Orders', { consumer, maxBatchingWindow });

  expect(rendered(orders.queue).Properties.VisibilityTimeout).toBe(visibility);
});

test('hides a message longer when asked to', () => {
  const { stack, consumer } = givenConsumer();

  const orders = new PointToPointQueue(stack, 'Orders', { consumer, visibilityTimeout: Duration.hours(1) });

  expect(rendered(orders.queue).Properties.VisibilityTimeout).toBe(3600);
});

test.each([
  ['ten for each try', { maxAttempts: 8 }, 80],
  ['not more than SQS allows', { maxAttempts: 200, retryDelay: Duration.seconds(1), maxRetryDelay: Duration.minutes(1) }, 1000],
  ['not more than fit into the retention', { maxAttempts: 5, retentionPeriod: Duration.hours(1), visibilityTimeout: Duration.minutes(5) }, 12],
  ['not more than fit into the retention after the delay', { maxAttempts: 5, retentionPeriod: Duration.hours(1), visibilityTimeout: Duration.minutes(5), deliveryDelay: Duration.minutes(10) }, 10],
  ['what was asked for', { maxReceiveCount: 9 }, 9],
])('gives a message enough receives: %s', (_, props, expected) => {
  const { stack, consumer } = givenConsumer();

  const orders = new PointToPointQueue(stack, 'Orders', { consumer, ...props });

  expect(rendered(orders.queue).Properties.RedrivePolicy.maxReceiveCount).toBe(expected);
});

test('invokes the consumer with ten messages at most, of which each fails by itself', () => {
  const { stack, consumer } = givenConsumer();

  const { queue, eventSourceMapping } = new PointToPointQueue(stack, 'Orders', { consumer });

  expect(rendered(eventSourceMapping).Properties).toEqual({
    EventSourceArn: stack.resolve(queue.queueArn),
    FunctionName: { Ref: logicalId(consumer) },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    BatchSize: 10,
    MaximumBatchingWindowInSeconds: 0,
  });
});

test('reads the queue only when its consumer may', () => {
  const { stack, consumer } = givenConsumer();

  const { eventSourceMapping } = new PointToPointQueue(stack, 'Orders', { consumer });

  expect(rendered(eventSourceMapping).DependsOn).toContain(logicalId(consumer.role!.node.findChild('DefaultPolicy')));
});

test.each([
  [4, undefined, 4],
  [2000, undefined, 1000],
  [undefined, 20, 20],
  [30, 20, 20],
])('invokes beside each other, of %s reserved and %s wanted, %s', (reservedConcurrentExecutions, maxConcurrency, expected) => {
  const { stack, consumer } = givenConsumer({ reservedConcurrentExecutions });

  const { eventSourceMapping } = new PointToPointQueue(stack, 'Orders', { consumer, maxConcurrency });

  expect(rendered(eventSourceMapping).Properties.ScalingConfig).toEqual({ MaximumConcurrency: expected });
});

test('passes on how it batches and delays', () => {
  const { stack, consumer } = givenConsumer();

  const { queue, eventSourceMapping } = new PointToPointQueue(stack, 'Orders', {
    consumer, batchSize: 500, maxBatchingWindow: Duration.seconds(5), deliveryDelay: Duration.minutes(1),
  });

  expect(rendered(eventSourceMapping).Properties).toMatchObject({ BatchSize: 500, MaximumBatchingWindowInSeconds: 5 });
  expect(rendered(queue).Properties.DelaySeconds).toBe(60);
});

test('tells its consumer what it needs to know', () => {
  const { stack, consumer } = givenConsumer();

  const orders = new PointToPointQueue(stack, 'Orders', { consumer });

  const json = (token: string) => JSON.stringify(stack.resolve(token));
  expect(told(consumer)).toEqual({
    v: 1,
    id: 'Shop/Orders',
    construct: 'Shop/Orders',
    source: { kind: 'sqs', arn: json(orders.queue.queueArn), url: json(orders.queue.queueUrl) },
    deadLetterQueue: json(orders.deadLetterQueue.queue.queueUrl),
    idempotency: { table: json(orders.idempotencyTable.table.tableName), rememberFor: 23 * 86_400 },
    maxAttempts: 5,
    retry: { delay: 1, maxDelay: 900 },
  });
});

test('tells its consumer what was asked for', () => {
  const { stack, consumer } = givenConsumer();

  new PointToPointQueue(stack, 'Orders', {
    consumer, consumerId: 'orders', maxAttempts: 3, retryDelay: Duration.hours(1), rememberFor: Duration.days(30),
  });

  expect(told(consumer)).toMatchObject({
    id: 'orders', maxAttempts: 3, retry: { delay: 3600, maxDelay: 3600 }, idempotency: { rememberFor: 30 * 86_400 },
  });
});

test('keeps what fails when its consumer is invoked asynchronously', () => {
  const { stack, consumer } = givenConsumer();

  const orders = new PointToPointQueue(stack, 'Orders', { consumer });

  expect(rendered(consumer).Properties.DeadLetterConfig).toEqual({ TargetArn: stack.resolve(orders.deadLetterQueue.queue.queueArn) });
});

test('leaves its consumer the dead-letter queue that it has', () => {
  const { stack } = givenConsumer();
  const own = new Queue(stack, 'Own');
  const consumer = givenFunction(stack, 'Other', { deadLetterQueue: own });

  new PointToPointQueue(stack, 'Orders', { consumer });

  expect(rendered(consumer).Properties.DeadLetterConfig).toEqual({ TargetArn: stack.resolve(own.queueArn) });
});

test('lets its consumer do what it must, and nothing else', () => {
  const { stack, consumer } = givenConsumer();

  const { queue, deadLetterQueue, idempotencyTable } = new PointToPointQueue(stack, 'Orders', { consumer });

  const statements = permissions(consumer);
  expect(allowed(statements, stack.resolve(queue.queueArn))).toEqual(['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']);
  expect(allowed(statements, stack.resolve(deadLetterQueue.queue.queueArn))).toEqual(['sqs:SendMessage']);
  expect(allowed(statements, stack.resolve(idempotencyTable.table.tableArn))).toHaveLength(6);
  expect(statements).toHaveLength(3);
});

describe('with a key', () => {
  function givenEncrypted() {
    const { stack, consumer } = givenConsumer();
    const encryptionKey = new Key(stack, 'Key');
    return { stack, consumer, encryptionKey, orders: new PointToPointQueue(stack, 'Orders', { consumer, encryptionKey }) };
  }

  test('encrypts messages, dead letters and records with it', () => {
    const { stack, encryptionKey, orders } = givenEncrypted();

    const key = stack.resolve(encryptionKey.keyArn);
    expect(rendered(orders.queue).Properties.KmsMasterKeyId).toEqual(key);
    expect(rendered(orders.deadLetterQueue.queue).Properties.KmsMasterKeyId).toEqual(key);
    expect(rendered(orders.idempotencyTable.table).Properties.SSESpecification.KMSMasterKeyId).toEqual(key);
  });

  test('lets its consumer use the key on every hop', () => {
    const { stack, consumer, encryptionKey } = givenEncrypted();

    expect(new Set(allowed(permissions(consumer), stack.resolve(encryptionKey.keyArn)))).toEqual(new Set([
      'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo',
    ]));
  });

  test('lets a sender use it as well', () => {
    const { stack, encryptionKey, orders } = givenEncrypted();
    const sender = givenFunction(stack, 'Checkout');

    orders.grantSend(sender);

    expect(allowed(permissions(sender), stack.resolve(orders.queue.queueArn))).toEqual(['sqs:SendMessage']);
    expect(allowed(permissions(sender), stack.resolve(encryptionKey.keyArn))).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
  });
});

test('lets a sender send, and nothing else', () => {
  const { stack, consumer } = givenConsumer();
  const orders = new PointToPointQueue(stack, 'Orders', { consumer });
  const sender = givenFunction(stack, 'Checkout');

  orders.grantSend(sender).assertSuccess();

  expect(permissions(sender)).toEqual([{ Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: [stack.resolve(orders.queue.queueArn)] }]);
});

test('lets a service send through the policy of the queue', () => {
  const { stack, consumer } = givenConsumer();
  const orders = new PointToPointQueue(stack, 'Orders', { consumer });

  orders.grantSend(new ServicePrincipal('scheduler.amazonaws.com', { conditions: { ArnEquals: { 'aws:SourceArn': 'arn:aws:scheduler:us-east-1:111111111111:schedule/a/b' } } }));

  expect(rendered(orders.queue.node.findChild('Policy')).Properties.PolicyDocument.Statement).toContainEqual(
    expect.objectContaining({ Effect: 'Allow', Action: 'sqs:SendMessage', Principal: { Service: 'scheduler.amazonaws.com' }, Condition: expect.anything() }));
});

test('remembers where it is told to', () => {
  const { stack, consumer } = givenConsumer();
  const idempotencyTable = new IdempotencyTable(stack, 'FinishedWork');

  const orders = new PointToPointQueue(stack, 'Orders', { consumer, idempotencyTable });

  expect(orders.idempotencyTable).toBe(idempotencyTable);
  expect(told(consumer).idempotency.table).toBe(JSON.stringify({ Ref: logicalId(idempotencyTable.table) }));
});

test('measures what tells whether it does well', () => {
  const { stack, consumer } = givenConsumer();
  const orders = new PointToPointQueue(stack, 'Orders', { consumer });

  expect(orders.metricAgeOfOldestMessage()).toMatchObject({ metricName: 'ApproximateAgeOfOldestMessage', dimensions: { QueueName: orders.queue.queueName } });
  expect(orders.metricMessagesInFlight()).toMatchObject({ metricName: 'ApproximateNumberOfMessagesNotVisible', dimensions: { QueueName: orders.queue.queueName } });
  expect(orders.metricDeadLetters({ period: Duration.minutes(1) })).toMatchObject({
    metricName: 'ApproximateNumberOfMessagesVisible', dimensions: { QueueName: orders.deadLetterQueue.queue.queueName }, period: Duration.minutes(1),
  });
});

test('takes values that only the deployment knows', () => {
  const { stack, consumer } = givenConsumer();
  const value = Lazy.number({ produce: () => 6 });
  const length = Duration.seconds(Lazy.number({ produce: () => 700 }));

  const orders = new PointToPointQueue(stack, 'Orders', {
    consumer, maxAttempts: value, maxReceiveCount: value, batchSize: value, maxConcurrency: value, visibilityTimeout: length, retentionPeriod: length,
    rememberFor: length, maxBatchingWindow: length, retryDelay: length, maxRetryDelay: length, deliveryDelay: length, consumerId: Token.asString({ Ref: 'Id' }),
  });

  expect(rendered(orders.queue).Properties).toMatchObject({ VisibilityTimeout: 700, MessageRetentionPeriod: 700, DelaySeconds: 700 });
  expect(told(consumer)).toMatchObject({ id: '{"Ref":"Id"}', maxAttempts: 6, retry: { delay: 700, maxDelay: 700 } });
});
