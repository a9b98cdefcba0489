import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { CfnPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnFunction, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, type NagPack, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { ConsumerFunction, DeadLetterQueue, IdempotencyTable, Outbox, PointToPointQueue } from '../../src';

/** What no configuration avoids, and why. */
const unavoidable = {
  deadLetters: { id: 'Serverless-SQSRedrivePolicy', reason: 'the last queue of a chain has nowhere to redrive to' },
  mapping: { id: 'Serverless-LambdaEventSourceMappingDestination', reason: 'Lambda offers a queue no failure destination; its dead-letter queue takes that part' },
  role: { id: 'AwsSolutions-IAM5[Resource::*]', reason: 'the actions of X-Ray, and the list of streams, know no resource' },
};

function givenEveryConstruct(encrypted = false, outdir?: string) {
  const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Shop');
  const encryptionKey = encrypted ? new Key(stack, 'Key', { enableKeyRotation: true }) : undefined;
  const consumer = new ConsumerFunction(stack, 'Consumer', { entry: __filename, encryptionKey });
  const orders = new PointToPointQueue(stack, 'Orders', { consumer, encryptionKey });
  const deadLetterQueue = new DeadLetterQueue(stack, 'DeadLetters', { encryptionKey });
  const idempotencyTable = new IdempotencyTable(stack, 'FinishedWork', { encryptionKey });
  const other = new ConsumerFunction(stack, 'Other', { entry: __filename, encryptionKey });
  const returns = new PointToPointQueue(stack, 'Returns', { consumer: other, deadLetterQueue, idempotencyTable, encryptionKey });
  const outbox = new Outbox(stack, 'Outbox', { bus: new EventBus(stack, 'Bus'), encryptionKey });
  return { app, stack, consumer, orders, other, returns, deadLetterQueue, outbox };
}

function acknowledge({ consumer, orders, other, returns, deadLetterQueue, outbox }: ReturnType<typeof givenEveryConstruct>) {
  const each: [IConstruct, { id: string; reason: string }][] = [
    [orders.deadLetterQueue.queue, unavoidable.deadLetters], [deadLetterQueue.queue, unavoidable.deadLetters],
    [orders.eventSourceMapping, unavoidable.mapping], [returns.eventSourceMapping, unavoidable.mapping],
    [consumer.role!, unavoidable.role], [other.role!, unavoidable.role],
    [outbox.deadLetterQueue.queue, unavoidable.deadLetters], [(outbox.relay as LambdaFunction).role!, unavoidable.role],
  ];
  for (const [on, acknowledgment] of each) { Validations.of(on).acknowledge(acknowledgment); }
}

/** The findings of both packs: the rule, and the construct that breaks it. */
function findings(stack: Stack): string[] {
  const packs: NagPack[] = [new AwsSolutionsChecks(stack), new ServerlessChecks(stack)];
  return packs.flatMap((pack) => pack.validateScope(stack).violations)
    .flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`))
    .sort();
}

test.each([['keys of AWS', false], ['a customer-managed key', true]])('with %s nothing is found but what is unavoidable, and that can be acknowledged by name', (_, encrypted) => {
  const all = givenEveryConstruct(encrypted);

  expect(findings(all.stack)).toEqual([
    'AwsSolutions-IAM5[Resource::*] Shop/ConsumerRole/DefaultPolicy/Resource',
    'AwsSolutions-IAM5[Resource::*] Shop/OtherRole/DefaultPolicy/Resource',
    'AwsSolutions-IAM5[Resource::*] Shop/Outbox/RelayRole/DefaultPolicy/Resource',
    'Serverless-LambdaEventSourceMappingDestination Shop/Orders/Mapping/Resource',
    'Serverless-LambdaEventSourceMappingDestination Shop/Returns/Mapping/Resource',
    'Serverless-SQSRedrivePolicy Shop/DeadLetters/Queue/Resource',
    'Serverless-SQSRedrivePolicy Shop/Orders/DeadLetterQueue/Queue/Resource',
    'Serverless-SQSRedrivePolicy Shop/Outbox/DeadLetterQueue/Queue/Resource',
  ]);
  acknowledge(all);
  expect(findings(all.stack)).toEqual([]);
});

function every<T extends CfnResource>(stack: Stack, type: abstract new (...args: never[]) => T): T[] {
  return stack.node.findAll().filter((each): each is T => each instanceof type);
}

/** Each of our hardenings, taken away. */
const softened: Record<string, (stack: Stack) => void> = {
  'AwsSolutions-SQS3': (stack) => {
    for (const queue of every(stack, CfnQueue)) { queue.redrivePolicy = undefined; }
    for (const it of every(stack, CfnFunction)) { it.deadLetterConfig = undefined; }
  },
  'AwsSolutions-SQS4': (stack) => { for (const { node } of every(stack, CfnQueuePolicy)) { node.scope!.node.tryRemoveChild(node.id); } },
  'AwsSolutions-SQS2': (stack) => { for (const queue of every(stack, CfnQueue)) { queue.sqsManagedSseEnabled = false; } },
  'AwsSolutions-DDB3': (stack) => { for (const table of every(stack, CfnTable)) { table.pointInTimeRecoverySpecification = undefined; } },
  'AwsSolutions-L1': (stack) => { for (const it of every(stack, CfnFunction)) { it.runtime = 'nodejs20.x'; } },
  'AwsSolutions-IAM5[Action::sqs:*]': (stack) => {
    const [policy] = every(stack, CfnPolicy);
    policy!.policyDocument.addStatements(new PolicyStatement({ actions: ['sqs:*'], resources: ['arn:aws:sqs:us-east-1:111111111111:orders'] }));
  },
  'Serverless-LambdaDLQ': (stack) => { for (const it of every(stack, CfnFunction)) { it.deadLetterConfig = undefined; } },
  'Serverless-LambdaTracing': (stack) => { for (const it of every(stack, CfnFunction)) { it.tracingConfig = undefined; } },
};

test.each(Object.entries(softened))('is found when the hardening is gone: %s', (rule, soften) => {
  const all = givenEveryConstruct();
  acknowledge(all);

  soften(all.stack);

  expect(findings(all.stack).map((finding) => finding.split(' ')[0])).toContain(rule);
});

/** What the rules that the CDK itself brings find, at synthesis. */
function violations(soften: (stack: Stack) => void = () => {}): unknown[] {
  const outdir = mkdtempSync(join(tmpdir(), 'rules-'));
  const { CDK_VALIDATION: before } = process.env;
  delete process.env.CDK_VALIDATION;
  try {
    const { app, stack } = givenEveryConstruct(true, outdir);
    soften(stack);
    app.synth();
    const { pluginReports } = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
    return pluginReports.flatMap((report: { violations: { ruleName: string }[] }) => report.violations.map(({ ruleName }) => ruleName));
  } finally {
    if (before !== undefined) { process.env.CDK_VALIDATION = before; }
    rmSync(outdir, { recursive: true });
  }
}

test('the rules that the CDK itself brings find nothing', () => {
  expect(violations()).toEqual([]);
});

test('the rules that the CDK itself brings are at work', () => {
  jest.spyOn(console, 'error').mockImplementation(); // what they find is printed as well

  expect(violations((stack) => { for (const queue of every(stack, CfnQueue)) { queue.visibilityTimeout = 1; } })).not.toEqual([]);
});
