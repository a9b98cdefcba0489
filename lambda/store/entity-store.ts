import { type AttributeValue, type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Attributes, ClaimAnswer, ClaimRequest, Completion, IdempotencyStore, KnownPlace, PlaceTaken, Remembered, Write, WriteTarget } from './idempotency-store';
import { PlaceRefused } from './place-refused';
import { nameOf } from './refusals';
import { toTransactItems } from './transact-items';
import { Poison, WriteRefused } from '../errors';

const lastEvent = 'lastEvent';
const deleted = 'deleted';
const expiration = 'expiration';

/**
 * Keeps the place of an aggregate's last event inside the entity that the handler writes: effect, memory and order are one conditional write, and the first
 * delivery of an event costs this one request.
 *
 * From the second delivery on, the store beneath also counts tries and notices runs that died; what is written does not depend on it.
 */
export class EntityStore implements IdempotencyStore {
  private readonly unclaimed = new Map<string, ClaimRequest>();

  /** @param redelivered Whether the event has been delivered before, and is claimed like any other. */
  constructor(private readonly client: DynamoDBClient, private readonly beneath: IdempotencyStore, private readonly redelivered: boolean) {}

  async claim(request: ClaimRequest): Promise<ClaimAnswer> {
    if (this.redelivered) { return this.beneath.claim(request); }
    this.unclaimed.set(request.owner, request);
    return { taken: true, attempt: 1 };
  }

  async complete(completion: Completion): Promise<void> {
    const { key, owner, writes: [write, ...more], place } = completion;
    if (!place || !write || more.length > 0 || 'ConditionCheck' in write) {
      throw new Poison(`a handler with \`idempotency: 'entity'\` makes exactly one write, of the entity; this one made ${completion.writes.length}`, { reason: 'NotOneWrite' });
    }
    await this.write(write, place);
    if (this.unclaimed.delete(owner)) { return; }
    // the entity remembers; what is left of the tries may go, and if it stays its time to live ends it
    await this.beneath.release(key, owner, true).then(async () => this.beneath.forget(key)).catch(() => {});
  }

  async release(key: string, owner: string, refund: boolean): Promise<number | void> {
    const request = this.unclaimed.get(owner);
    if (!request) { return this.beneath.release(key, owner, refund); }
    this.unclaimed.delete(owner);
    if (refund) { return undefined; }
    // a try that failed is counted after the fact
    const answer = await this.beneath.claim(request);
    if (!answer.taken) { return undefined; }
    await this.beneath.release(key, owner, false);
    return answer.attempt;
  }

  async forget(key: string): Promise<void> {
    return this.beneath.forget(key);
  }

  async lookUp(keys: readonly string[]): Promise<ReadonlyMap<string, Remembered>> {
    return this.beneath.lookUp(keys);
  }

  private async write(write: Write, place: PlaceTaken): Promise<void> {
    const { sent, target } = commandFor(write, place);
    try {
      await this.client.send(sent as UpdateItemCommand);
    } catch (error) {
      if (nameOf(error) === 'ValidationException') {
        throw new Poison(`DynamoDB refuses the write of the entity: ${(error as Error).message}`, { reason: /size|exceed/i.test((error as Error).message) ? 'ItemTooLarge' : 'NotStorable' });
      }
      if (nameOf(error) !== 'ConditionalCheckFailedException') { throw error; }
      const last = lastEventOf((error as { Item?: Record<string, AttributeValue> }).Item);
      if (refuses(last, place)) { throw new PlaceRefused(last); }
      throw new WriteRefused(`the condition of write 1 on ${target.TableName} was not met`);
    }
  }
}

/** The handler's write with the entity's last event in it, on the condition that no later one was there. */
function commandFor(write: Write, place: PlaceTaken) {
  const [[kind, plain]] = Object.entries(write) as [['Put' | 'Update' | 'Delete', WriteTarget & { Key?: Attributes; Item?: Attributes; UpdateExpression?: string }]];
  const [item] = toTransactItems([write]);
  const { Key, Item, ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues } = item![kind] as
    { Key?: Record<string, AttributeValue>; Item?: Record<string, AttributeValue> } & WriteTarget & { ExpressionAttributeValues?: Record<string, AttributeValue> };
  const marker = marshall({ [lastEvent]: { place: place.place, fingerprint: place.fingerprint, event: place.eventId } });
  const gate = place.after === undefined ? 'attribute_not_exists(#lastEvent) OR #lastEvent.#place < :place'
    : place.after === null ? 'attribute_not_exists(#lastEvent)' : '#lastEvent.#place = :after';
  const guarded = {
    TableName: plain.TableName,
    ConditionExpression: ConditionExpression ? `(${gate}) AND (${ConditionExpression})` : gate,
    ExpressionAttributeNames: { ...ExpressionAttributeNames, '#lastEvent': lastEvent, ...(place.after === null ? {} : { '#place': 'place' }) },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
  const values = { ...ExpressionAttributeValues, ...(place.after === undefined ? { ':place': { S: place.place } } : typeof place.after === 'string' ? { ':after': { S: place.after } } : {}) };
  const withValues = Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {};
  if (kind === 'Update') {
    return {
      target: plain,
      sent: new UpdateItemCommand({
        ...guarded, Key, UpdateExpression: alsoSetting('#lastEvent = :lastEvent', plain.UpdateExpression!),
        ExpressionAttributeValues: { ...values, ':lastEvent': marker[lastEvent]! },
      }),
    };
  }
  // a deleted entity leaves its last event behind, or an update that comes late would bring it back
  const tombstone = kind === 'Delete' ? marshall({ [deleted]: true, ...(place.expiresAt === undefined ? {} : { [expiration]: Math.floor(place.expiresAt / 1000) }) }) : {};
  return { target: plain, sent: new PutItemCommand({ ...guarded, ...withValues, Item: { ...Key, ...Item, ...tombstone, ...marker } }) };
}

/** Adds an assignment to an update, which may have a SET of its own; a bare SET can only be the keyword. */
function alsoSetting(assignment: string, update: string): string {
  return /\bSET\s/i.test(update) ? update.replace(/\bSET\s/i, (found) => `${found}${assignment}, `) : `SET ${assignment} ${update}`;
}

function lastEventOf(item: Record<string, AttributeValue> | undefined): KnownPlace | undefined {
  const last = item?.[lastEvent]?.M;
  return last && { kind: 'place', place: last.place?.S ?? '', fingerprint: last.fingerprint?.S ?? '', eventId: last.event?.S ?? '' };
}

function refuses(last: KnownPlace | undefined, { place, after }: PlaceTaken): boolean {
  if (after === undefined) { return last !== undefined && last.place >= place; }
  return (last?.place ?? null) !== after;
}
