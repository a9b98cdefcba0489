import { Duration } from 'aws-cdk-lib';
import type { PointToPointQueueProps } from './point-to-point-queue';
import { reservedConcurrencyOf, timeoutOf } from '../consumer/consumer';
import { known, lasting, say, seconds, within } from '../private/check';

/** What a queue and its consumer run with. */
export interface Settings {
  readonly maxAttempts: number;
  readonly maxReceiveCount: number;
  readonly retryDelay: Duration;
  readonly maxRetryDelay: Duration;
  readonly visibilityTimeout: Duration;
  readonly retentionPeriod: Duration;
  readonly rememberFor: Duration;
  readonly batchSize: number;
  readonly maxBatchingWindow: Duration;
  readonly maxConcurrency?: number;
}

// a receive is not always a try: so many more are allowed for crashes of neighbours, throttles and deployments
const SPARE_RECEIVES = 4;
const DAY = 24 * 60 * 60;
const none = Duration.seconds(0);

/** What lies outside a limit of the services: each such prop with its problem. */
export function limits(props: PointToPointQueueProps): Map<string, string> {
  const [second, minute, hours] = [Duration.seconds(1), Duration.minutes(1), Duration.hours(12)];
  const problems = {
    maxAttempts: within('maxAttempts', props.maxAttempts, 1, 1_000 - SPARE_RECEIVES),
    maxReceiveCount: within('maxReceiveCount', props.maxReceiveCount, 1 + SPARE_RECEIVES, 1_000),
    retryDelay: lasting('retryDelay', props.retryDelay, second, hours),
    maxRetryDelay: lasting('maxRetryDelay', props.maxRetryDelay, second, hours),
    visibilityTimeout: lasting('visibilityTimeout', props.visibilityTimeout, second, hours),
    retentionPeriod: lasting('retentionPeriod', props.retentionPeriod, minute, Duration.days(14)),
    rememberFor: lasting('rememberFor', props.rememberFor, second, Duration.days(3650)),
    batchSize: within('batchSize', props.batchSize, 1, 10_000),
    maxBatchingWindow: lasting('maxBatchingWindow', props.maxBatchingWindow, none, Duration.minutes(5)),
    maxConcurrency: within('maxConcurrency', props.maxConcurrency, 2, 1_000),
    deliveryDelay: lasting('deliveryDelay', props.deliveryDelay, none, Duration.minutes(15)),
  };
  return new Map(Object.entries(problems).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Fills in what was not given. A default that follows something only the deployment knows is missing. */
export function defaults(props: PointToPointQueueProps, deadLetterRetention: Duration): Partial<Settings> {
  const retentionPeriod = props.retentionPeriod ?? Duration.days(4);
  const maxBatchingWindow = props.maxBatchingWindow ?? none;
  const visibilityTimeout = props.visibilityTimeout ?? longer(timeoutOf(props.consumer), 6, maxBatchingWindow);
  const comesBackFor = longer(retentionPeriod, 2, deadLetterRetention);
  const room = receivesWithin(retentionPeriod, props.deliveryDelay, visibilityTimeout);
  const reserved = reservedConcurrencyOf(props.consumer);
  const retryDelay = props.retryDelay ?? Duration.seconds(1);
  return {
    maxAttempts: props.maxAttempts ?? 5,
    maxReceiveCount: props.maxReceiveCount ?? Math.min(Math.max(50, 10 * (known(props.maxAttempts) ?? 5)), room ?? 1_000, 1_000),
    retryDelay,
    maxRetryDelay: props.maxRetryDelay ?? ((seconds(retryDelay) ?? 0) > 900 ? retryDelay : Duration.minutes(15)),
    visibilityTimeout,
    retentionPeriod,
    rememberFor: props.rememberFor ?? longer(comesBackFor, 1, Duration.days(1)),
    batchSize: props.batchSize ?? 10,
    maxBatchingWindow,
    maxConcurrency: props.maxConcurrency ?? (reserved === undefined ? undefined : Math.min(reserved, 1_000)),
  };
}

/** Says where what was given contradicts itself, and what to change. */
export function contradictions(props: PointToPointQueueProps, given: Partial<Settings>, deadLetterRetention: Duration): (string | undefined)[] {
  return [
    retries(given),
    visibility(props, given),
    receives(props, given),
    retention(given, deadLetterRetention),
    memory(given, deadLetterRetention),
    tries(props, given),
    batch(given),
    concurrency(props),
  ];
}

function retries(given: Partial<Settings>) {
  const [delay, max] = [seconds(given.retryDelay), seconds(given.maxRetryDelay)];
  if (delay === undefined || max === undefined || max >= delay) { return undefined; }
  return `maxRetryDelay is ${say(max)}, set it to ${say(delay)} or more, the retryDelay`;
}

function visibility(props: PointToPointQueueProps, given: Partial<Settings>) {
  const timeout = timeoutOf(props.consumer);
  const floor = seconds(longer(timeout, 6, given.maxBatchingWindow));
  const actual = seconds(given.visibilityTimeout);
  if (timeout !== undefined && given.visibilityTimeout === undefined) {
    return 'visibilityTimeout cannot follow the timeout of the consumer and maxBatchingWindow, which only the deployment knows; set visibilityTimeout';
  }
  if (timeout === undefined || floor === undefined || actual === undefined || actual >= floor) { return undefined; }
  return `visibilityTimeout is ${say(actual)}, set it to ${say(floor)} or more: six times the consumer's timeout of ${say(timeout)}, and the maxBatchingWindow`;
}

/** A message is deleted at the end of its retention, wherever it is: the way to the dead-letter queue must be shorter. */
function receives(props: PointToPointQueueProps, given: Partial<Settings>) {
  const [attempts, receiveCount] = [known(given.maxAttempts), known(given.maxReceiveCount)];
  const room = receivesWithin(given.retentionPeriod, props.deliveryDelay, given.visibilityTimeout);
  const needed = attempts === undefined ? undefined : attempts + SPARE_RECEIVES;
  if (receiveCount !== undefined && room !== undefined && (receiveCount > room || room < (needed ?? 0)) && given.visibilityTimeout && given.retentionPeriod) {
    const least = needed ?? 1 + SPARE_RECEIVES;
    return `retentionPeriod is ${say(given.retentionPeriod)}, too short for ${Math.max(receiveCount, least)} receives with a visibilityTimeout of `
      + `${say(given.visibilityTimeout)}: Amazon SQS would delete a message before it reaches the dead-letter queue; raise retentionPeriod, or `
      + (room < least ? 'lower the timeout of the consumer or maxAttempts' : `set maxReceiveCount to ${room} or less`);
  }
  if (needed === undefined || receiveCount === undefined || receiveCount >= needed) { return undefined; }
  return `maxReceiveCount is ${receiveCount}, set it to ${needed} or more, or maxAttempts to ${receiveCount - SPARE_RECEIVES} or less: a receive is not always a try`;
}

function retention(given: Partial<Settings>, deadLetterRetention: Duration) {
  const [source, dead] = [seconds(given.retentionPeriod), seconds(deadLetterRetention)];
  const week = 7 * DAY;
  if (source === undefined || dead === undefined || dead - source >= week) { return undefined; }
  const cures = [
    dead - week >= 60 ? `set retentionPeriod to ${say(dead - week)} or less` : undefined,
    source + week <= 14 * DAY ? `keep dead letters for ${say(source + week)} or more` : undefined,
  ].filter((cure) => cure !== undefined);
  return `retentionPeriod is ${say(source)}, but dead letters are kept for ${say(dead)} from when they were sent, which leaves less than 7 days to look at a failure; `
    + (cures.join(', or ') || 'set retentionPeriod to 7 days or less, and keep dead letters for 14 days');
}

function memory(given: Partial<Settings>, deadLetterRetention: Duration) {
  const horizon = seconds(longer(given.retentionPeriod, 2, deadLetterRetention));
  const actual = seconds(given.rememberFor);
  if (given.rememberFor === undefined) { return 'rememberFor cannot follow the retention of the queue and its dead-letter queue, which only the deployment knows; set rememberFor'; }
  if (horizon === undefined || actual === undefined || actual >= horizon) { return undefined; }
  return `rememberFor is ${say(actual)}, set it to ${say(horizon)} or more: so long a message can come back from the queue, the dead-letter queue and a redrive`;
}

function tries(props: PointToPointQueueProps, given: Partial<Settings>) {
  const [attempts, delay, max, kept, timeout] =
    [known(given.maxAttempts), seconds(given.retryDelay), seconds(given.maxRetryDelay), seconds(given.retentionPeriod), seconds(timeoutOf(props.consumer))];
  if (attempts === undefined || delay === undefined || max === undefined || kept === undefined) { return undefined; }
  let span = (seconds(props.deliveryDelay) ?? 0) + (timeout ?? 0) * attempts;
  for (let attempt = 1; attempt < attempts; attempt++) { span += Math.min(max, delay * 2 ** (attempt - 1)); }
  if (!(span > kept)) { return undefined; }
  return `maxAttempts is ${attempts}, which with the waits between them takes ${say(Math.ceil(span))}, longer than the retentionPeriod of ${say(kept)}; `
    + 'lower maxAttempts, retryDelay or maxRetryDelay, or raise retentionPeriod';
}

function batch(given: Partial<Settings>) {
  const size = known(given.batchSize);
  if (size === undefined || size <= 10 || seconds(given.maxBatchingWindow) !== 0) { return undefined; }
  return `batchSize is ${size}, set it to 10 or less, or maxBatchingWindow to 1 second or more`;
}

function concurrency(props: PointToPointQueueProps) {
  const reserved = reservedConcurrencyOf(props.consumer);
  if (reserved === undefined) { return undefined; }
  const { path } = props.consumer.node;
  if (reserved < 2) {
    return `consumer ${path} has a reservedConcurrentExecutions of ${reserved}, raise it to 2 or more, or leave it out and set maxConcurrency: 2 is the least that a queue invokes`;
  }
  const asked = known(props.maxConcurrency);
  if (asked === undefined || asked <= reserved) { return undefined; }
  return `maxConcurrency is ${asked}, set it to ${reserved} or less, the reservedConcurrentExecutions of ${path}`;
}

/** `times` a duration, and another one; `undefined` unless both are known. */
function longer(duration: Duration | undefined, times: number, by: Duration | undefined): Duration | undefined {
  const [first, second] = [seconds(duration), seconds(by)];
  return first === undefined || second === undefined ? undefined : Duration.seconds(first * times + second);
}

function receivesWithin(retentionPeriod?: Duration, deliveryDelay?: Duration, visibilityTimeout?: Duration): number | undefined {
  const [kept, each] = [seconds(retentionPeriod), seconds(visibilityTimeout)];
  return kept === undefined || each === undefined ? undefined : Math.floor((kept - (seconds(deliveryDelay) ?? 0)) / each);
}
