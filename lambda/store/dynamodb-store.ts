import {
  type AttributeValue, BatchGetItemCommand, DeleteItemCommand, type DynamoDBClient, type TransactWriteItem, TransactWriteItemsCommand, UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { ClaimLost, EnvironmentError, WriteRefused } from '../errors';
import type { ClaimAnswer, ClaimRequest, IdempotencyStore, KnownKey, Write } from './idempotency-store';

/** Powertools' own names where it has one, so that its tools read our records; `expiration` is in seconds for DynamoDB's time to live. */
const names = {
  '#id': 'id', '#status': 'status', '#expiry': 'expiration', '#lease': 'in_progress_expiration', '#fingerprint': 'validation',
  '#owner': 'owner', '#attempts': 'attempts', '#alone': 'alone',
} as const;

const readableAtOnce = 100; // keys in one BatchGetItem
const conflictTries = 5;

/** Remembers finished work in the table of an `IdempotencyTable`. */
export class DynamoDBStore implements IdempotencyStore {
  constructor(private readonly client: DynamoDBClient, private readonly table: string) {}

  async claim(request: ClaimRequest): Promise<ClaimAnswer> {
    const now = Date.now();
    try {
      const { Attributes } = await this.client.send(new UpdateItemCommand({
        ...this.item(request.key),
        UpdateExpression: 'SET #status = :inProgress, #expiry = :expiry, #lease = :lease, #owner = :owner, #fingerprint = :fingerprint, #alone = :alone'
          + ' ADD #attempts :tries',
        ConditionExpression: 'attribute_not_exists(#id) OR #expiry < :now OR (#status = :inProgress AND #lease < :nowMillis AND #fingerprint = :fingerprint)',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: marshall({
          ':inProgress': 'INPROGRESS', ':expiry': seconds(request.expiresAt), ':lease': request.leaseUntil, ':owner': request.owner,
          ':fingerprint': request.fingerprint, ':alone': request.alone, ':tries': request.replaces ? 0 : 1, ':now': seconds(now), ':nowMillis': now,
        }),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }));
      return { taken: true, attempt: Attributes ? Math.max(1, knownFrom(Attributes).attempts) : 1 };
    } catch (error) {
      if (nameOf(error) !== 'ConditionalCheckFailedException') { throw ourFault(error); }
      const { Item } = error as { Item?: Record<string, AttributeValue> };
      // the answer to this very claim was lost, and the SDK has sent it again
      if (Item?.owner?.S === request.owner) { return { taken: true, attempt: knownFrom(Item).attempts }; }
      return { taken: false, known: Item && knownFrom(Item) };
    }
  }

  async complete(key: string, owner: string, expiresAt: number, writes: readonly Write[]): Promise<void> {
    // the owner stays in the record, so that a retry after a lost answer finds its own completion and is content
    const completion = {
      ...this.item(key),
      UpdateExpression: 'SET #status = :completed, #expiry = :expiry REMOVE #lease, #attempts, #alone',
      ConditionExpression: '#owner = :owner',
      ExpressionAttributeNames: only('#status', '#expiry', '#lease', '#attempts', '#alone', '#owner'),
      ExpressionAttributeValues: marshall({ ':completed': 'COMPLETED', ':expiry': seconds(expiresAt), ':owner': owner }),
    };
    try {
      if (writes.length === 0) {
        await this.client.send(new UpdateItemCommand(completion));
      } else {
        // here a retry is known by its request token; without it, the writes must not happen a second time
        const unlessCompleted = {
          ConditionExpression: `${completion.ConditionExpression} AND #status = :inProgress`,
          ExpressionAttributeValues: { ...completion.ExpressionAttributeValues, ':inProgress': { S: 'INPROGRESS' } },
        };
        await this.commit([{ Update: { ...completion, ...unlessCompleted } }, ...writes.map(toTransactItem)]);
      }
    } catch (error) {
      throw meaningOf(error, key, writes);
    }
  }

  async release(key: string, owner: string, refund: boolean): Promise<void> {
    await this.unlessRefused(this.client.send(new UpdateItemCommand({
      ...this.item(key),
      UpdateExpression: `SET #lease = :given REMOVE #owner${refund ? ' ADD #attempts :minusOne' : ''}`,
      ConditionExpression: '#owner = :owner AND #status = :inProgress',
      ExpressionAttributeNames: only('#lease', '#owner', '#status', ...(refund ? ['#attempts'] as const : [])),
      ExpressionAttributeValues: marshall({ ':given': 0, ':owner': owner, ':inProgress': 'INPROGRESS', ...(refund ? { ':minusOne': -1 } : {}) }),
    })));
  }

  async forget(key: string): Promise<void> {
    await this.unlessRefused(this.client.send(new DeleteItemCommand({
      ...this.item(key),
      ConditionExpression: '#status = :inProgress AND #lease < :now',
      ExpressionAttributeNames: only('#status', '#lease'),
      ExpressionAttributeValues: marshall({ ':inProgress': 'INPROGRESS', ':now': Date.now() }),
    })));
  }

  async lookUp(keys: readonly string[]): Promise<ReadonlyMap<string, KnownKey>> {
    const found = new Map<string, KnownKey>();
    for (let start = 0; start < keys.length; start += readableAtOnce) {
      const { Responses } = await this.client.send(new BatchGetItemCommand({
        RequestItems: { [this.table]: { Keys: keys.slice(start, start + readableAtOnce).map((key) => ({ id: { S: key } })), ConsistentRead: true } },
      }));
      // a key left unprocessed is as good as unknown: the claim that follows asks again
      for (const item of Responses?.[this.table] ?? []) { found.set(item.id?.S ?? '', knownFrom(item)); }
    }
    return found;
  }

  /** Two transactions that touch the same item at once exclude each other; the loser tries again at once, a little apart. */
  private async commit(items: TransactWriteItem[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.client.send(new TransactWriteItemsCommand({ TransactItems: items }));
        return;
      } catch (error) {
        const conflict = reasonsOf(error).some((code) => code === 'TransactionConflict') && !reasonsOf(error).includes('ConditionalCheckFailed');
        if (!conflict || attempt >= conflictTries) { throw error; }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 25 * 2 ** attempt));
      }
    }
  }

  private async unlessRefused(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (error) {
      // somebody else holds it by now: there is nothing of ours to give back
      if (nameOf(error) !== 'ConditionalCheckFailedException') { throw error; }
    }
  }

  private item(key: string) {
    return { TableName: this.table, Key: { id: { S: key } } };
  }
}

function meaningOf(error: unknown, key: string, writes: readonly Write[]): unknown {
  if (nameOf(error) === 'ConditionalCheckFailedException') { return new ClaimLost(key); }
  if (writes.length === 0) { return ourFault(error); }
  const [ours, ...theirs] = reasonsOf(error);
  if (ours === 'ConditionalCheckFailed') { return new ClaimLost(key); }
  if (ours === 'ValidationError') { return new EnvironmentError(`the idempotency table does not fit: ${(error as Error).message}`); }
  const refused = theirs.flatMap((code, index) => code === 'ConditionalCheckFailed' ? [describe(writes[index], index)] : []);
  return refused.length > 0 ? new WriteRefused(`the condition of ${refused.join(', ')} was not met`) : error;
}

/** In our own requests nothing comes from the message but hashes: what DynamoDB refuses there, it would refuse for every message. */
function ourFault(error: unknown): unknown {
  return nameOf(error) === 'ValidationException' ? new EnvironmentError(`the idempotency table does not fit: ${(error as Error).message}`) : error;
}

function describe(write: Write | undefined, index: number): string {
  const [[kind, { TableName }]] = Object.entries(write ?? {}) as [[string, { TableName: string }]];
  return `write ${index + 1} (${kind} on ${TableName})`;
}

function toTransactItem(write: Write): TransactWriteItem {
  return Object.fromEntries(Object.entries(write).map(([kind, { Key, Item, ExpressionAttributeValues, ...rest }]: [string, Record<string, unknown>]) => [kind, {
    ...rest,
    ...(Key ? { Key: toItem(Key) } : {}),
    ...(Item ? { Item: toItem(Item) } : {}),
    ...(ExpressionAttributeValues ? { ExpressionAttributeValues: toItem(ExpressionAttributeValues) } : {}),
  }]));
}

const toItem = (value: unknown) => marshall(value as Record<string, unknown>, { removeUndefinedValues: true });

const reasonsOf = (error: unknown): string[] =>
  ((error as { CancellationReasons?: { Code?: string }[] } | undefined)?.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');

const nameOf = (error: unknown) => (error as { name?: string } | undefined)?.name;

const seconds = (millis: number) => Math.floor(millis / 1000);

const only = (...keys: (keyof typeof names)[]) => Object.fromEntries(keys.map((key) => [key, names[key]]));

function knownFrom(item: Record<string, AttributeValue>): KnownKey {
  const { status, expiration, in_progress_expiration: lease, attempts, alone, validation } = unmarshall(item) as Record<string, unknown>;
  return {
    status: status === 'COMPLETED' ? 'COMPLETED' : 'INPROGRESS',
    expiresAt: Number(expiration) * 1000,
    leaseUntil: Number(lease ?? 0),
    attempts: Number(attempts ?? 0),
    alone: alone === true,
    fingerprint: String(validation ?? ''),
  };
}
