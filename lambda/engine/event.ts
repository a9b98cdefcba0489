import { createHash } from 'node:crypto';
import type { EventContract, OutputOf, StandardSchema } from '../contract';
import { Poison } from '../errors';
import { messageOf } from './failure';
import type { Identity } from '../store/once';

/** A delivery that has been read: what it holds, and what identifies it. */
export interface ReadEvent<Data> extends Identity {
  readonly data: Data;
  /** The business key as its parts say it. */
  readonly businessKey: string;
}

/** Reads a body by its contract; fails with `Poison` that says what is wrong, without quoting the payload. */
export async function readEvent<Schema extends StandardSchema>(
  body: string, contract: EventContract<string, Schema>, consumerId: string,
): Promise<ReadEvent<OutputOf<Schema>>> {
  const data = await validate(parse(body), contract);
  const parts = keyParts(data, contract);
  return { data, businessKey: parts.join('/'), key: `${consumerId}#${hash([contract.type, ...parts])}`, content: canonical(data) };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // the parser's own words quote the body
    throw new Poison(`the body (${Buffer.byteLength(body)} bytes) is not JSON`, { reason: 'NotJson' });
  }
}

async function validate<Schema extends StandardSchema>(value: unknown, contract: EventContract<string, Schema>): Promise<OutputOf<Schema>> {
  const result = await contract.schema['~standard'].validate(value);
  if (!result.issues) { return result.value as OutputOf<Schema>; }
  const issues = result.issues.map(({ message, path = [] }) => {
    const place = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  throw new Poison(`the body is no ${contract.type} version ${contract.version}: ${issues.join('; ')}`, { reason: 'SchemaMismatch' });
}

function keyParts<Schema extends StandardSchema>(data: OutputOf<Schema>, contract: EventContract<string, Schema>): readonly string[] {
  let parts: unknown;
  try {
    parts = contract.key(data);
  } catch (error) {
    throw new Poison(`${contract.type}.key failed: ${messageOf(error)}`, { reason: 'MissingKey', cause: error });
  }
  const all: unknown[] = Array.isArray(parts) ? parts : [parts];
  const missing = all.flatMap((part, index) => typeof part === 'string' && part.trim() !== '' ? [] : [index + 1]);
  if (all.length === 0 || missing.length > 0) {
    throw new Poison(`${contract.type}.key gave no text for part ${missing.join(', ') || 1} of ${Math.max(all.length, 1)}`, { reason: 'MissingKey' });
  }
  return all as string[];
}

/** The parts are listed, not joined: `['a', 'bc']` and `['ab', 'c']` are two keys. */
const hash = (parts: readonly string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/** The same text for the same content, whatever the order of its properties. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === 'bigint') { return `${part}n`; }
    if (part instanceof Map || part instanceof Set) { return [...part]; }
    if (part && typeof part === 'object' && !Array.isArray(part)) {
      return Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1));
    }
    return part;
  }) ?? '';
}
