import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ITable, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct, IConstruct } from 'constructs';
import { check } from '../private/check';

const CONSUMER_ID = /^[^#*?$\p{Cc}]{1,512}$/u;

/** Properties of an `IdempotencyTable`. */
export interface IdempotencyTableProps {
  /**
   * The key that encrypts the records.
   *
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
   * @default - encrypted with a key that Amazon DynamoDB owns and that costs nothing
   */
  readonly encryptionKey?: IKey;
}

/**
 * The memory of finished work: a message that comes a second time is found here, and is not handled again.
 *
 * One table serves every consumer of a stack, each below a prefix of its own that its permissions do not let it leave. Records expire by themselves;
 * the table is backed up continuously, protected against deletion, and kept when the stack is deleted.
 *
 * @see https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/
 *
 * @example
 * import { ConsumerFunction, IdempotencyTable, PointToPointQueue } from 'cdk-event-patterns';
 *
 * declare const reserve: ConsumerFunction;
 *
 * const idempotencyTable = new IdempotencyTable(this, 'FinishedWork');
 * new PointToPointQueue(this, 'Reservations', { consumer: reserve, idempotencyTable });
 */
export class IdempotencyTable extends Construct {
  /**
   * The table that the consumers of a stack share when they are given none; one for each key that they are encrypted with.
   *
   * @param scope anything in the stack
   * @param encryptionKey the key that encrypts the records; without it Amazon DynamoDB uses a key of its own
   */
  public static of(scope: IConstruct, encryptionKey?: IKey): IdempotencyTable {
    const stack = Stack.of(scope);
    const id = `EventPatternsIdempotency${encryptionKey ? encryptionKey.node.addr.slice(-8) : ''}`;
    return (stack.node.tryFindChild(id) as IdempotencyTable | undefined) ?? new IdempotencyTable(stack, id, { encryptionKey });
  }

  /** The table that holds the records. */
  public readonly table: ITable;

  /** The key that encrypts the records, when it is not the one of Amazon DynamoDB. */
  public readonly encryptionKey?: IKey;

  private readonly consumerIds = new Set<string>();

  constructor(scope: Construct, id: string, props: IdempotencyTableProps = {}) {
    super(scope, id);

    this.encryptionKey = props.encryptionKey;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: props.encryptionKey ? TableEncryption.CUSTOMER_MANAGED : undefined,
      encryptionKey: props.encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /**
   * Lets `grantee` read and write the records of one consumer, and of no other.
   *
   * @param grantee the function that keeps its records here
   * @param consumerId what the keys of its records begin with, before a `#`: 1 to 512 characters without `#`, `*`, `?` and `$`
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   */
  public grantUse(grantee: IGrantable, consumerId: string): Grant {
    check(this, [this._problem(consumerId)]);
    this.consumerIds.add(consumerId);
    const use = Grant.addToPrincipal({
      grantee,
      // a transaction asks for the permissions of its parts
      actions: ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resourceArns: [this.table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${consumerId}#*`] } },
    });
    if (!this.encryptionKey) { return use; }
    return use.combine(this.encryptionKey.grant(grantee,
      'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'));
  }

  /**
   * Says why a consumer cannot keep its records below this id.
   * @internal
   */
  public _problem(consumerId: string): string | undefined {
    if (Token.isUnresolved(consumerId)) { return undefined; }
    if (!CONSUMER_ID.test(consumerId)) {
      return `consumerId is '${consumerId}', set it to 1 to 512 characters without '#', '*', '?' and '$', which have a meaning in keys and permissions`;
    }
    if (!this.consumerIds.has(consumerId)) { return undefined; }
    return `consumerId is '${consumerId}', as that of another consumer in ${this.node.path}: each would take the other's messages for done; set one of its own`;
  }
}
