/**
 * What an error means for its message.
 *
 * - `poison`: it can never be handled.
 * - `environment`: this deployment cannot handle any message; it says nothing about this one.
 * - `transient`: a service was busy; it says nothing about this one either.
 * - `unknown`: everything else; tried again a limited number of times.
 */
export type FailureKind = 'poison' | 'environment' | 'transient' | 'unknown';

const environment = new Set([
  'AccessDenied', 'AccessDeniedException', 'UnauthorizedException', 'ResourceNotFoundException', 'UnrecognizedClientException', 'InvalidClientTokenId',
  'ExpiredToken', 'ExpiredTokenException', 'CredentialsProviderError', 'EnvironmentError', 'KMSAccessDeniedException', 'KMSDisabledException',
]);

const transient = new Set([
  'ClaimLost', 'NotBegun', 'ThrottlingException', 'Throttling', 'TooManyRequestsException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded',
  'InternalServerError', 'ServiceUnavailable', 'TransactionConflictException', 'TransactionInProgressException', 'TimeoutError', 'RequestTimeout',
  'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'IdempotencyInconsistentStateError',
]);

const transientReasons = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);
const poisonReasons = new Set(['ValidationError', 'ItemCollectionSizeLimitExceeded']);

/** Errors are known by name: two copies of a package have two classes. */
export function kindOf(error: unknown): FailureKind {
  const { name = '', code = '', $retryable, $metadata, CancellationReasons } = (error ?? {}) as {
    name?: string; code?: string; $retryable?: object; $metadata?: { httpStatusCode?: number }; CancellationReasons?: { Code?: string }[];
  };
  // a value that DynamoDB refuses (too large, wrong type) is refused every time
  if (name === 'Poison' || name === 'ValidationException') { return 'poison'; }
  if (environment.has(name)) { return 'environment'; }
  if (CancellationReasons) {
    const codes = CancellationReasons.map(({ Code = '' }) => Code);
    if (codes.some((found) => poisonReasons.has(found))) { return 'poison'; }
    return codes.some((found) => transientReasons.has(found)) ? 'transient' : 'unknown';
  }
  if (transient.has(name) || transient.has(code) || $retryable || ($metadata?.httpStatusCode ?? 0) >= 500) { return 'transient'; }
  return 'unknown';
}

/** The stable name of an error among dead letters and logs. */
export function reasonOf(error: unknown): string {
  const { reason, name } = (error ?? {}) as { reason?: unknown; name?: unknown };
  // other people's errors have a `reason` too, and it need not be a text
  return [reason, name].find((text): text is string => typeof text === 'string' && text !== '') ?? 'Error';
}

/** What an error says; a thrown non-error says itself. */
export function messageOf(error: unknown): string {
  try {
    return error && typeof error === 'object' && 'message' in error ? String(error.message) : String(error);
  } catch {
    return 'an error that does not say what it is'; // an object without a prototype has no text
  }
}

/** Seconds until the next try: exponential, with full jitter so that what failed together does not come back together. */
export function backOff(attempt: number, retry: { readonly delay: number; readonly maxDelay: number }): number {
  const ceiling = Math.min(retry.maxDelay, retry.delay * 2 ** (Math.max(1, attempt) - 1));
  return Math.ceil(Math.random() * ceiling);
}
