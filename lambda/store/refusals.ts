import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Completion } from './idempotency-store';
import { PlaceRefused } from './place-refused';
import { knownPlaceFrom } from './records';
import { describeWrite } from './transact-items';
import { ClaimLost, EnvironmentError, Poison, WriteRefused } from '../errors';

interface Reason {
  readonly Code?: string;
  readonly Message?: string;
  readonly Item?: Record<string, AttributeValue>;
}

/** The codes with which a transaction was cancelled; empty for other errors. */
export function reasonsOf(error: unknown): readonly Reason[] {
  return (error as { CancellationReasons?: Reason[] } | undefined)?.CancellationReasons ?? [];
}

export const nameOf = (error: unknown) => (error as { name?: string } | undefined)?.name;

/** In our own requests nothing comes from the message but hashes: what DynamoDB refuses there, it would refuse for every message. */
export function ourFault(error: unknown): unknown {
  return nameOf(error) === 'ValidationException' ? new EnvironmentError(`the idempotency table does not fit: ${(error as Error).message}`) : error;
}

/** What it means that a completion was refused. The items are: the completion itself, the place and the parked event if there are any, the handler's writes. */
export function meaningOf(error: unknown, { key, writes, place, parked }: Completion): unknown {
  if (nameOf(error) === 'ConditionalCheckFailedException') { return new ClaimLost(key); }
  if (writes.length === 0 && !place) { return ourFault(error); }
  if (nameOf(error) === 'ValidationException') { return refusedData((error as Error).message, 'a write'); }
  const [ours, ...rest] = reasonsOf(error);
  if (ours?.Code === 'ConditionalCheckFailed') { return new ClaimLost(key); }
  if (ours?.Code === 'ValidationError') { return new EnvironmentError(`the idempotency table does not fit: ${ours.Message ?? ''}`); }
  if (place && rest[0]?.Code === 'ConditionalCheckFailed') { return new PlaceRefused(rest[0].Item && knownPlaceFrom(rest[0].Item)); }
  const theirs = rest.slice((place ? 1 : 0) + (parked === undefined ? 0 : 1));
  const invalid = theirs.findIndex(({ Code }) => Code === 'ValidationError' || Code === 'ItemCollectionSizeLimitExceeded');
  if (invalid >= 0) { return refusedData(theirs[invalid]!.Message ?? '', describeWrite(writes[invalid], invalid)); }
  const refused = theirs.flatMap(({ Code }, index) => Code === 'ConditionalCheckFailed' ? [describeWrite(writes[index], index)] : []);
  return refused.length > 0 ? new WriteRefused(`the condition of ${refused.join(', ')} was not met`) : error;
}

/** A value that DynamoDB refuses is refused every time. */
function refusedData(message: string, what: string): Poison {
  const tooLarge = /size|too large|exceed/i.test(message);
  return new Poison(`DynamoDB refuses ${what}: ${message}`, { reason: tooLarge ? 'ItemTooLarge' : 'NotStorable' });
}
