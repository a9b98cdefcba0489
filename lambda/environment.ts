import { EnvironmentError } from './errors';

/** The variable that `PointToPointQueue` sets on its consumer. */
export const consumerVariable = 'EVENT_PATTERNS_CONSUMER';

/** What a consumer is fed by. */
export type ConsumerSource =
  | { readonly kind: 'sqs'; readonly arn: string; readonly url: string; readonly fifo?: boolean }
  | { readonly kind: 'kinesis' | 'dynamodb' | 'sns' | 'eventbridge'; readonly arn: string }
  /** Whoever invokes the function asynchronously. */
  | { readonly kind: 'lambda' };

/** What a construct tells the handler about the place it works in. Durations are in seconds. */
export interface ConsumerEnvironment<Source extends ConsumerSource = ConsumerSource> {
  readonly v: 1;
  /** Stable name of the consumer; every idempotency key begins with it. */
  readonly id: string;
  /** Path of the construct that wrote this. */
  readonly construct: string;
  readonly source: Source;
  /** URL of the dead-letter queue. */
  readonly deadLetterQueue: string;
  readonly idempotency: { readonly table: string; readonly rememberFor: number };
  /** Where `tx.emit` puts events; a relay publishes them from there. */
  readonly outbox?: { readonly table: string };
  readonly maxAttempts: number;
  readonly retry: { readonly delay: number; readonly maxDelay: number };
}

/** Who reads the variable, and which sources it can serve. */
export interface Reader {
  readonly name: string;
  readonly kinds: readonly ConsumerSource['kind'][];
}

/** The functions that serve each source, for whoever took another one. */
const doors: Record<ConsumerSource['kind'], string> = {
  sqs: 'queueConsumer', kinesis: 'streamConsumer', dynamodb: 'tableStreamConsumer', sns: 'topicConsumer', eventbridge: 'eventConsumer', lambda: 'asyncConsumer',
};

/** Reads and checks what the construct has set; a function without it fails at its start, not at its first message. */
export function readConsumerEnvironment(reader: Reader, variables: Record<string, string | undefined> = process.env): ConsumerEnvironment {
  const text = variables[consumerVariable];
  if (!text) {
    throw new EnvironmentError(`${consumerVariable} is not set: make this function the consumer of a construct such as PointToPointQueue, which sets it`);
  }
  if (/^\s*(1|true|y|yes|on|t)\s*$/i.test(variables.POWERTOOLS_IDEMPOTENCY_DISABLED ?? '')) {
    throw new EnvironmentError('POWERTOOLS_IDEMPOTENCY_DISABLED is set: every message would count as often as it is delivered; remove it');
  }
  let found: Partial<ConsumerEnvironment> | null;
  try {
    found = JSON.parse(text) as Partial<ConsumerEnvironment> | null;
  } catch {
    throw new EnvironmentError(`${consumerVariable} is not JSON: only the construct may write it, remove what else sets it`);
  }
  const problems = [...problemsOf(found, reader)];
  if (problems.length > 0) {
    throw new EnvironmentError(`${consumerVariable}, set by ${found?.construct ?? 'an unknown construct'}: ${problems.join('; ')}`);
  }
  return found as ConsumerEnvironment;
}

function* problemsOf(found: Partial<ConsumerEnvironment> | null, { name: reader, kinds }: Reader) {
  if (found?.v !== 1) {
    yield `version ${String(found?.v)} is not 1: build the function and the stack with the same version of cdk-event-patterns`;
    return;
  }
  const source = (found.source ?? {}) as { kind?: ConsumerSource['kind']; arn?: unknown; url?: unknown; fifo?: unknown };
  if (!source.kind || !Object.hasOwn(doors, source.kind)) {
    yield `source.kind is ${JSON.stringify(source.kind)}, not one of ${Object.keys(doors).join(', ')}`;
  } else if (!kinds.includes(source.kind)) {
    yield `the source is ${source.kind}, which ${reader} does not handle: write the handler with ${doors[source.kind]}`;
  }
  for (const [name, value] of Object.entries({
    'id': found.id, 'deadLetterQueue': found.deadLetterQueue, 'idempotency.table': found.idempotency?.table,
    ...(source.kind === 'lambda' ? {} : { 'source.arn': source.arn }),
    ...(source.kind === 'sqs' ? { 'source.url': source.url } : {}),
    ...(found.outbox === undefined ? {} : { 'outbox.table': found.outbox?.table }),
  })) {
    if (typeof value !== 'string' || value === '') { yield `${name} is ${JSON.stringify(value)}, not a text`; }
  }
  if (source.fifo !== undefined && typeof source.fifo !== 'boolean') { yield `source.fifo is ${JSON.stringify(source.fifo)}, not true or false`; }
  for (const [name, value] of Object.entries({
    'idempotency.rememberFor': found.idempotency?.rememberFor, 'maxAttempts': found.maxAttempts,
    'retry.delay': found.retry?.delay, 'retry.maxDelay': found.retry?.maxDelay,
  })) {
    if (typeof value !== 'number' || !(value > 0)) { yield `${name} is ${JSON.stringify(value)}, not a number above 0`; }
  }
}
