import { Duration, Fn, Lazy, Names, RemovalPolicy, ScopedAws, Stack } from 'aws-cdk-lib';
import { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnQueue, IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { check, lasting } from '../private/check';
import { grantSend } from '../private/grant-send';

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html (RedriveAllowPolicy)
const MAX_SOURCES = 10;

/** Properties of a `DeadLetterQueue`. */
export interface DeadLetterQueueProps {
  /**
   * How long a dead letter is kept, between 60 seconds and 14 days, counted from the moment when the message was first sent.
   *
   * It must outlast the retention of each queue that uses it by at least 7 days, so that there is a week to look at a failure.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
   * @default Duration.days(14)
   */
  readonly retentionPeriod?: Duration;

  /**
   * The key that encrypts the dead letters.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
   * @default - encrypted with a key that Amazon SQS owns and that costs nothing
   */
  readonly encryptionKey?: IKey;
}

/**
 * Where messages rest that no handler could finish, until somebody looks at them and sends them back.
 *
 * A `PointToPointQueue` makes its own; make one yourself to let up to ten queues share it. It takes dead letters of those queues
 * and of no other, is reached over TLS only, and is kept when the stack is deleted.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 *
 * @example
 * import { ConsumerFunction, DeadLetterQueue, PointToPointQueue } from 'cdk-event-patterns';
 *
 * declare const reserve: ConsumerFunction;
 * declare const invoice: ConsumerFunction;
 *
 * const deadLetterQueue = new DeadLetterQueue(this, 'DeadLetters');
 * new PointToPointQueue(this, 'Reservations', { consumer: reserve, deadLetterQueue });
 * new PointToPointQueue(this, 'Invoices', { consumer: invoice, deadLetterQueue });
 */
export class DeadLetterQueue extends Construct {
  /** The queue that holds the dead letters. */
  public readonly queue: IQueue;

  /** How long a dead letter is kept. */
  public readonly retentionPeriod: Duration;

  /** The key that encrypts the dead letters, when it is not the one of Amazon SQS. */
  public readonly encryptionKey?: IKey;

  private readonly sourceNames: string[] = [];

  constructor(scope: Construct, id: string, props: DeadLetterQueueProps = {}) {
    super(scope, id);
    check(this, [lasting('retentionPeriod', props.retentionPeriod, Duration.seconds(60), Duration.days(14))]);

    this.encryptionKey = props.encryptionKey;
    // fourteen days, the longest SQS keeps a message: a failure on Friday is still there on Monday
    this.retentionPeriod = props.retentionPeriod ?? Duration.days(14);
    this.queue = new Queue(this, 'Queue', {
      retentionPeriod: this.retentionPeriod,
      encryption: props.encryptionKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: props.encryptionKey,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });

    const resource = this.queue.node.defaultChild as CfnQueue;
    // the most SQS takes: a dead letter is a message and the reason of its failure
    resource.maximumMessageSize = 1024 * 1024;
    resource.redriveAllowPolicy = Lazy.any({ produce: () => this.redriveAllowPolicy() });
  }

  /** Lets `grantee` put messages here: a handler that gives up on a message does it itself, to add the reason. */
  public grantSend(grantee: IGrantable): Grant {
    return grantSend(this.queue, grantee, this.encryptionKey);
  }

  /**
   * How many dead letters rest here: anything above zero wants a look.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   * @default - the maximum over 5 minutes
   */
  public metricDeadLetters(options?: MetricOptions): Metric {
    return this.queue.metricApproximateNumberOfMessagesVisible(options);
  }

  /**
   * The age of the oldest dead letter, in seconds: what comes near `retentionPeriod` is about to be lost.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   * @default - the maximum over 5 minutes
   */
  public metricAgeOfOldestDeadLetter(options?: MetricOptions): Metric {
    return this.queue.metricApproximateAgeOfOldestMessage(options);
  }

  /**
   * Says why no further queue may use this one.
   * @internal
   */
  public _problem(): string | undefined {
    if (this.sourceNames.length < MAX_SOURCES) { return undefined; }
    return `deadLetterQueue ${this.node.path} already serves ${MAX_SOURCES} queues, the most that Amazon SQS allows; give this queue another one`;
  }

  /**
   * Lets the queue of `source` use this one, and returns the name which that queue must have.
   *
   * Each of the two queues names the other, which is a circle, unless one of them has a name that is known beforehand. The name ends with a
   * part of the stack's own id: a stack that is deleted and deployed again never meets the queue that the first one left behind.
   *
   * @internal
   */
  public _nameSource(source: IConstruct): string {
    const stackId = new ScopedAws(Stack.of(this)).stackId;
    const deployment = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', stackId))));
    // 80 characters are allowed: 8 are the deployment, 1 the hyphen, 5 the ".fifo" of later
    const name = `${Names.uniqueResourceName(source, { maxLength: 66, separator: '-', allowedSpecialCharacters: '-_' })}-${deployment}`;
    this.sourceNames.push(name);
    return name;
  }

  private redriveAllowPolicy() {
    if (this.sourceNames.length === 0) { return { redrivePermission: 'denyAll' }; }
    return {
      redrivePermission: 'byQueue',
      sourceQueueArns: this.sourceNames.map((resource) => Stack.of(this).formatArn({ service: 'sqs', resource })),
    };
  }
}
