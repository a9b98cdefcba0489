import {
  type AttributeValue, BatchGetItemCommand, DeleteItemCommand, type DynamoDBClient, PutItemCommand, type TransactWriteItem, TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ClaimAnswer, ClaimRequest, Completion, OrderStore, PlaceTaken, Remembered } from './idempotency-store';
import { attributesOf, knownEventFrom, namesIn, rememberedFrom } from './records';
import { meaningOf, nameOf, ourFault, reasonsOf } from './refusals';
import { toTransactItems } from './transact-items';
import { Poison } from '../errors';

const readableAtOnce = 100; // keys in one BatchGetItem
const conflictTries = 5;
const busyTries = 5;
const largestText = 380 * 1024; // an item takes 400 KB; what else is in it stays far below the rest

/** Remembers finished work in the table of an `IdempotencyTable`. */
export class DynamoDBStore implements OrderStore {
  constructor(private readonly client: DynamoDBClient, private readonly table: string) {}

  async claim(request: ClaimRequest): Promise<ClaimAnswer> {
    const now = Date.now();
    try {
      const { Attributes } = await this.client.send(new UpdateItemCommand({
        ...this.update(request.key,
          'SET #status = :inProgress, #expiry = :expiry, #lease = :lease, #owner = :owner, #fingerprint = :fingerprint, #alone = :alone'
          + ' REMOVE #result ADD #attempts :tries',
          'attribute_not_exists(#id) OR #expiry < :now OR (#status = :inProgress AND #lease < :overBefore AND #fingerprint = :fingerprint)', {
            ':inProgress': 'INPROGRESS', ':expiry': seconds(request.expiresAt), ':lease': request.leaseUntil, ':owner': request.owner,
            ':fingerprint': request.fingerprint, ':alone': request.alone, ':tries': request.replaces ? 0 : 1, ':now': seconds(now),
            // a key that was given back has the lease 0
            ':overBefore': request.takesOver ? now : 1,
          }),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }));
      return { taken: true, attempt: Attributes ? Math.max(1, knownEventFrom(Attributes).attempts) : 1 };
    } catch (error) {
      if (nameOf(error) !== 'ConditionalCheckFailedException') { throw ourFault(error); }
      const { Item } = error as { Item?: Record<string, AttributeValue> };
      // the answer to this very claim was lost, and the SDK has sent it again
      if (Item?.owner?.S === request.owner) { return { taken: true, attempt: knownEventFrom(Item).attempts }; }
      return { taken: false, known: Item && knownEventFrom(Item) };
    }
  }

  async complete(completion: Completion): Promise<void> {
    const { key, owner, expiresAt, writes, result, place, parked } = completion;
    if (result !== undefined && Buffer.byteLength(result) > largestText) {
      throw new Poison(`a result of ${Buffer.byteLength(result)} bytes is too large to be remembered: give back what identifies it`, { reason: 'ResultTooLarge' });
    }
    const others = [...(place ? [this.takePlace(place)] : []), ...(parked === undefined ? [] : [{ Delete: this.item(parked) }]), ...toTransactItems(writes)];
    // the owner stays in the record, so that a retry after a lost answer finds its own completion and is content;
    // a transaction is known by its request token instead; without it, the writes must not happen a second time
    const update = this.update(key, `SET #status = :completed, #expiry = :expiry${result === undefined ? '' : ', #result = :result'} REMOVE #lease, #attempts, #alone`,
      `#owner = :owner${others.length === 0 ? '' : ' AND #status = :inProgress'}`, {
        ':completed': 'COMPLETED', ':expiry': seconds(expiresAt), ':owner': owner, ...(result === undefined ? {} : { ':result': result }),
        ...(others.length === 0 ? {} : { ':inProgress': 'INPROGRESS' }),
      });
    try {
      await (others.length === 0 ? this.client.send(new UpdateItemCommand(update)) : this.commit([{ Update: update }, ...others]));
    } catch (error) {
      throw meaningOf(error, completion);
    }
  }

  async release(key: string, owner: string, refund: boolean): Promise<void> {
    await this.unlessRefused(this.client.send(new UpdateItemCommand(
      this.update(key, `SET #lease = :given REMOVE #owner${refund ? ' ADD #attempts :minusOne' : ''}`, '#owner = :owner AND #status = :inProgress', {
        ':given': 0, ':owner': owner, ':inProgress': 'INPROGRESS', ...(refund ? { ':minusOne': -1 } : {}),
      }))));
  }

  async forget(key: string): Promise<void> {
    const condition = '#status = :inProgress AND #lease < :now';
    await this.unlessRefused(this.client.send(new DeleteItemCommand({
      ...this.item(key),
      ConditionExpression: condition,
      ExpressionAttributeNames: namesIn(condition),
      ExpressionAttributeValues: attributesOf({ ':inProgress': 'INPROGRESS', ':now': Date.now() }),
    })));
  }

  async lookUp(keys: readonly string[]): Promise<ReadonlyMap<string, Remembered>> {
    const found = new Map<string, Remembered>();
    let left = keys.map((key): Record<string, AttributeValue> => ({ id: { S: key } }));
    for (let refused = 0; left.length > 0;) {
      const asked = left.slice(0, readableAtOnce);
      const { Responses, UnprocessedKeys } = await this.client.send(new BatchGetItemCommand({
        RequestItems: { [this.table]: { Keys: asked, ConsistentRead: true } },
      }));
      for (const item of Responses?.[this.table] ?? []) { found.set(item.id?.S ?? '', rememberedFrom(item)); }
      // a key that is left out is not unknown: a group may be stopped under it, or an event be parked
      const unread = UnprocessedKeys?.[this.table]?.Keys ?? [];
      if (unread.length === asked.length) {
        if (++refused === busyTries) { throw Object.assign(new Error('the idempotency table is too busy to be read'), { name: 'ThrottlingException' }); }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 25 * 2 ** refused));
      }
      left = [...unread, ...left.slice(readableAtOnce)];
    }
    return found;
  }

  async park(key: string, delivery: string, aggregate: { readonly key: string; readonly last: string | null }): Promise<boolean> {
    if (Buffer.byteLength(delivery) > largestText) {
      throw new Poison(`a message of ${Buffer.byteLength(delivery)} bytes is too large to wait for its predecessors`, { reason: 'TooLargeToPark' });
    }
    const condition = aggregate.last === null ? 'attribute_not_exists(#id)' : '#place = :last';
    try {
      await this.commit([
        {
          ConditionCheck: {
            ...this.item(aggregate.key), ConditionExpression: condition, ExpressionAttributeNames: namesIn(condition),
            ...(aggregate.last === null ? {} : { ExpressionAttributeValues: attributesOf({ ':last': aggregate.last }) }),
          },
        },
        {
          Update: this.update(key, 'SET #status = :parked, #delivery = :delivery, #since = if_not_exists(#since, :now)', undefined, {
            ':parked': 'PARKED', ':delivery': delivery, ':now': Date.now(),
          }),
        },
      ]);
      return true;
    } catch (error) {
      if (reasonsOf(error)[0]?.Code === 'ConditionalCheckFailed') { return false; }
      throw ourFault(error);
    }
  }

  async halt(key: string, expiresAt: number): Promise<void> {
    await this.client.send(new PutItemCommand({
      TableName: this.table, Item: attributesOf({ id: key, status: 'HALTED', since: Date.now(), expiration: seconds(expiresAt) }),
    }));
  }

  async resume(key: string): Promise<void> {
    await this.client.send(new DeleteItemCommand(this.item(key)));
  }

  private takePlace({ key, place, fingerprint, eventId, after, expiresAt }: PlaceTaken): TransactWriteItem {
    const condition = after === undefined ? 'attribute_not_exists(#id) OR #place < :place' : after === null ? 'attribute_not_exists(#id)' : '#place = :after';
    return {
      Update: {
        ...this.update(key, `SET #status = :taken, #place = :place, #fingerprint = :fingerprint, #event = :event${expiresAt === undefined ? '' : ', #expiry = :expiry'}`, condition, {
          ':taken': 'PLACE', ':place': place, ':fingerprint': fingerprint, ':event': eventId,
          ...(typeof after === 'string' ? { ':after': after } : {}), ...(expiresAt === undefined ? {} : { ':expiry': seconds(expiresAt) }),
        }),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    };
  }

  /** Two transactions that touch the same item at once exclude each other; the loser tries again at once, a little apart. */
  private async commit(items: TransactWriteItem[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.client.send(new TransactWriteItemsCommand({ TransactItems: items }));
        return;
      } catch (error) {
        const codes = reasonsOf(error).map(({ Code }) => Code);
        if (!codes.includes('TransactionConflict') || codes.includes('ConditionalCheckFailed') || attempt >= conflictTries) { throw error; }
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

  private update(key: string, update: string, condition: string | undefined, values: Readonly<Record<string, string | number | boolean>>) {
    return {
      ...this.item(key),
      UpdateExpression: update,
      ...(condition === undefined ? {} : { ConditionExpression: condition }),
      ExpressionAttributeNames: namesIn(update, condition ?? ''),
      ExpressionAttributeValues: attributesOf(values),
    };
  }
}

const seconds = (millis: number) => Math.floor(millis / 1000);
