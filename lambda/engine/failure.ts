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
  'ExpiredToken', 'ExpiredTokenException', 'CredentialsProviderError', 'EnvironmentError', 'NewerVersion', 'KMSAccessDeniedException', 'KMSDisabledException',
]);

const transient = new Set([
  'ClaimLost', 'PlaceRefused', 'RetryLater', 'NotBegun', 'ThrottlingException', 'Throttling', 'TooManyRequestsException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded',
  'InternalServerError', 'ServiceUnavailable', 'TransactionConflictException', 'TransactionInProgressException', 'TimeoutError', 'RequestTimeout',
  'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'IdempotencyInconsistentStateError',
  'MaxRetriesPerRequestError', 'ClusterAllFailedError', 'SocketClosedUnexpectedlyError', 'ClosingError',
]);

const transientReasons = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/** Errors are known by name: two copies of a package have two classes. */
export function kindOf(error: unknown): FailureKind {
  const { name = '', code = '', $retryable, $metadata, CancellationReasons } = (error ?? {}) as {
    name?: string; code?: string; $retryable?: object; $metadata?: { httpStatusCode?: number }; CancellationReasons?: { Code?: string }[];
  };
  if (name === 'Poison') { return 'poison'; }
  if (environment.has(name)) { return 'environment'; }
  if (CancellationReasons) {
    return CancellationReasons.some(({ Code = '' }) => transientReasons.has(Code)) ? 'transient' : 'unknown';
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

/** Seconds until the next try: exponential, with full jitter so that what failed together does not come back together. */
export function backOff(attempt: number, retry: { readonly delay: number; readonly maxDelay: number }): number {
  const ceiling = Math.min(retry.maxDelay, retry.delay * 2 ** (Math.max(1, attempt) - 1));
  return Math.ceil(Math.random() * ceiling);
}
