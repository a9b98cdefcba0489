import { join } from 'node:path';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { ConsumerFunction, Outbox, PointToPointQueue } from 'cdk-event-patterns';
import { type EventPattern, eventPatternOf } from 'cdk-event-patterns/lambda';
import type { Construct } from 'constructs';
import { taskDone } from './task-done';

/** A queue whose consumer emits an event for each task, and a queue in which those events come to rest. */
export class OutboxStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const bus = new EventBus(this, 'Bus');
    const done = new Queue(this, 'Done');
    new Rule(this, 'DoneRule', { eventBus: bus, eventPattern: ruleOf(eventPatternOf(taskDone)), targets: [new SqsQueue(done)] });

    const effects = new Table(this, 'Effects', { partitionKey: { name: 'id', type: AttributeType.STRING }, billingMode: BillingMode.PAY_PER_REQUEST });
    const consumer = new ConsumerFunction(this, 'EmitDone', {
      entry: join(__dirname, 'functions', 'emit-done.ts'), timeout: Duration.seconds(2), environment: { EFFECTS_TABLE: effects.tableName },
    });
    effects.grant(consumer, 'dynamodb:UpdateItem');
    const outbox = new Outbox(this, 'Outbox', { bus });
    const tasks = new PointToPointQueue(this, 'Tasks', { consumer, outbox, maxAttempts: 3, maxRetryDelay: Duration.seconds(2) });

    new CfnOutput(this, 'QueueUrl', { value: tasks.queue.queueUrl });
    new CfnOutput(this, 'DoneQueueUrl', { value: done.queueUrl });
    new CfnOutput(this, 'EffectsTable', { value: effects.tableName });
    new CfnOutput(this, 'OutboxTable', { value: outbox.table.tableName });
  }
}

/** The pattern of a contract in the words of the CDK. */
const ruleOf = ({ source, ...others }: EventPattern) => ({ source: source as string[], detailType: others['detail-type'] as string[] });
