import { join } from 'node:path';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { ConsumerFunction, DeadLetterQueue, IdempotencyTable } from 'cdk-event-patterns';
import type { Construct } from 'constructs';
import { bindConsumer, type ConsumerSource } from '../../src/consumer/consumer';

/** What a consumer of a test stack is made of. */
export interface ConsumerProps {
  /** The file in `functions`, without its ending. */
  readonly entry: string;
  /** @default 'handler' */
  readonly handler?: string;
  readonly source: ConsumerSource;
  /** @default - one of its own */
  readonly deadLetterQueue?: DeadLetterQueue;
  /** @default 3 */
  readonly maxAttempts?: number;
}

/** A stack of functions that count effects in one table; each is told of its source as a construct would tell it. */
export abstract class ConsumersStack extends Stack {
  private readonly effects: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.effects = new Table(this, 'Effects', { partitionKey: { name: 'id', type: AttributeType.STRING }, billingMode: BillingMode.PAY_PER_REQUEST });
    this.output('EffectsTable', this.effects.tableName);
  }

  /** Makes a function and binds it to its source; what brings the source to it is the stack's own affair. */
  protected consumer(id: string, { entry, handler, source, deadLetterQueue = new DeadLetterQueue(this, `${id}DeadLetters`), maxAttempts = 3 }: ConsumerProps): ConsumerFunction {
    const consumer = new ConsumerFunction(this, id, {
      entry: join(__dirname, 'functions', `${entry}.ts`), handler, timeout: Duration.seconds(2), environment: { EFFECTS_TABLE: this.effects.tableName, EFFECTS_OF: id },
    });
    this.effects.grant(consumer, 'dynamodb:UpdateItem', 'dynamodb:PutItem', 'dynamodb:ConditionCheckItem');
    bindConsumer(consumer, this, {
      consumerId: `${this.node.path}/${id}`, source, deadLetterQueue, idempotencyTable: IdempotencyTable.of(this), rememberFor: Duration.days(30),
      maxAttempts, retryDelay: Duration.seconds(1), maxRetryDelay: Duration.seconds(2),
    });
    this.output(`${id}Name`, consumer.functionName);
    this.output(`${id}LogGroup`, consumer.logGroup.logGroupName);
    this.output(`${id}DeadLettersUrl`, deadLetterQueue.queue.queueUrl);
    this.output(`${id}DeadLettersArn`, deadLetterQueue.queue.queueArn);
    return consumer;
  }

  /** Makes a queue and its consumer. */
  protected queue(id: string, { fifo, ...props }: Pick<ConsumerProps, 'entry' | 'handler'> & { readonly fifo?: boolean }): Queue {
    const deadLetterQueue = new DeadLetterQueue(this, `${id}DeadLetters`);
    const resource = deadLetterQueue.queue.node.defaultChild as CfnQueue;
    resource.fifoQueue = fifo;
    // it may be the dead-letter queue of any queue, this one included
    resource.redriveAllowPolicy = undefined;
    const queue = new Queue(this, `${id}Queue`, {
      fifo, visibilityTimeout: Duration.seconds(3), deadLetterQueue: { queue: deadLetterQueue.queue, maxReceiveCount: 50 },
    });
    const consumer = this.consumer(id, { ...props, source: { kind: 'sqs', arn: queue.queueArn, url: queue.queueUrl, fifo }, deadLetterQueue });
    consumer.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true }));
    this.output(`${id}QueueUrl`, queue.queueUrl);
    this.output(`${id}QueueArn`, queue.queueArn);
    return queue;
  }

  protected output(name: string, value: string): void {
    new CfnOutput(this, name, { value });
  }
}
