import { Duration } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { brokenPromises } from './promises';
import { PointToPointQueue } from '../../src';
import { flagsOff, flagsOn, givenConsumer, resources, type Resource } from '../given';

const flags = { 'no flags': {}, 'all recommended flags': flagsOn, 'all flags off': flagsOff };
const modes = ['keys of AWS', 'one customer-managed key'];

function givenOrders(mode: string, context = {}) {
  const { stack, consumer } = givenConsumer({ timeout: Duration.seconds(20), reservedConcurrentExecutions: 7 }, context);
  const encryptionKey = mode === modes[0] ? undefined : new Key(stack, 'Key');
  new PointToPointQueue(stack, 'Orders', { consumer, encryptionKey });
  return resources(stack);
}

describe.each(modes)('with %s', (mode) => {
  test.each(Object.entries(flags))('keeps every promise under %s', (_, context) => {
    expect(brokenPromises(givenOrders(mode, context))).toEqual([]);
  });
});

/** Each trap, put back. */
const traps: Record<string, (parts: Record<'queue' | 'dead' | 'table' | 'mapping' | 'handler' | 'policy', any>, all: Record<string, Resource>) => void> = {
  'Q1: no dead-letter queue': ({ queue }) => { delete queue.Properties.RedrivePolicy; },
  'Q1: a crashing consumer outlasts the retention': ({ queue }) => { queue.Properties.RedrivePolicy.maxReceiveCount = 1000; queue.Properties.VisibilityTimeout = 900; },
  'Q2: dead letters vanish within a week': ({ dead }) => { dead.Properties.MessageRetentionPeriod = 345_600; },
  'Q3: one throttle makes a dead letter': ({ queue }) => { queue.Properties.RedrivePolicy.maxReceiveCount = 1; },
  'Q3: receives end before tries do': ({ queue }) => { queue.Properties.RedrivePolicy.maxReceiveCount = 6; },
  'Q4: a second run beside the first': ({ queue }) => { queue.Properties.VisibilityTimeout = 30; },
  'Q5: one message fails its batch': ({ mapping }) => { delete mapping.Properties.FunctionResponseTypes; },
  'Q12: throttles use up receives': ({ mapping }) => { delete mapping.Properties.ScalingConfig; },
  'Q15: anybody may redrive here': ({ dead }) => { delete dead.Properties.RedriveAllowPolicy; },
  'Q15: the queue itself may not redrive here': ({ queue }) => { queue.Properties.QueueName = { 'Fn::Join': ['', ['other']] }; },
  'Q16: not encrypted, or with a key that nobody else may use': ({ queue }) => { queue.Properties.KmsMasterKeyId = 'alias/aws/sqs'; },
  'Q16: the consumer may not encrypt dead letters': ({ policy }) => { remove(policy, 'kms:GenerateDataKey'); },
  'Q16: the consumer may not decrypt': ({ policy }) => { remove(policy, 'kms:Decrypt'); },
  'Q17: the queue is deleted with what it holds': ({ queue }) => { queue.DeletionPolicy = 'Delete'; },
  'Q17: the dead is deleted with what it holds': ({ dead }) => { dead.UpdateReplacePolicy = 'Delete'; },
  'Q17: the table is deleted with what it holds': ({ table }) => { delete table.DeletionPolicy; },
  'Q19: no room for the reason': ({ queue }) => { queue.Properties.MaximumMessageSize = 1_048_576; },
  'I1: forgotten before it comes back': ({ dead }) => { dead.Properties.MessageRetentionPeriod *= 2; },
  'I8: the memory can be lost': ({ table }) => { delete table.Properties.PointInTimeRecoverySpecification; },
  'L1: asynchronous invocations vanish': ({ handler }) => { delete handler.Properties.DeadLetterConfig; },
  'reached without TLS': (_, all) => { for (const [id, { Type }] of Object.entries(all)) { if (Type === 'AWS::SQS::QueuePolicy') { delete all[id]; } } },
  'the consumer may not read': ({ policy }) => { remove(policy, 'sqs:ChangeMessageVisibility'); },
  'the consumer may not dead-letter': ({ policy }) => { remove(policy, 'sqs:SendMessage'); },
  'the consumer reaches the memory of others': ({ policy }) => { for (const each of policy.Properties.PolicyDocument.Statement) { delete each.Condition; } },
  'a wildcard action': ({ policy }) => { policy.Properties.PolicyDocument.Statement.push({ Action: 'sqs:*', Resource: '*' }); },
  'the mapping may come before its permissions': ({ mapping }) => { delete mapping.DependsOn; },
};

test.each(Object.entries(traps))('is told when the trap is put back: %s', (name, putBack) => {
  const all: Record<string, Resource> = structuredClone(givenOrders(modes[1]!));
  const find = (type: string, and: (resource: Resource) => boolean = () => true) => Object.values(all).find((each) => each.Type === type && and(each))!;
  const parts = {
    queue: find('AWS::SQS::Queue', ({ Properties }) => Properties.RedrivePolicy),
    dead: find('AWS::SQS::Queue', ({ Properties }) => Properties.RedriveAllowPolicy),
    table: find('AWS::DynamoDB::Table'),
    mapping: find('AWS::Lambda::EventSourceMapping'),
    handler: find('AWS::Lambda::Function'),
    policy: find('AWS::IAM::Policy'),
  };

  putBack(parts, all);

  expect(brokenPromises(all)).toContain(name);
});

function remove(policy: Resource, action: string) {
  for (const statement of policy.Properties.PolicyDocument.Statement) {
    statement.Action = [statement.Action].flat().filter((each: string) => each !== action);
  }
}
