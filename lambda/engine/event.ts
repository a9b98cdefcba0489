import { createHash } from 'node:crypto';
import type { EventContract, OutputOf, StandardSchema } from '../contract';
import { Poison, Unreadable } from '../errors';
import { contentOf } from './content';
import { messageOf } from './failure';
import type { Identity } from '../store/once';

/** A delivery that has been read: what it holds, and what identifies it. */
export interface ReadEvent<Data> extends Identity {
  readonly data: Data;
  /** The business key as its parts say it. */
  readonly businessKey: string;
}

/** Reads a body by its contract; fails with `Poison` that says what is wrong. */
export async function readEvent<Schema extends StandardSchema>(
  body: string, contract: EventContract<string, Schema>, consumerId: string,
): Promise<ReadEvent<OutputOf<Schema>>> {
  const data = await validate(parse(body), contract);
  const parts = keyParts(data, contract);
  // parsed anew: a schema may change what it is given
  return { data, businessKey: parts.join('/'), key: `${consumerId}#${hash([contract.type, ...parts])}`, content: contentOf(parse(body), data) };
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
  const issues = result.issues.map(({ message, path = [] }) => ({
    message, place: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.') || 'the whole',
  }));
  const mismatch = `the body is no ${contract.type} version ${contract.version}: `;
  throw new Unreadable(mismatch + issues.map(({ message, place }) => `${place}: ${message}`).join('; '), {
    reason: 'SchemaMismatch',
    // a schema library may quote the payload in its messages
    loggable: mismatch + issues.map(({ place }) => place).join(', '),
  });
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
