import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ITable, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { IEventBus } from 'aws-cdk-lib/aws-events';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping, IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { relayFunction } from './relay';
import { DeadLetterQueue } from '../dead-letter/dead-letter-queue';

/** Properties of an `Outbox`. */
export interface OutboxProps {
  /** The bus that the events go to. */
  readonly bus: IEventBus;

  /**
   * Where events rest that the bus will never take.
   * @default - one of its own, which keeps them for 14 days
   */
  readonly deadLetterQueue?: DeadLetterQueue;

  /**
   * The key that encrypts the events while they wait.
   * @default - encrypted with keys that AWS owns and that cost nothing
   */
  readonly encryptionKey?: IKey;
}

/**
 * A table for events that are to be sent together with a write, or not at all, and a relay that publishes them to a bus.
 *
 * A handler that calls `tx.emit` writes the event here, in the transaction of its other effects; the relay sends it on, at least once and each time with the same id. An
 * event stays in the table for 14 days after it was sent.
 *
 * @see https://docs.aws.amazon.com/prescriptive-guidance/latest/cloud-design-patterns/transactional-outbox.html
 *
 * @example
 * import { ConsumerFunction, Outbox, PointToPointQueue } from 'cdk-event-patterns';
 *
 * declare const reserve: ConsumerFunction;
 * const outbox = new Outbox(this, 'Outbox', { bus: new events.EventBus(this, 'Bus') });
 *
 * new PointToPointQueue(this, 'Reservations', { consumer: reserve, outbox });
 */
export class Outbox extends Construct {
  /** The table where the events wait. */
  public readonly table: ITable;

  /** The function that publishes them. */
  public readonly relay: IFunction;

  /** Where events rest that the bus will never take. */
  public readonly deadLetterQueue: DeadLetterQueue;

  private readonly encryptionKey?: IKey;

  constructor(scope: Construct, id: string, props: OutboxProps) {
    super(scope, id);
    this.encryptionKey = props.encryptionKey;
    this.deadLetterQueue = props.deadLetterQueue ?? new DeadLetterQueue(this, 'DeadLetterQueue', { encryptionKey: props.encryptionKey });
    this.table = this.createTable(props.encryptionKey);
    this.relay = relayFunction(this, { bus: props.bus, deadLetterQueue: this.deadLetterQueue.queue, encryptionKey: props.encryptionKey });
    this.connect(props.bus);
  }

  /** Lets `grantee` put events into the outbox, and nothing else. */
  public grantEmit(grantee: IGrantable): Grant {
    const emit = Grant.addToPrincipal({ grantee, actions: ['dynamodb:PutItem'], resourceArns: [this.table.tableArn] });
    return this.encryptionKey ? emit.combine(this.encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey')) : emit;
  }

  private createTable(encryptionKey?: IKey): ITable {
    return new Table(this, 'Table', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
      billingMode: BillingMode.PAY_PER_REQUEST,
      stream: StreamViewType.NEW_IMAGE,
      encryption: encryptionKey ? TableEncryption.CUSTOMER_MANAGED : undefined,
      encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private connect(bus: IEventBus) {
    const stream = this.table.tableStreamArn!;
    const grants = [
      Grant.addToPrincipal({ grantee: this.relay, actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], resourceArns: [stream] }),
      // a stream is found by its name alone
      Grant.addToPrincipal({ grantee: this.relay, actions: ['dynamodb:ListStreams'], resourceArns: ['*'] }),
      Grant.addToPrincipal({ grantee: this.relay, actions: ['events:PutEvents'], resourceArns: [bus.eventBusArn] }),
      this.deadLetterQueue.grantSend(this.relay),
      ...this.encryptionKey ? [this.encryptionKey.grant(this.relay, 'kms:Decrypt')] : [],
    ];
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: this.relay,
      eventSourceArn: stream,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      // as long as the stream has the event; the table has it longer
      retryAttempts: 10_000,
      maxRecordAge: Duration.hours(24),
      // the permission is there: the relay sends letters by itself
      onFailure: { bind: () => ({ destination: this.deadLetterQueue.queue.queueArn }) },
    });
    for (const grant of grants) { grant.applyBefore(mapping); }
  }
}
