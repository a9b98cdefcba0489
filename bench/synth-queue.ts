import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type CfnFunction, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { CfnQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type * as Package from '../src';
import { compiledPackage } from './compiled-package';
import { figure } from './figure';
import { inTurns } from './in-turns';

type Build = (stack: Stack, consumer: LambdaFunction) => void;

/** The time to synthesize a stack with one queue, over plain constructs that give the same resources. */
export async function measureSynthQueue() {
  // the validation of templates costs both the same
  process.env.CDK_VALIDATION = 'false';
  const { PointToPointQueue } = await import(compiledPackage) as typeof Package;
  const ours: Build = (stack, consumer) => { new PointToPointQueue(stack, 'Orders', { consumer }); };

  const outdir = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const [made, plain] = [ours, byHand].map((build) => resourceTypes(synthesize(build, outdir).resources));
    if (made !== plain) { throw new Error(`synth.queue compares different things: ${made} and by hand ${plain}`); }

    const once = (build: Build) => () => synthesize(build, outdir).took;
    await inTurns(100, once(ours), once(byHand)); // until everything is compiled
    return figure('synth.queue', 'ms', 'plain constructs that give the same resources', await inTurns(200, once(ours), once(byHand)));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** What a `PointToPointQueue` makes, as somebody writes it who knows what is needed. */
function byHand(stack: Stack, consumer: LambdaFunction) {
  const table = new Table(stack, 'FinishedWork', {
    partitionKey: { name: 'id', type: AttributeType.STRING },
    timeToLiveAttribute: 'expiration',
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const deadLetters = new Queue(stack, 'DeadLetters', {
    retentionPeriod: Duration.days(14), encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, removalPolicy: RemovalPolicy.RETAIN,
  });
  const queue = new Queue(stack, 'Orders', {
    queueName: 'orders',
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 50 },
    visibilityTimeout: Duration.seconds(18),
    retentionPeriod: Duration.days(4),
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  (deadLetters.node.defaultChild as CfnQueue).redriveAllowPolicy = {
    redrivePermission: 'byQueue', sourceQueueArns: [stack.formatArn({ service: 'sqs', resource: 'orders' })],
  };

  consumer.addEnvironment('QUEUE', stack.toJsonString({ source: queue.queueArn, url: queue.queueUrl, deadLetters: deadLetters.queueUrl, table: table.tableName }));
  (consumer.node.defaultChild as CfnFunction).deadLetterConfig = { targetArn: deadLetters.queueArn };
  deadLetters.grantSendMessages(consumer);
  queue.grantConsumeMessages(consumer);
  consumer.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'], resources: [table.tableArn] }));
  consumer.addEventSourceMapping('Mapping', { eventSourceArn: queue.queueArn, batchSize: 10, reportBatchItemFailures: true });
}

function synthesize(build: Build, outdir: string) {
  const start = performance.now();
  const app = new App({ outdir });
  const stack = new Stack(app, 'Shop');
  build(stack, new LambdaFunction(stack, 'Consumer', { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = async () => {}') }));
  const { template } = app.synth().getStackByName('Shop');
  return { took: performance.now() - start, resources: (template as { Resources: Record<string, { Type: string }> }).Resources };
}

function resourceTypes(resources: Record<string, { Type: string }>): string {
  return Object.values(resources).map(({ Type }) => Type).sort().join(', ');
}
