import { join } from 'node:path';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { ConsumerFunction, PointToPointQueue, type PointToPointQueueProps } from 'cdk-event-patterns';
import type { Construct } from 'constructs';

/** A queue whose consumer counts effects, and does to itself what a task says. */
export class TasksStack extends Stack {
  constructor(scope: Construct, id: string, props: Partial<PointToPointQueueProps> & { readonly timeout?: Duration } = {}) {
    super(scope, id);
    const { timeout = Duration.seconds(2), ...queueProps } = props;
    const effects = new Table(this, 'Effects', { partitionKey: { name: 'id', type: AttributeType.STRING }, billingMode: BillingMode.PAY_PER_REQUEST });
    const consumer = new ConsumerFunction(this, 'DoTask', {
      entry: join(__dirname, 'functions', 'do-task.ts'), timeout, environment: { EFFECTS_TABLE: effects.tableName },
    });
    effects.grant(consumer, 'dynamodb:UpdateItem', 'dynamodb:PutItem', 'dynamodb:ConditionCheckItem');
    const tasks = new PointToPointQueue(this, 'Tasks', {
      consumer,
      maxAttempts: 3,
      maxRetryDelay: Duration.seconds(2),
      ...queueProps,
    });
    new CfnOutput(this, 'QueueUrl', { value: tasks.queue.queueUrl });
    new CfnOutput(this, 'QueueArn', { value: tasks.queue.queueArn });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: tasks.deadLetterQueue.queue.queueUrl });
    new CfnOutput(this, 'DeadLetterQueueArn', { value: tasks.deadLetterQueue.queue.queueArn });
    new CfnOutput(this, 'EffectsTable', { value: effects.tableName });
    new CfnOutput(this, 'FunctionName', { value: consumer.functionName });
    new CfnOutput(this, 'LogGroup', { value: consumer.logGroup.logGroupName });
  }
}
