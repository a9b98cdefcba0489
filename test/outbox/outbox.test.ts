import { Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { readRelayEnvironment } from '../../lambda/outbox-relay';
import { Outbox, type OutboxProps, PointToPointQueue } from '../../src';
import { allowed, givenConsumer, givenStack, logicalId, permissions, rendered, told } from '../given';

function given(props: (stack: ReturnType<typeof givenStack>) => Partial<OutboxProps> = () => ({})) {
  const stack = givenStack();
  const bus = new EventBus(stack, 'Bus');
  const outbox = new Outbox(stack, 'Outbox', { bus, ...props(stack) });
  return { stack, bus, outbox, relay: outbox.relay as LambdaFunction, template: Template.fromStack(stack) };
}

test('keeps the events when the stack goes, and longer than its stream', () => {
  const { outbox } = given();

  expect(rendered(outbox.table)).toMatchObject({
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
    },
  });
});

test('reads from the first event on, gives up none while the stream has it, and says so when it does', () => {
  const { template, outbox, stack } = given();

  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    StartingPosition: 'TRIM_HORIZON',
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    BisectBatchOnFunctionError: true,
    MaximumRecordAgeInSeconds: 86_400,
    DestinationConfig: { OnFailure: { Destination: stack.resolve(outbox.deadLetterQueue.queue.queueArn) } },
  });
});

test('may do what it does and nothing else', () => {
  const { bus, outbox, relay, stack } = given();
  const statements = permissions(relay);

  expect(allowed(statements, stack.resolve(bus.eventBusArn))).toEqual(['events:PutEvents']);
  expect(allowed(statements, stack.resolve(outbox.deadLetterQueue.queue.queueArn))).toEqual(['sqs:SendMessage']);
  expect(allowed(statements, stack.resolve(outbox.table.tableStreamArn!))).toEqual(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator']);
  expect(allowed(statements, '*')).toEqual(['dynamodb:ListStreams', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments']);
});

test('is told where to publish, in a form that it can read', () => {
  const { relay } = given();
  const { Variables } = rendered(relay).Properties.Environment;
  const text = (Variables.EVENT_PATTERNS_RELAY['Fn::Join'][1] as unknown[]).map((part) => typeof part === 'string' ? part : 'deployed').join('');

  expect(readRelayEnvironment({ EVENT_PATTERNS_RELAY: text })).toEqual({ v: 1, construct: 'Shop/Outbox', bus: 'deployed', deadLetterQueue: 'deployed' });
});

test('lets a consumer put events in, tells it where, and no more', () => {
  const { stack, consumer } = givenConsumer();
  const outbox = new Outbox(stack, 'Outbox', { bus: new EventBus(stack, 'Bus') });
  new PointToPointQueue(stack, 'Orders', { consumer, outbox });

  expect(allowed(permissions(consumer), stack.resolve(outbox.table.tableArn))).toEqual(['dynamodb:PutItem']);
  expect(JSON.parse(told(consumer).outbox.table)).toEqual({ Ref: logicalId(outbox.table) });
});

test('with a key of yours, everybody may use it who has to, and everything is encrypted with it', () => {
  const { template, outbox, relay } = given((scope) => ({ encryptionKey: new Key(scope, 'Key') }));
  const key = Object.keys(template.findResources('AWS::KMS::Key'))[0];

  expect(allowed(permissions(relay), { 'Fn::GetAtt': [key, 'Arn'] })).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey']));
  expect(rendered(outbox.table).Properties.SSESpecification).toMatchObject({ SSEEnabled: true, SSEType: 'KMS' });
  expect(rendered(outbox.deadLetterQueue.queue).Properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [key, 'Arn'] });
  expect(rendered(relay).Properties.KmsKeyArn).toEqual({ 'Fn::GetAtt': [key, 'Arn'] });
});
