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
  const counts = typeof place === 'number' ? Number.isSafeInteger(place) : typeof place === 'bigint' || /^\d+$/.test(String(place));
  const digits = String(place);
  if (counts && /^\d+$/.test(digits) && digits.length <= placeDigits && (!contract.gapless || BigInt(digits) > 0n)) { return digits.padStart(placeDigits, '0'); }
  if (typeof place === 'string' && place.trim() !== '' && !counts && !contract.gapless) { return `t${place}`; }
  const wanted = contract.gapless ? 'a whole number from 1' : 'a whole number from 0 or a text';
  throw new Poison(`${contract.type}.orderBy gave no place: it must be ${wanted} of at most ${placeDigits} digits`, { reason: 'MissingOrder' });
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
