import { EnvironmentError } from './errors';

/** The variable that `PointToPointQueue` sets on its consumer. */
export const consumerVariable = 'EVENT_PATTERNS_CONSUMER';

/** What a construct tells the handler about the place it works in. Durations are in seconds. */
export interface ConsumerEnvironment {
  readonly v: 1;
  /** Stable name of the consumer; every idempotency key begins with it. */
  readonly id: string;
  /** Path of the construct that wrote this. */
  readonly construct: string;
  readonly source: { readonly kind: 'sqs'; readonly arn: string; readonly url: string };
  /** URL of the dead-letter queue. */
  readonly deadLetterQueue: string;
  readonly idempotency: { readonly table: string; readonly rememberFor: number };
  readonly maxAttempts: number;
  readonly retry: { readonly delay: number; readonly maxDelay: number };
}

/** Reads and checks what the construct has set; a function without it fails at its start, not at its first message. */
export function readConsumerEnvironment(variables: Record<string, string | undefined> = process.env): ConsumerEnvironment {
  const text = variables[consumerVariable];
  if (!text) {
    throw new EnvironmentError(`${consumerVariable} is not set: make this function the \`consumer\` of a PointToPointQueue, which sets it`);
  }
  if (/^\s*(1|true|y|yes|on|t)\s*$/i.test(variables.POWERTOOLS_IDEMPOTENCY_DISABLED ?? '')) {
    throw new EnvironmentError('POWERTOOLS_IDEMPOTENCY_DISABLED is set: every message would count as often as it is delivered; remove it');
  }
  let found: Partial<ConsumerEnvironment>;
  try {
    found = JSON.parse(text) as Partial<ConsumerEnvironment>;
  } catch {
    throw new EnvironmentError(`${consumerVariable} is not JSON: only the construct may write it, remove what else sets it`);
  }
  const problems = [...problemsOf(found)];
  if (problems.length > 0) {
    throw new EnvironmentError(`${consumerVariable}, set by ${found?.construct ?? 'an unknown construct'}: ${problems.join('; ')}`);
  }
  return found as ConsumerEnvironment;
}

function* problemsOf(found: Partial<ConsumerEnvironment> | null) {
  if (found?.v !== 1) {
    yield `version ${String(found?.v)} is not 1: build the function and the stack with the same version of cdk-event-patterns`;
    return;
  }
  for (const [name, value] of Object.entries({
    'id': found.id, 'source.arn': found.source?.arn, 'source.url': found.source?.url,
    'deadLetterQueue': found.deadLetterQueue, 'idempotency.table': found.idempotency?.table,
  })) {
    if (typeof value !== 'string' || value === '') { yield `${name} is ${JSON.stringify(value)}, not a text`; }
  }
  for (const [name, value] of Object.entries({
    'idempotency.rememberFor': found.idempotency?.rememberFor, 'maxAttempts': found.maxAttempts,
    'retry.delay': found.retry?.delay, 'retry.maxDelay': found.retry?.maxDelay,
  })) {
    if (typeof value !== 'number' || !(value > 0)) { yield `${name} is ${JSON.stringify(value)}, not a number above 0`; }
  }
}
