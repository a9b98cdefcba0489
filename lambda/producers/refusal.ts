import { kindOf } from '../engine/failure';
import { messageOf } from '../errors';

/** Why a service did not accept an entry. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** Whether the same entry may be accepted later. */
  readonly passing: boolean;
}

// the services have a name each for "busy": RequestThrottled, KMSThrottlingException, InternalFailure, InternalErrorException, ...
const busy = /throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded|^Internal(Failure|Error|Exception|Service)|Unavailable|Timeout/i;
// one entry that a service cannot read makes it refuse all the others of the request
const unreadable = /^(Invalid(Argument|Parameter|MessageContents)|Validation|BatchRequestTooLong|RequestEntityTooLarge|Serialization)/;

/** Whether an entry with this code may be accepted later. */
export function passes(code: string): boolean {
  return busy.test(code);
}

/** What a failed request means for each of its entries. */
export function refusalOf(error: unknown): Refusal {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  const known = [name, code].filter((text): text is string => typeof text === 'string' && text !== '' && text !== 'Error');
  // what fails below the service has a code of Node.js, or of none: "http2 request did not get a response"
  const network = (typeof code === 'string' && /^(E[A-Z_]+$|ERR_HTTP2_)/.test(code)) || messageOf(error).includes('did not get a response');
  return { code: known[0] ?? 'Error', message: messageOf(error), passing: network || kindOf(error) === 'transient' || known.some((text) => busy.test(text)) };
}

/** Whether a request was refused for what one of its entries is: each is to be tried by itself. */
export function blamesEntry({ code, passing }: Refusal): boolean {
  return !passing && unreadable.test(code);
}
