import { type AttributeValue, type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { ClaimAnswer, ClaimRequest, Completion, IdempotencyStore, KnownPlace, PlaceTaken, Remembered, Write, WriteTarget } from './idempotency-store';
import { PlaceRefused } from './place-refused';
import { nameOf } from './refusals';
import { describeWrite, toTransactItems } from './transact-items';
import { Poison, WriteRefused } from '../errors';

const lastEvent = 'lastEvent';
const deleted = 'deleted';
const expiration = 'expiration';
const own = 'ep_'; // no handler's placeholders begin like this
const ours = { last: `#${own}last`, place: `#${own}place`, deleted: `#${own}deleted` };
const namesOfOurs = { [ours.last]: lastEvent, [ours.place]: 'place', [ours.deleted]: deleted, [`#${own}expiration`]: expiration };
const mostRounds = 3; // an entity may be deleted and come back while it is written

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
    const entity = new Entity(write, place);
    for (let round = 1, revives = false; ; round++) {
      try {
        await this.client.send(entity.command(revives) as UpdateItemCommand);
        return;
      } catch (error) {
        if (nameOf(error) === 'ValidationException') {
          throw new Poison(`DynamoDB refuses the write of the entity: ${(error as Error).message}`, { reason: /size|exceed/i.test((error as Error).message) ? 'ItemTooLarge' : 'NotStorable' });
        }
        if (nameOf(error) !== 'ConditionalCheckFailedException') { throw error; }
        const { Item } = error as { Item?: Record<string, AttributeValue> };
        const last = lastEventOf(Item);
        if (refuses(last, place)) { throw new PlaceRefused(last); }
        // only an update cares: it would keep what marks the entity as deleted
        const isTombstone = Item?.[lastEvent]?.M?.[deleted] !== undefined;
        if (!('Update' in write) || isTombstone === revives || round === mostRounds) { throw new WriteRefused(`the condition of ${describeWrite(write, 0)} was not met`); }
        revives = isTombstone;
      }
    }
  }
}

/** The handler's write with the entity's last event in it, on the condition that no later one was there. */
class Entity {
  private readonly kind: 'Put' | 'Update' | 'Delete';
  private readonly item: Sent;

  constructor(write: Write, private readonly place: PlaceTaken) {
    [[this.kind, this.item]] = Object.entries(toTransactItems([write])[0]!) as [['Put' | 'Update' | 'Delete', Sent]];
  }

  /** @param revives Whether the entity is deleted, and lives again with this update. */
  command(revives: boolean): PutItemCommand | UpdateItemCommand {
    const { kind, place, item: { TableName, Key, Item, UpdateExpression = '', ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues } } = this;
    const gate = place.after === undefined ? `attribute_not_exists(${ours.last}) OR ${ours.last}.${ours.place} < :${own}place`
      : place.after === null ? `attribute_not_exists(${ours.last})` : `${ours.last}.${ours.place} = :${own}after`;
    const alive = kind === 'Update' ? [`attribute_${revives ? '' : 'not_'}exists(${ours.last}.${ours.deleted})`] : [];
    const condition = [`(${gate})`, ...alive, ...(ConditionExpression ? [`(${ConditionExpression})`] : [])].join(' AND ');
    const marker = marshall({ place: place.place, fingerprint: place.fingerprint, event: place.eventId, ...(kind === 'Delete' ? { [deleted]: true } : {}) });
    const removed = revives ? [deleted, expiration].filter((name) => !this.names(name)) : [];
    const update = adding('SET', [`${ours.last} = :${own}last`], adding('REMOVE', removed.map((name) => `#${own}${name}`), UpdateExpression));
    const used = `${condition} ${kind === 'Update' ? update : ''}`;
    const values = {
      ...(place.after === undefined ? { [`:${own}place`]: { S: place.place } } : typeof place.after === 'string' ? { [`:${own}after`]: { S: place.after } } : {}),
      ...(kind === 'Update' ? { [`:${own}last`]: { M: marker } } : {}),
      ...ExpressionAttributeValues,
    };
    const guarded = {
      TableName,
      ConditionExpression: condition,
      ExpressionAttributeNames: { ...Object.fromEntries(Object.entries(namesOfOurs).filter(([name]) => used.includes(name))), ...ExpressionAttributeNames },
      ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    if (kind === 'Update') { return new UpdateItemCommand({ ...guarded, Key, UpdateExpression: update }); }
    // a deleted entity leaves its last event behind, or an update that comes late would bring it back
    const tombstone = kind === 'Delete' ? marshall({ [deleted]: true, ...(place.expiresAt === undefined ? {} : { [expiration]: Math.floor(place.expiresAt / 1000) }) }) : {};
    return new PutItemCommand({ ...guarded, Item: { ...Key, ...Item, ...tombstone, [lastEvent]: { M: marker } } });
  }

  /** Whether the handler's own update speaks of an attribute. */
  private names(attribute: string): boolean {
    const { UpdateExpression = '', ExpressionAttributeNames = {} } = this.item;
    return Object.values(ExpressionAttributeNames).includes(attribute) || bare(attribute).test(UpdateExpression);
  }
}

interface Sent extends WriteTarget {
  readonly Key?: Record<string, AttributeValue>;
  readonly Item?: Record<string, AttributeValue>;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/** A word of an expression that is no placeholder and no part of a path. */
const bare = (word: string, flags = '') => new RegExp(`(?<![#:.\\w-])${word}(?![\\w-])`, flags);

/** Adds actions to an update, which may have a clause of that kind already; SET and REMOVE are reserved, so that a bare one can only be the keyword. */
function adding(keyword: 'SET' | 'REMOVE', actions: readonly string[], update: string): string {
  if (actions.length === 0) { return update; }
  const clause = bare(keyword, 'i');
  return clause.test(update) ? update.replace(clause, `${keyword} ${actions.join(', ')},`) : `${keyword} ${actions.join(', ')} ${update}`;
}

function lastEventOf(item: Record<string, AttributeValue> | undefined): KnownPlace | undefined {
  const last = item?.[lastEvent]?.M;
  return last && { kind: 'place', place: last.place?.S ?? '', fingerprint: last.fingerprint?.S ?? '', eventId: last.event?.S ?? '' };
}

function refuses(last: KnownPlace | undefined, { place, after }: PlaceTaken): boolean {
  if (after === undefined) { return last !== undefined && last.place >= place; }
  return (last?.place ?? null) !== after;
}
