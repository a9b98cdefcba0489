import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import { Poison } from './errors';

type Item = Readonly<Record<string, unknown>>;

/** What happened to one item of a table. */
export interface TableChange {
  readonly change: 'insert' | 'modify' | 'remove';
  /** The item as it was. There is one for what was modified or removed, if the stream keeps old images. */
  readonly before?: Item;
  /** The item as it is now. There is one for what was inserted or modified. */
  readonly after?: Item;
  readonly keys: Item;
}

const changes = { INSERT: 'insert', MODIFY: 'modify', REMOVE: 'remove' } as const;

/**
 * Reads a record of a DynamoDB stream. Items become what JSON can hold, because they are compared, sent on and kept as JSON:
 *
 * - a number that JavaScript would round (DynamoDB has 38 digits) stays the text that came; all others are numbers,
 * - a set is an array,
 * - binary is a text in base64, as Lambda hands it over.
 *
 * Not by `unmarshall`: it makes `bigint`s and `Set`s, refuses some numbers, and lets an attribute called `__proto__` become the item's prototype.
 */
export function decodeTable({ eventName, dynamodb }: DynamoDBRecord): TableChange {
  const change = eventName && Object.hasOwn(changes, eventName) ? changes[eventName] : undefined;
  if (!change || !dynamodb?.Keys) { throw new Poison('the record tells of no change that a table knows', { reason: 'NotAChange' }); }
  const { Keys, OldImage, NewImage, StreamViewType } = dynamodb;
  if (change === 'remove' ? !OldImage : !NewImage) {
    throw new Poison(
      `the stream (${StreamViewType ?? 'of an unknown view type'}) does not say what the item ${change === 'remove' ? 'was' : 'is'}: `
      + 'set the table\'s stream view type to NEW_AND_OLD_IMAGES', { reason: 'NoImage' },
    );
  }
  return { change, ...(OldImage ? { before: itemOf(OldImage) } : {}), ...(NewImage ? { after: itemOf(NewImage) } : {}), keys: itemOf(Keys) };
}

const itemOf = (attributes: Readonly<Record<string, AttributeValue>>): Item =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, plain(value)]));

function plain(value: AttributeValue): unknown {
  if (value.M !== undefined) { return itemOf(value.M); }
  if (value.L !== undefined) { return value.L.map(plain); }
  if (value.N !== undefined) { return numberOf(value.N); }
  if (value.NS !== undefined) { return value.NS.map(numberOf); }
  if (value.NULL !== undefined) { return null; }
  const same = value.S ?? value.BOOL ?? value.SS ?? value.B ?? value.BS;
  if (same === undefined) { throw new Poison('an attribute of the item has a type that is not known', { reason: 'NotAChange' }); }
  return same;
}

function numberOf(digits: string): number | string {
  const number = Number(digits);
  return decimal(String(number)) === decimal(digits) ? number : digits;
}

/** A number as one text, however it was written: `1e+21`, `0.50` and `5E-1` become digits and a power of ten. */
function decimal(written: string): string {
  const [, sign, whole = '', fraction = '', power = '0'] = /^([-+]?)(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(written) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  return short === '' ? '0' : `${sign === '-' ? '-' : ''}${short}e${Number(power) - fraction.length + digits.length - short.length}`;
}
