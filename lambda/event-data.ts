import type { EventContract, OutputOf, StandardSchema } from './contract';
import { messageOf, Poison, Unreadable } from './errors';

const placeDigits = 64; // the sequence numbers of Kinesis and of DynamoDB streams have up to 56

/** What the schema makes of a value; fails with `Unreadable` that says what is wrong. */
export async function validated<Schema extends StandardSchema>(contract: EventContract<string, Schema>, value: unknown): Promise<OutputOf<Schema>> {
  const result = await contract.schema['~standard'].validate(value);
  if (!result.issues) { return result.value as OutputOf<Schema>; }
  const issues = result.issues.map(({ message, path = [] }) => ({
    message, place: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.') || 'the whole',
  }));
  const mismatch = `the data is no ${contract.type} version ${contract.version}: `;
  throw new Unreadable(mismatch + issues.map(({ message, place }) => `${place}: ${message}`).join('; '), {
    reason: 'SchemaMismatch',
    // a schema library may quote the payload in its messages
    loggable: mismatch + issues.map(({ place }) => place).join(', '),
  });
}

/** The parts of an event's key; fails with `Poison` when one is missing. */
export function keyPartsOf<Schema extends StandardSchema>(contract: EventContract<string, Schema>, data: OutputOf<Schema>): readonly string[] {
  const parts = asked(contract, 'key', () => contract.key(data));
  const all: unknown[] = Array.isArray(parts) ? parts : [parts];
  const missing = all.flatMap((part, index) => typeof part === 'string' && part.trim() !== '' ? [] : [index + 1]);
  if (all.length === 0 || missing.length > 0) {
    throw new Poison(`${contract.type}.key gave no text for part ${missing.join(', ') || 1} of ${Math.max(all.length, 1)}`, { reason: 'MissingKey' });
  }
  return all as string[];
}

/** An event's place among those of its aggregate, as a text that sorts; undefined when they have no order. Fails with `Poison` when it has none but should. */
export function placeOf<Schema extends StandardSchema>(contract: EventContract<string, Schema>, data: OutputOf<Schema>): string | undefined {
  if (!contract.orderBy) { return undefined; }
  const place: unknown = asked(contract, 'orderBy', () => contract.orderBy!(data));
  const sortable = countOf(place) ?? timeOf(place);
  if (sortable !== undefined && (!contract.gapless || /^0*[1-9]\d*$/.test(sortable))) { return sortable; }
  const wanted = contract.gapless ? 'a whole number from 1' : 'a whole number from 0, or a time in ISO 8601 with its zone';
  const large = typeof place === 'number' && place > Number.MAX_SAFE_INTEGER ? '; this number is larger than JavaScript can count: read it as a bigint or a text' : '';
  throw new Poison(`${contract.type}.orderBy gave no place: it must be ${wanted}${large}`, { reason: 'MissingOrder' });
}

/** A whole number as digits of equal length. */
function countOf(place: unknown): string | undefined {
  const counts = typeof place === 'number' ? Number.isSafeInteger(place) : typeof place === 'bigint' || typeof place === 'string';
  const digits = counts ? String(place) : '';
  return /^\d+$/.test(digits) && digits.length <= placeDigits ? digits.padStart(placeDigits, '0') : undefined;
}

/** A time to the nanosecond, whatever its zone, and however many digits its writer took for the fraction. */
function timeOf(place: unknown): string | undefined {
  const [, whole, fraction = '', zone] = (typeof place === 'string' && /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(place)) || [];
  const seconds = whole === undefined ? NaN : Date.parse(`${whole}${zone}`) / 1000;
  return seconds >= 0 ? `t${String(seconds).padStart(12, '0')}.${fraction.padEnd(9, '0')}` : undefined;
}

/** The place before a place that counts; null before the first. */
export function placeBefore(place: string): string | null {
  const before = BigInt(place) - 1n;
  return before === 0n ? null : before.toString().padStart(placeDigits, '0');
}

/** The place after a place that counts. */
export function placeAfter(place: string): string {
  return (BigInt(place) + 1n).toString().padStart(placeDigits, '0');
}

/** What several events have in common when they have their places together. */
export function aggregateOf(contract: EventContract): string {
  return contract.aggregate ?? contract.type;
}

function asked<T>(contract: EventContract, what: 'key' | 'orderBy', ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    // what a property access says of undefined tells nothing of the payload
    throw new Poison(`${contract.type}.${what} failed: ${messageOf(error)}`, {
      reason: what === 'key' ? 'MissingKey' : 'MissingOrder', cause: error,
    });
  }
}
