import type { Logger } from '@aws-lambda-powertools/logger';
import type { Delivery } from './delivery';
import { EventLog } from './event-log';
import { backOff, type FailureKind, kindOf, reasonOf } from './failure';
import type { Decision, LogLine, SetAside, Work } from './work';
import type { ConsumerEnvironment } from '../environment';
import { messageOf, Poison, Unreadable } from '../errors';
import type { ConsumerMetrics } from '../metrics';
import type { Ending } from '../store/once';

/** What is decided about: the deliveries, and what is known of them. */
export interface Subject {
  readonly deliveries: readonly [Delivery, ...Delivery[]];
  readonly correlationId?: string;
  readonly businessKey?: string;
  readonly key?: string | undefined;
  readonly parked?: string | undefined;
  readonly attempt?: number | undefined;
}

/** Says what becomes of messages, and tells the log and the metrics. */
export class Verdict {
  constructor(private readonly parts: {
    readonly environment: ConsumerEnvironment;
    readonly log: Logger;
    readonly metrics: Pick<ConsumerMetrics, 'count' | 'measure'>;
    readonly classify: ((error: unknown) => FailureKind | undefined) | undefined;
  }) {}

  /** What an error means: as the handler's author says, or else by its name. */
  readonly kindOf = (error: unknown): FailureKind => (isOurs(error) ? undefined : this.classified(error)) ?? kindOf(error);

  /** Whether a try that ended with this error counts: what says nothing about the message is no try. */
  readonly counts = (error: unknown): boolean => !['environment', 'transient'].includes(this.kindOf(error));

  done(work: Work, attempt: number): Decision {
    this.logFor({ ...work, attempt }).info('processed', { outcome: 'processed', ...copiesOf(work) });
    this.parts.metrics.count('Processed');
    this.parts.metrics.measure('EndToEndLatency', Date.now() - work.time.getTime());
    return { kind: 'done' };
  }

  duplicate(work: Work): Decision {
    this.logFor(work).info('already processed', { outcome: 'duplicate', ...copiesOf(work) });
    this.parts.metrics.count('Duplicate');
    return { kind: 'done' };
  }

  /** Its letter has been sent; it came again for another's sake. */
  asideBefore(subject: Subject): Decision {
    this.logFor(subject).info('already set aside', { outcome: 'duplicate' });
    this.parts.metrics.count('Duplicate');
    return { kind: 'done' };
  }

  stale(work: Work, last: string): Decision {
    this.logFor(work).info('a later event was processed before', { outcome: 'stale', last, ...copiesOf(work) });
    this.parts.metrics.count('Stale');
    return { kind: 'done' };
  }

  /** It waits in the store; a source that can wait keeps the message too, and so sees to it that a gap which stays open is noticed. */
  parked(work: Work, sourceWaits: boolean): Decision {
    const delaySeconds = backOff(work.deliveries[0].receiveCount, this.parts.environment.retry);
    this.parts.metrics.count('Parked');
    this.parts.metrics.measure('ParkedAge', Date.now() - work.deliveries[0].sentAt.getTime());
    this.logFor(work).info('waits for an event before it', { outcome: 'parked', place: work.position?.place.replace(/^0+/, ''), ...copiesOf(work) });
    return sourceWaits ? { kind: 'again', delaySeconds } : { kind: 'done', parked: true };
  }

  notBegun(subject: Subject): Decision {
    this.logFor(subject).info('not begun, there was no time left', { outcome: 'retry', reason: 'NotBegun' });
    return { kind: 'again', delaySeconds: 0 };
  }

  /** It would overtake one of its group that comes again. */
  behind(subject: Subject, delaySeconds: number | undefined): Decision {
    this.logFor(subject).info('waits behind one of its group', { outcome: 'retry', reason: 'Behind', ...(delaySeconds === undefined ? {} : { delaySeconds }) });
    return { kind: 'again', delaySeconds };
  }

  /** Its group is stopped: it is set aside behind the message that stopped it. */
  groupParked(subject: Subject): SetAside {
    const reason = { reason: groupParked, message: 'a message of the same group was set aside before it', attempt: 0, correlationId: subject.correlationId };
    return {
      kind: 'set-aside', deliveries: subject.deliveries, reason, key: undefined, tries: subject.deliveries[0].receiveCount, log: this.logFor(subject),
      line: { failure: 'poison', reason: reason.reason, error: reason.message },
    };
  }

  ofEnding(ending: Ending, work: Work): Decision {
    switch (ending.kind) {
      case 'done': return this.done(work, ending.attempt);
      case 'duplicate': return this.duplicate(work);
      case 'held': {
        const [delivery] = work.deliveries;
        const untilFree = Math.ceil(Math.max(0, ending.until - Date.now()) / 1000) + 1;
        const delaySeconds = Math.min(untilFree, backOff(delivery.receiveCount, this.parts.environment.retry));
        this.logFor(work).info('in progress elsewhere', { outcome: 'held', delaySeconds });
        return { kind: 'again', delaySeconds, heldUntil: ending.until };
      }
      case 'reused': return this.conflict(work);
      case 'failed': return this.fail({ ...work, attempt: ending.attempt }, ending.error);
    }
  }

  /** Another event was done under the same key, or at the same place. */
  conflict(work: Work, otherId?: string): Decision {
    this.parts.metrics.count('KeyReuse');
    const { contract, position, eventId } = work;
    const reused = position
      ? new Poison(`event ${eventId} has the place of another event${otherId === undefined ? '' : `, ${otherId}`}, with other content`, { reason: 'PlaceReuse' })
      : new Poison(`another ${contract.type} with the same key and other content was here before`, { reason: 'KeyReuse' });
    return this.fail({ ...work, key: undefined }, reused);
  }

  /** Lets a failed message come again, or has it set aside when that is no use. */
  fail(subject: Subject, error: unknown): Decision {
    const { deliveries, attempt, key, parked } = subject;
    const log = this.logFor(subject);
    const kind = this.kindOf(error);
    const reason = { reason: reasonOf(error), message: messageOf(error), attempt: attempt ?? 0, correlationId: subject.correlationId };
    // the logger keeps the name `message` for itself
    const line: LogLine = { failure: kind, reason: reason.reason, error: error instanceof Unreadable ? error.loggable : reason.message };
    // what says nothing about the message was not counted as a try; there the receives tell how long it has been going on
    const tries = kind === 'unknown' ? attempt ?? deliveries[0].receiveCount : deliveries[0].receiveCount;
    const { maxAttempts, retry } = this.parts.environment;
    if (kind === 'poison' || (kind === 'unknown' && (attempt ?? 0) >= maxAttempts)) { return { kind: 'set-aside', deliveries, reason, line, log, key, parked, tries }; }
    const delaySeconds = pauseOf(error) ?? backOff(tries, retry);
    log.warn('will be tried again', { outcome: 'retry', ...line, delaySeconds });
    this.parts.metrics.count(kind === 'environment' ? 'Misconfigured' : 'Retried');
    return { kind: 'again', delaySeconds, error };
  }

  /** The engine itself has failed. */
  broken(subject: Subject, error: unknown): void {
    this.logFor(subject).error('could not be handled, will be tried again', { outcome: 'retry', reason: reasonOf(error), error: messageOf(error) });
  }

  private classified(error: unknown): FailureKind | undefined {
    try {
      return this.parts.classify?.(error);
    } catch (failure) {
      this.warn('`classify` failed, the error is known by its name', failure);
      return undefined;
    }
  }

  /** Something that helps did not work. */
  warn(what: string, error: unknown): void {
    this.parts.log.warn(what, { reason: reasonOf(error), error: messageOf(error) });
  }

  /** A logger whose lines say which message they are about. */
  logFor({ deliveries: [{ messageId, correlationId, receiveCount }], correlationId: cause, businessKey: key, attempt }: Subject): EventLog {
    return new EventLog(this.parts.log, {
      correlationId: cause ?? correlationId, messageId, receiveCount, ...(key === undefined ? {} : { key }), ...(attempt === undefined ? {} : { attempt }),
    });
  }
}

/** What the engine tells itself is no failure of the handler: whatever its author says of errors, it is no letter and no try. */
const isOurs = (error: unknown) => ['ClaimLost', 'NotBegun', 'PlaceRefused'].includes((error as { name?: string } | null)?.name ?? '');

/** The reason of a letter that is one only because of another letter. */
export const groupParked = 'GroupParked';

const copiesOf = ({ deliveries }: Subject) => deliveries.length > 1 ? { copies: deliveries.length } : {};

/** The pause that a handler has asked for. */
function pauseOf(error: unknown): number | undefined {
  const { name, after } = (error ?? {}) as { name?: unknown; after?: unknown };
  return name === 'RetryLater' && typeof after === 'number' && after >= 0 ? Math.ceil(after) : undefined;
}
