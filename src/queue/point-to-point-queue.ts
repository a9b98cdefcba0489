import { Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping, IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnQueue, IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { contradictions, defaults, limits, Settings } from './settings';
import { bindConsumer, consumerProblem, sameEnvironment } from '../consumer/consumer';
import { DeadLetterQueue } from '../dead-letter/dead-letter-queue';
import { IdempotencyTable } from '../idempotency/idempotency-table';
import { Outbox } from '../outbox/outbox';
import { check } from '../private/check';
import { grantSend } from '../private/grant-send';

// SQS takes 1 MiB; what is missing here is the room for the reason that a handler adds to a dead letter
const MAX_MESSAGE_BYTES = (1024 - 16) * 1024;

/** Properties of a `PointToPointQueue`. */
export interface PointToPointQueueProps {
  /**
   * The function that handles the messages: a `ConsumerFunction`, or any `Function` of this app. A function consumes one queue.
   */
  readonly consumer: IFunction;

  /**
   * What the consumer's records of finished work are filed under: 1 to 512 characters without `#`, `*`, `?` and `$`.
   *
   * Set it before you move the queue within your app: under a new id the consumer has no memory, and would handle a message twice that comes back.
   *
   * @default - the path of the construct
   */
  readonly consumerId?: string;

  /**
   * How often a message is tried before the handler puts it, with the reason, into the dead-letter queue. At least 1.
   *
   * The handler counts tries, not receives: a message that waits for a crashed or throttled neighbour uses up nothing.
   *
   * @default 5
   */
  readonly maxAttempts?: number;

  /**
   * How often Amazon SQS hands out a message before it moves it to the dead-letter queue by itself, between 5 and 1000: the far net, for a
   * consumer that crashes or never starts. It must exceed `maxAttempts` by 4 or more, because a receive is not always a try.
   *
   * A consumer that is not written with `queueConsumer` counts no tries: set `maxReceiveCount` to 5 and `maxAttempts` to 1 for it.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
   * @default - ten times `maxAttempts`, at least 50; fewer when so many visibility timeouts would last longer than `retentionPeriod`
   */
  readonly maxReceiveCount?: number;

  /**
   * The wait before the second try, between 1 second and 12 hours. It doubles with each further try up to `maxRetryDelay`; the actual wait is a
   * random part of it, so that messages that failed together do not come back together.
   *
   * @default Duration.seconds(1)
   */
  readonly retryDelay?: Duration;

  /**
   * The longest wait between two tries, between `retryDelay` and 12 hours.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
   * @default Duration.minutes(15), or `retryDelay` when that is longer
   */
  readonly maxRetryDelay?: Duration;

  /**
   * How long a message that was handed out stays hidden, up to 12 hours. It can only be raised: when it ends early, a second invocation works on
   * the message while the first still does.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   * @default - six times the timeout of the consumer, and `maxBatchingWindow`
   */
  readonly visibilityTimeout?: Duration;

  /**
   * How long a message waits for its consumer before Amazon SQS deletes it, between 60 seconds and 7 days less than the dead-letter queue keeps it.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
   * @default Duration.days(4)
   */
  readonly retentionPeriod?: Duration;

  /**
   * How long the consumer remembers that it has finished a message.
   *
   * It must outlast every way for the message to come back: from the queue, from the dead-letter queue, and from the queue again after a redrive.
   *
   * @default - `retentionPeriod` twice, the retention of the dead-letter queue, and one day: 23 days
   */
  readonly rememberFor?: Duration;

  /**
   * How many messages one invocation gets at most, between 1 and 10000; more than 10 need a `maxBatchingWindow`.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   * @default 10
   */
  readonly batchSize?: number;

  /**
   * How long an invocation waits for its batch to fill, up to 5 minutes.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   * @default Duration.seconds(0)
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * How many invocations run side by side at most, between 2 and 1000. Not more than the reserved concurrency of the consumer: what is invoked beyond it
   * is throttled, and uses up receives of healthy messages.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
   * @default - the reserved concurrency of the consumer; without one Lambda scales up to 1250
   */
  readonly maxConcurrency?: number;

  /**
   * How long every new message stays hidden at first, up to 15 minutes.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
   * @default Duration.seconds(0)
   */
  readonly deliveryDelay?: Duration;

  /**
   * Where messages rest that the consumer could not handle; it may serve up to ten queues.
   * @default - one of its own, which keeps them for 14 days
   */
  readonly deadLetterQueue?: DeadLetterQueue;

  /**
   * Where the consumer remembers the messages that it has finished.
   * @default - the table that all consumers of the stack share: `IdempotencyTable.of(this, encryptionKey)`
   */
  readonly idempotencyTable?: IdempotencyTable;

  /**
   * Where the consumer puts the events that it emits with `tx.emit`, in one transaction with its other effects.
   * @default - the consumer emits no events
   */
  readonly outbox?: Outbox;

  /**
   * The key that encrypts the messages, the dead letters and the records of finished work.
   *
   * A `deadLetterQueue` or an `idempotencyTable` of yours must have a key too. Consumers with another key share another table: before you change the key
   * of a queue that is in use, give it an `idempotencyTable` of its own, or it forgets what it has finished.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
   * @default - encrypted with keys that AWS owns and that cost nothing
   */
  readonly encryptionKey?: IKey;
}

/**
 * A queue with its consumer, that loses no message and handles none twice.
 *
 * What the consumer cannot handle rests in a dead-letter queue with the reason; what comes a second time is recognised. Queues and records are
 * encrypted, reached over TLS only, and kept when the stack is deleted. Write the consumer with `queueConsumer` of `cdk-event-patterns/lambda`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 *
 * @example
 * import { ConsumerFunction, PointToPointQueue } from 'cdk-event-patterns';
 *
 * const orders = new PointToPointQueue(this, 'Orders', {
 *   consumer: new ConsumerFunction(this, 'HandleOrder', { entry: 'functions/handle-order.ts' }),
 * });
 *
 * declare const checkout: lambda.Function;
 * orders.grantSend(checkout);
 */
export class PointToPointQueue extends Construct {
  /** The queue that producers send to. */
  public readonly queue: IQueue;

  /** Where messages rest that the consumer could not handle. */
  public readonly deadLetterQueue: DeadLetterQueue;

  /** Where the consumer remembers the messages that it has finished. */
  public readonly idempotencyTable: IdempotencyTable;

  /** The function that handles the messages. */
  public readonly consumer: IFunction;

  /** What reads the queue and invokes the consumer. */
  public readonly eventSourceMapping: EventSourceMapping;

  private readonly encryptionKey?: IKey;

  constructor(scope: Construct, id: string, props: PointToPointQueueProps) {
    super(scope, id);
    this.idempotencyTable = props.idempotencyTable ?? IdempotencyTable.of(this, props.encryptionKey);
    const settings = settingsOf(this, props, this.idempotencyTable);

    this.consumer = props.consumer;
    this.encryptionKey = props.encryptionKey;
    this.deadLetterQueue = props.deadLetterQueue ?? new DeadLetterQueue(this, 'DeadLetterQueue', { encryptionKey: props.encryptionKey });
    this.queue = this.createQueue(props, settings);
    this.eventSourceMapping = this.connect(props.consumerId ?? this.node.path, settings, props.outbox);
  }

  /** Lets `grantee` send messages to the queue, and nothing else. */
  public grantSend(grantee: IGrantable): Grant {
    return grantSend(this.queue, grantee, this.encryptionKey);
  }

  /**
   * The age of the oldest message that waits, in seconds: how far the consumer lags behind.
   *
   * Amazon SQS leaves out a message that was received more than three times, so watch `metricDeadLetters` as well.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   * @default - the maximum over 5 minutes
   */
  public metricAgeOfOldestMessage(options?: MetricOptions): Metric {
    return this.queue.metricApproximateAgeOfOldestMessage(options);
  }

  /**
   * How many messages are being handled; above about 120,000 Amazon SQS hands out no more.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
   * @default - the maximum over 5 minutes
   */
  public metricMessagesInFlight(options?: MetricOptions): Metric {
    return this.queue.metricApproximateNumberOfMessagesNotVisible(options);
  }

  /**
   * How many messages rest in the dead-letter queue: anything above zero wants a look.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   * @default - the maximum over 5 minutes
   */
  public metricDeadLetters(options?: MetricOptions): Metric {
    return this.deadLetterQueue.metricDeadLetters(options);
  }

  private createQueue(props: PointToPointQueueProps, settings: Settings): IQueue {
    const queue = new Queue(this, 'Queue', {
      queueName: this.deadLetterQueue._nameSource(this),
      deadLetterQueue: { queue: this.deadLetterQueue.queue, maxReceiveCount: settings.maxReceiveCount },
      visibilityTimeout: settings.visibilityTimeout,
      retentionPeriod: settings.retentionPeriod,
      deliveryDelay: props.deliveryDelay,
      encryption: props.encryptionKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: props.encryptionKey,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // the queue of an older aws-cdk-lib refuses more than 256 KiB
    (queue.node.defaultChild as CfnQueue).maximumMessageSize = MAX_MESSAGE_BYTES;
    return queue;
  }

  private connect(consumerId: string, settings: Settings, outbox?: Outbox): EventSourceMapping {
    const { rememberFor, maxAttempts, retryDelay, maxRetryDelay } = settings;
    const grants = [
      this.grantConsume(this.consumer),
      ...bindConsumer(this.consumer, this, {
        consumerId, rememberFor, maxAttempts, retryDelay, maxRetryDelay, outbox,
        source: { kind: 'sqs', arn: this.queue.queueArn, url: this.queue.queueUrl },
        deadLetterQueue: this.deadLetterQueue,
        idempotencyTable: this.idempotencyTable,
      }),
    ];

    // a consumer in another stack has its mapping with it, or each stack would need the other
    const elsewhere = Stack.of(this.consumer) !== Stack.of(this);
    const mapping = new EventSourceMapping(elsewhere ? this.consumer : this, elsewhere ? `${Names.nodeUniqueId(this.node)}Mapping` : 'Mapping', {
      target: this.consumer,
      eventSourceArn: this.queue.queueArn,
      batchSize: settings.batchSize,
      maxBatchingWindow: settings.maxBatchingWindow,
      maxConcurrency: settings.maxConcurrency,
      reportBatchItemFailures: true,
    });
    // Lambda refuses a mapping whose function may not read the queue yet
    for (const grant of grants) { grant.applyBefore(mapping); }
    return mapping;
  }

  private grantConsume(consumer: IFunction): Grant {
    const receive = Grant.addToPrincipal({
      grantee: consumer,
      actions: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      resourceArns: [this.queue.queueArn],
    });
    return this.encryptionKey ? receive.combine(this.encryptionKey.grant(consumer, 'kms:Decrypt')) : receive;
  }
}

function settingsOf(queue: PointToPointQueue, props: PointToPointQueueProps, table: IdempotencyTable): Settings {
  const deadLetterRetention = props.deadLetterQueue?.retentionPeriod ?? Duration.days(14);
  const outside = limits(props);
  // what is impossible by itself says nothing about the rest
  const possible: PointToPointQueueProps = { ...props, ...Object.fromEntries([...outside.keys()].map((prop) => [prop, undefined])) };
  const settings = defaults(possible, deadLetterRetention);
  check(queue, [
    consumerProblem(props.consumer, queue),
    table._problem(props.consumerId ?? queue.node.path),
    ...outside.values(),
    ...contradictions(possible, settings, deadLetterRetention),
    props.deadLetterQueue?._problem(),
    props.deadLetterQueue && sameEnvironment('deadLetterQueue', props.deadLetterQueue, queue),
    unencrypted('deadLetterQueue', props.deadLetterQueue, props.encryptionKey),
    unencrypted('idempotencyTable', props.idempotencyTable, props.encryptionKey),
  ]);
  // nothing is missing: `contradictions` names each default that could not be found
  return settings as Settings;
}

function unencrypted(prop: string, part?: DeadLetterQueue | IdempotencyTable, key?: IKey) {
  return part && key && !part.encryptionKey ? `encryptionKey is set, but ${prop} ${part.node.path} has none; give it one too` : undefined;
}
