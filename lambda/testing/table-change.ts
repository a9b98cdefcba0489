import { randomBytes } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import type { KeyAttributes } from './dynamodb/table';
import { arnOf } from './source-records';
import type { Attributes } from '../store/idempotency-store';

/** A change of one item, as plain JavaScript values. */
export interface ItemChange {
  /**
   * The item as it was.
   * @default - the item is new
   */
  readonly before?: Attributes;

  /**
   * The item as it is now.
   * @default - the item is gone
   */
  readonly after?: Attributes;

  /**
   * The attributes that make its primary key.
   * @default { partitionKey: 'id' }
   */
  readonly key?: KeyAttributes;
}

let count = 0;

/**
 * A record of a table's stream with new and old images, as Lambda hands it over. Each call makes another change; one that is delivered twice is the same record twice.
 */
export function tableChange({ before, after, key: { partitionKey, sortKey } = { partitionKey: 'id' } }: ItemChange): DynamoDBRecord {
  const item = after ?? before;
  if (!item) { throw new TypeError('a change has an item before it, after it, or both'); }
  const names = [partitionKey, ...(sortKey === undefined ? [] : [sortKey])];
  const missing = names.filter((name) => item[name] === undefined);
  if (missing.length > 0) { throw new TypeError(`the item has no ${missing.join(' and no ')}: say which attributes make its key, with \`key: { partitionKey: '…' }\``); }
  return {
    eventID: randomBytes(16).toString('hex'),
    eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
    eventVersion: '1.1', eventSource: 'aws:dynamodb', awsRegion: 'eu-west-1', eventSourceARN: arnOf('dynamodb', 'table/test/stream/2026-01-01T00:00:00.000'),
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(Date.now() / 1000),
      Keys: image(Object.fromEntries(names.map((name) => [name, item[name]]))),
      SequenceNumber: String(10n ** 20n + BigInt(++count)),
      SizeBytes: 0,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
      ...(before ? { OldImage: image(before) } : {}),
      ...(after ? { NewImage: image(after) } : {}),
    },
  };
}

type Image = NonNullable<NonNullable<DynamoDBRecord['dynamodb']>['NewImage']>;

const image = (item: Attributes) => asJson({ M: marshall(item as Record<string, unknown>, { removeUndefinedValues: true }) }).M as Image;

/** Lambda hands binary over as base64. */
function asJson(value: AttributeValue): { readonly M?: Image } {
  if (value.M) { return { M: Object.fromEntries(Object.entries(value.M).map(([name, part]) => [name, asJson(part)])) as Image }; }
  if (value.L) { return { L: value.L.map(asJson) } as object; }
  if (value.B) { return { B: base64(value.B) } as object; }
  if (value.BS) { return { BS: value.BS.map(base64) } as object; }
  return value as object;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
