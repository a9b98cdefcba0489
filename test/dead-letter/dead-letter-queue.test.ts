import { Duration, Token } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { DeadLetterQueue, PointToPointQueue } from '../../src';
import { allowed, givenFunction, givenStack, logicalId, messageOf, permissions, rendered, resources } from '../given';

test('keeps dead letters for 14 days, encrypted, also when the stack is deleted', () => {
  const deadLetters = new DeadLetterQueue(givenStack(), 'DeadLetters');

  expect(rendered(deadLetters.queue)).toMatchObject({
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: { MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true, MaximumMessageSize: 1_048_576 },
  });
});

test('takes dead letters of nobody while no queue uses it', () => {
  const deadLetters = new DeadLetterQueue(givenStack(), 'DeadLetters');

  expect(rendered(deadLetters.queue).Properties.RedriveAllowPolicy).toEqual({ redrivePermission: 'denyAll' });
});

test('takes dead letters of exactly the queues that share it', () => {
  const stack = givenStack();
  const deadLetterQueue = new DeadLetterQueue(stack, 'DeadLetters');

  const sources = ['A', 'B'].map((id) => new PointToPointQueue(stack, id, { consumer: givenFunction(stack, `Consume${id}`), deadLetterQueue }));

  const { redrivePermission, sourceQueueArns } = rendered(deadLetterQueue.queue).Properties.RedriveAllowPolicy;
  expect(redrivePermission).toBe('byQueue');
  expect(sourceQueueArns).toEqual(sources.map(({ queue }) => stack.resolve(stack.formatArn({ service: 'sqs', resource: Token.asString(rendered(queue).Properties.QueueName) }))));
  expect(sources.map(({ queue }) => rendered(queue).Properties.RedrivePolicy.deadLetterTargetArn))
    .toEqual([1, 2].map(() => stack.resolve(deadLetterQueue.queue.queueArn)));
});

test('is reached over TLS only', () => {
  const stack = givenStack();
  const deadLetters = new DeadLetterQueue(stack, 'DeadLetters');

  const policy = Object.values(resources(stack)).find(({ Type }) => Type === 'AWS::SQS::QueuePolicy');
  expect(policy?.Properties).toMatchObject({
    Queues: [{ Ref: logicalId(deadLetters.queue) }],
    PolicyDocument: { Statement: [{ Effect: 'Deny', Action: 'sqs:*', Principal: { AWS: '*' }, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }] },
  });
});

test('lets a sender use the key as well, action by action', () => {
  const stack = givenStack();
  const encryptionKey = new Key(stack, 'Key');
  const deadLetters = new DeadLetterQueue(stack, 'DeadLetters', { encryptionKey });
  const sender = givenFunction(stack, 'Sender');

  deadLetters.grantSend(sender);

  expect(rendered(deadLetters.queue).Properties.KmsMasterKeyId).toEqual(stack.resolve(encryptionKey.keyArn));
  expect(allowed(permissions(sender), stack.resolve(deadLetters.queue.queueArn))).toEqual(['sqs:SendMessage']);
  expect(allowed(permissions(sender), stack.resolve(encryptionKey.keyArn))).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
});

test('counts what is visible, because automatic moves are not counted as sent', () => {
  const deadLetters = new DeadLetterQueue(givenStack(), 'DeadLetters');

  expect(deadLetters.metricDeadLetters()).toMatchObject({ metricName: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum' });
  expect(deadLetters.metricAgeOfOldestDeadLetter()).toMatchObject({ metricName: 'ApproximateAgeOfOldestMessage', statistic: 'Maximum' });
});

test('fails for an eleventh queue, naming the one that is full', () => {
  const stack = givenStack();
  const deadLetterQueue = new DeadLetterQueue(stack, 'DeadLetters');
  for (let i = 0; i < 10; i++) { new PointToPointQueue(stack, `Queue${i}`, { consumer: givenFunction(stack, `Consumer${i}`), deadLetterQueue }); }

  expect(messageOf(() => new PointToPointQueue(stack, 'Queue10', { consumer: givenFunction(stack, 'Consumer10'), deadLetterQueue }))).toBe(
    '[Shop/Queue10] PointToPointQueue: deadLetterQueue Shop/DeadLetters already serves 10 queues, the most that Amazon SQS allows; give this queue another one');
});

test.each([
  [Duration.seconds(59), '59 seconds'],
  [Duration.days(15), '15 days'],
])('fails on a retention of %s', (retentionPeriod, said) => {
  expect(messageOf(() => new DeadLetterQueue(givenStack(), 'DeadLetters', { retentionPeriod }))).toBe(
    `[Shop/DeadLetters] DeadLetterQueue: retentionPeriod is ${said}, set it between 1 minute and 14 days`);
});

test('lets a principal of another kind send through its role', () => {
  const stack = givenStack();
  const deadLetters = new DeadLetterQueue(stack, 'DeadLetters');
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });

  deadLetters.grantSend(role).assertSuccess();
});
