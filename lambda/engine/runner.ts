import type { Deadline } from './deadline';
import type { Delivery } from './delivery';
import { parkedKey, readEvent, type Reading, type ReadEvent } from './event';
import { standingOf } from './order';
import type { Meta, Process } from './processing';
import { Steps } from './steps';
import type { Trace } from './trace';
import { Transaction, type Tx } from './transaction';
import type { Verdict } from './verdict';
import { type Decision, isSuspect, type Work } from './work';
import type { EventContract } from '../contract';
import type { ConsumerEnvironment } from '../environment';
import { NotBegun, Poison } from '../errors';
import { placeAfter } from '../event-data';
import type { ConsumerMetrics } from '../metrics';
import { type Cause, Run, runWith } from '../run';
import type { IdempotencyStore, KnownPlace, OrderStore, PlaceTaken } from '../store/idempotency-store';
import { type Finished, type Held, type Lease, once, type OnceOptions } from '../store/once';
import type { PlaceRefused } from '../store/place-refused';

/** What runs need besides their work. */
export interface RunnerParts {
  readonly environment: ConsumerEnvironment;
  readonly reading: Reading;
  readonly processOf: (contract: EventContract) => Process<unknown, Tx>;
  readonly emits: readonly EventContract[];
  readonly onStale: 'skip' | 'process' | 'poison';
  /** The store for a run; an event that was delivered before may need another one. */
  readonly storeFor: (redelivered: boolean) => IdempotencyStore;
  /** Where the places of aggregates are kept, if not in the entities themselves. */
  readonly places: OrderStore | undefined;
  /** Whether a message may wait in its source for an event before it. */
  readonly sourceWaits: boolean;
  readonly unpark: (text: string) => Delivery;
  readonly metrics: Pick<ConsumerMetrics, 'count' | 'measure'>;
  readonly verdict: Verdict;
  readonly trace: Trace | undefined;
}

/** Whether a run is the only one under way, and what it makes good. */
export type Company = Pick<OnceOptions, 'alone' | 'replaces'>;

const mostRounds = 3; // the aggregate may move on while an event is looked at

/** Runs works of one invocation. */
export class Runner {
  /** How far aggregates have come, as far as this invocation knows. */
  private readonly reached = new Map<string, KnownPlace>();

  constructor(private readonly parts: RunnerParts, private readonly deadline: Deadline, private readonly lease: Lease) {}

  /** Runs a work, and then those that have waited for it. */
  async perform(work: Work, company: Company): Promise<Decision> {
    const decision = await this.performOne(work, company);
    if (decision.kind !== 'done' || decision.parked || !work.position?.gapless) { return decision; }
    return await this.release(work, company) ?? decision;
  }

  /** Runs a work whose earlier run died. */
  async performSuspect(work: Work): Promise<Decision> {
    return this.diedTooOften(work) ?? this.perform(work, { alone: true, replaces: !work.known?.alone });
  }

  /** One death is no proof, and a death in company is not even a try: it may have been another's doing. */
  private diedTooOften(work: Work): Decision | undefined {
    const { attempts = 0, alone = false } = work.known ?? {};
    const proof = Math.max(2, this.parts.environment.maxAttempts);
    if (!alone || attempts < proof || this.deadline.signal.aborted) { return undefined; }
    const died = new Poison(`the function died while it handled this event alone, at try ${attempts}`, { reason: 'FunctionDied' });
    return this.parts.verdict.fail({ ...work, attempt: attempts }, died);
  }

  private async performOne(given: Work, company: Company): Promise<Decision> {
    const { places, verdict } = this.parts;
    let work = given;
    let last = (work.position && this.reached.get(work.position.key)) ?? work.last;
    try {
      for (let round = 1; ; round++) {
        // not begun is not tried: it goes back as it came
        if (this.deadline.signal.aborted) { return verdict.notBegun(work); }
        if (work.position && places && last === 'unknown') { ({ work, last } = await this.lookUp(work, places)); }
        const standing = work.position && places && last !== 'unknown' ? standingOf(work.position, last) : undefined;
        if (standing && last && last !== 'unknown') { this.reach(work, last); }
        const lastId = last === 'unknown' ? undefined : last?.eventId;
        if (standing?.kind === 'duplicate') { return await this.duplicate(work, company, last as KnownPlace); }
        if (standing?.kind === 'conflict') { return verdict.conflict(work, lastId); }
        if (standing?.kind === 'stale' && this.parts.onStale !== 'process') { return await this.ofMemory(work, company) ?? this.stale(work, lastId); }
        if (standing?.kind === 'early') {
          if (await this.park(work, last as KnownPlace | undefined)) { return verdict.parked(work, this.parts.sourceWaits); }
          last = 'unknown';
        } else {
          const ending = await this.runOnce(work, company, standing?.kind === 'stale', standing?.kind === 'next' ? standing.after : undefined);
          if (ending.kind === 'done' && standing?.kind === 'next') { this.reach(work, { kind: 'place', eventId: work.eventId, ...work.position! }); }
          if (ending.kind !== 'failed' || !isPlaceRefused(ending.error)) { return verdict.ofEnding(ending, work); }
          last = ending.error.last;
          if (!places) { return this.refusedByEntity(work, last); }
        }
        if (round === mostRounds) { return verdict.fail(work, new NotBegun()); }
      }
    } catch (error) {
      return verdict.fail(work, error);
    }
  }

  private async runOnce(work: Work, company: Company, stale: boolean, after: string | null | undefined) {
    const { environment, metrics, verdict } = this.parts;
    const redelivered = work.known !== undefined || work.deliveries.some(({ receiveCount }) => receiveCount > 1);
    const place = work.position && !stale ? this.placeOf(work, after) : undefined;
    const cause = causeOf(work);
    const reserved = 1 + (place ? 1 : 0) + (work.parked === undefined ? 0 : 1);
    const transaction = new Transaction({ contracts: this.parts.emits, outbox: environment.outbox?.table, cause }, reserved);
    const ending = await once(work, async (held) => this.run(work, held, { transaction, cause, place, stale }), {
      ...company, lease: this.lease, store: this.parts.storeFor(redelivered), takesOver: true, counts: verdict.counts,
    });
    if (ending.kind === 'done') { metrics.count('Emitted', transaction.emissions); }
    return ending;
  }

  private async run(work: Work, { attempt }: Held, { transaction, cause, place, stale }: Frame): Promise<Finished> {
    if (this.deadline.signal.aborted) { throw new NotBegun(); }
    const { metrics, verdict, trace } = this.parts;
    const meta = metaOf(work, attempt, stale);
    const run = new Run(cause);
    const { signal } = this.deadline;
    const steps = new Steps(work.key, { store: this.parts.storeFor(true), lease: this.lease, signal, cause, verdict });
    const processing = { meta, tx: txOf(transaction, steps), signal, log: verdict.logFor({ ...work, attempt }) };
    const begun = Date.now();
    metrics.measure('Age', begun - work.time.getTime());
    const handle = async () => {
      await this.parts.processOf(work.contract)(work.data, processing);
      await steps.settled();
      await run.settled();
    };
    try {
      await this.deadline.limit(runWith(run, async () => trace ? trace(meta, handle) : handle()));
    } finally {
      transaction.end();
      metrics.measure('Duration', Date.now() - begun);
    }
    return { writes: await transaction.writes(), ...(place ? { place } : {}), ...(work.parked === undefined ? {} : { parked: work.parked }) };
  }

  private placeOf({ position, eventId }: Work, after: string | null | undefined): PlaceTaken {
    const { key, place, fingerprint, gapless } = position!;
    // without gaps, the next event must find this one, however late it comes
    const expiresAt = gapless ? undefined : Date.now() + this.parts.environment.idempotency.rememberFor * 1000;
    return { key, place, fingerprint, eventId, expiresAt, ...(after === undefined ? {} : { after }) };
  }

  /** What is parked and done need not wait any more. */
  private async duplicate(work: Work, company: Company, last: KnownPlace): Promise<Decision> {
    const decision = last.place === work.position!.place ? undefined : await this.ofMemory(work, company);
    if (work.parked !== undefined) { await this.parts.places!.resume(work.parked); }
    return decision ?? this.parts.verdict.duplicate(work);
  }

  /** The place of a later event hides whether this one was done, and with which content: its own memory tells, while there is one. */
  private async ofMemory(work: Work, company: Company): Promise<Decision | undefined> {
    const known = (await this.parts.places!.lookUp([work.key])).get(work.key);
    if (known?.kind !== 'event' || known.status !== 'COMPLETED' || known.expiresAt <= this.deadline.killAt) { return undefined; }
    return this.parts.verdict.ofEnding(await this.runOnce(work, company, true, undefined), work);
  }

  private stale(work: Work, lastId = 'unknown'): Decision {
    if (this.parts.onStale !== 'poison') { return this.parts.verdict.stale(work, lastId); }
    return this.parts.verdict.fail(work, new Poison(`a later event of its aggregate, ${lastId}, was processed before`, { reason: 'Stale' }));
  }

  private refusedByEntity(work: Work, last: KnownPlace | undefined): Decision {
    const standing = standingOf(work.position!, last);
    if (standing.kind === 'duplicate') { return this.parts.verdict.duplicate(work); }
    return standing.kind === 'conflict' ? this.parts.verdict.conflict(work, last?.eventId) : this.stale(work, last?.eventId);
  }

  private async park(work: Work, last: KnownPlace | undefined): Promise<boolean> {
    const [delivery] = work.deliveries;
    const { key, place } = work.position!;
    return this.parts.places!.park(parkedKey(work.position!, place), JSON.stringify(delivery), { key, last: last?.place ?? null });
  }

  /** Runs those that have waited for this work; undefined when none is left that could run. */
  private async release(work: Work, company: Company): Promise<Decision | undefined> {
    const position = work.position!;
    // an earlier run may have released some of them, and have died before the next
    for (let place = placeAfter(this.reached.get(position.key)?.place ?? position.place); ; place = placeAfter(place)) {
      const key = parkedKey(position, place);
      try {
        const parked = (await this.parts.places!.lookUp([key])).get(key);
        if (parked?.kind !== 'parked') { return undefined; }
        const decision = await this.performParked(this.parts.unpark(parked.delivery), key, company);
        // its source may have forgotten it: until its letter is sent, this work is what brings it back
        if (decision.kind === 'set-aside') { return { ...decision, answers: work.deliveries }; }
        if (decision.kind === 'again' || decision.parked) { return decision; }
      } catch (error) {
        return this.parts.verdict.fail(work, error);
      }
    }
  }

  private async performParked(delivery: Delivery, parked: string, company: Company): Promise<Decision> {
    let event: ReadEvent;
    try {
      event = await readEvent(delivery, this.parts.reading);
    } catch (error) {
      return this.parts.verdict.fail({ deliveries: [delivery], parked }, error);
    }
    const remembered = (await this.parts.places!.lookUp([event.key])).get(event.key);
    const known = remembered?.kind === 'event' ? remembered : undefined;
    const work: Work = { ...event, deliveries: [delivery], last: 'unknown', parked, known };
    if (!isSuspect(work)) { return this.performOne(work, { alone: company.alone, replaces: false }); }
    // it, or a batch mate, has killed a function
    if (!company.alone) { return { kind: 'again', delaySeconds: undefined, alone: true }; }
    return this.diedTooOften(work) ?? this.performOne(work, { alone: true, replaces: !known?.alone });
  }

  /** Notes how far an aggregate has come; groups side by side may tell of it in any order. */
  private reach({ position }: Work, last: KnownPlace): void {
    const { place } = this.reached.get(position!.key) ?? {};
    if (place === undefined || place < last.place) { this.reached.set(position!.key, last); }
  }

  /** Asks for the last event of the work's aggregate, and whether the work itself is parked. */
  private async lookUp(work: Work, places: OrderStore): Promise<{ readonly work: Work; readonly last: KnownPlace | undefined }> {
    const { key, place, gapless } = work.position!;
    const row = parkedKey(work.position!, place);
    const found = await places.lookUp(gapless ? [key, row] : [key]);
    const last = found.get(key);
    return { work: found.has(row) ? { ...work, parked: row } : work, last: last?.kind === 'place' ? last : undefined };
  }
}

/** What a run is given besides its work. */
interface Frame {
  readonly transaction: Transaction;
  readonly cause: Cause;
  readonly place: PlaceTaken | undefined;
  readonly stale: boolean;
}

const txOf = (transaction: Transaction, { once: step }: Steps): Tx => ({
  write: (...writes) => transaction.write(...writes),
  emit: (contract, data) => transaction.emit(contract, data),
  once: step,
});

const causeOf = ({ correlationId, eventId: causationId, hops, traceparent }: Work): Cause => ({
  correlationId, causationId, hops, ...(traceparent ? { traceparent } : {}),
});

function metaOf(work: Work, attempt: number, stale: boolean): Meta {
  const { deliveries: [{ messageId, sentAt, receiveCount }], contract, eventId, correlationId, causationId, businessKey, hops, replay } = work;
  return {
    eventId, type: contract.type, correlationId, key: businessKey, attempt, receiveCount, messageId, sentAt, hops, stale,
    ...(causationId === undefined ? {} : { causationId }), ...(replay === undefined ? {} : { replay }),
  };
}

/** Errors are known by name: two copies of a package have two classes. */
const isPlaceRefused = (error: unknown): error is PlaceRefused => (error as { name?: unknown } | null)?.name === 'PlaceRefused';
