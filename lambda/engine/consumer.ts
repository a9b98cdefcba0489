import { Deadline } from './deadline';
import type { DeadLetterReason, Delivery, Outcome } from './delivery';
import { groupKey, letterKey, parkedKey, readEvent } from './event';
import { backOff } from './failure';
import { Runner, type RunnerParts } from './runner';
import { groupParked } from './verdict';
import { type Chain, chainsOf, type Decision, isSuspect, isWork, knowing, type SetAside, type Unreadable, type Work } from './work';
import { messageOf } from '../errors';
import type { ConsumerMetrics } from '../metrics';
import type { KnownEvent, OrderStore, Remembered } from '../store/idempotency-store';
import { forgetTries, Lease, noteDone } from '../store/once';

/** What a consumer is made of. */
export interface ConsumerParts extends RunnerParts {
  readonly metrics: Pick<ConsumerMetrics, 'count' | 'measure' | 'flush'>;
  /** Sets a message aside; the message counts as done only after this has succeeded. */
  readonly letter: (delivery: Delivery, reason: DeadLetterReason) => Promise<void>;
  /** How many chains are under way at the same time in one function. */
  readonly concurrency: number;
  /** Where stopped groups are kept. */
  readonly groups: OrderStore | undefined;
  /** Whether a message group stops at poison. */
  readonly groupsStop: boolean;
  /** Whether the source says how often it has handed a message out; if not, every message may have been here before. */
  readonly sourceCounts: boolean;
}

/** What is left of a chain, and whether its group is stopped. */
interface Rest { readonly chain: Chain; readonly stopped: boolean }

type Settle = (deliveries: readonly Delivery[], deciding: Promise<Decision>) => Promise<Decision | undefined>;

/** Handles batches of deliveries; one delivery never decides over another, unless they must keep their order. */
export class Consumer {
  constructor(private readonly parts: ConsumerParts) {}

  /** Says for each delivery what becomes of it. Never throws for a single message's sake. */
  async handle(deliveries: readonly Delivery[], remainingMillis: number): Promise<ReadonlyMap<Delivery, Outcome>> {
    const deadline = new Deadline(remainingMillis);
    const outcomes = new Map<Delivery, Outcome>();
    const letters: SetAside[] = [];
    const settle: Settle = async (settled, deciding) => {
      try {
        const decision = await deciding;
        if (decision.kind === 'set-aside') { letters.push(decision); } else { settled.forEach((delivery) => outcomes.set(delivery, decision)); }
        return decision;
      } catch (error) {
        // nothing here should fail; if it does, it must not take the batch with it: what has no outcome comes again
        this.parts.verdict.broken({ deliveries: settled as readonly [Delivery] }, error);
        return undefined;
      }
    };
    const runner = new Runner(this.parts, deadline, new Lease(deadline.killAt, this.parts.environment.idempotency.rememberFor));
    try {
      await deadline.limitAll(this.handleAll(deliveries, runner, settle), 1 / 2);
      // last of all: a function that dies before its answer gets the batch again, and would leave a letter each time
      await deadline.limitAll(this.inParallel(byGroup(letters), async (group) => this.sendInOrder(group, settle)), 3 / 4);
    } finally {
      deadline.clear();
      this.parts.metrics.flush();
    }
    return new Map(outcomes);
  }

  private async handleAll(deliveries: readonly Delivery[], runner: Runner, settle: Settle): Promise<void> {
    const { chains: all, halted, aside } = await this.lookUp(await this.read(deliveries));
    const chains = await Promise.all(all.map(async (chain) => this.withoutLetters(chain, aside, settle)));
    const suspects = new Set(chains.flatMap(({ links }) => links.filter(isSuspect)));
    const isSuspected = ({ links }: Chain) => links.some((link) => isWork(link) && suspects.has(link));
    const fresh = chains.filter((chain) => !isSuspected(chain));
    const lonely: Rest[] = [];
    const run = async ({ chain, stopped }: Rest, alone: boolean) => {
      const rest = await this.runChain(chain, stopped, settle, async (link) => {
        if (!isWork(link)) { return this.failReading(link); }
        return suspects.has(link) ? runner.performSuspect(link) : runner.perform(link, { alone, replaces: false });
      });
      if (rest) { lonely.push(rest); }
    };
    const readable = fresh.filter(({ links }) => links.some(isWork)).length;
    const whole = (chain: Chain) => ({ chain, stopped: halted.has(chain.group ?? '') });
    await this.inParallel(fresh, async (chain) => run(whole(chain), readable === 1));
    // one at a time, the least suspected first: when the function dies again, only one of them was under way
    for (const chain of chains.filter(isSuspected).sort((a, b) => suspicion(a) - suspicion(b))) { await run(whole(chain), true); }
    for (const rest of lonely) { await run(rest, true); }
  }

  /** What is left of a chain when those are gone that were set aside before: a stream delivers them again as long as one before them fails. */
  private async withoutLetters(chain: Chain, aside: ReadonlySet<Delivery>, settle: Settle): Promise<Chain> {
    const isLetter = ({ deliveries }: Work | Unreadable) => deliveries.every((delivery) => aside.has(delivery));
    for (const link of chain.links.filter(isLetter)) { await settle(link.deliveries, Promise.resolve(this.parts.verdict.asideBefore(link))); }
    return { ...chain, links: chain.links.filter((link) => !isLetter(link)) };
  }

  /** Runs one after the other; what would overtake a message that comes again waits behind it. Gives back the rest that must run while nothing else is under way. */
  private async runChain(chain: Chain, halted: boolean, settle: Settle, perform: (link: Work | Unreadable) => Promise<Decision>): Promise<Rest | undefined> {
    const { verdict } = this.parts;
    let stopped = halted;
    let stoppedHere = false;
    let behind: { readonly delaySeconds: number | undefined } | undefined;
    for (const [index, link] of chain.links.entries()) {
      if (behind) {
        await settle(link.deliveries, Promise.resolve(verdict.behind(link, behind.delaySeconds)));
        continue;
      }
      const returned = link.deliveries.some(({ returnedAfter }) => returnedAfter !== undefined && returnedAfter !== groupParked);
      // what was done before the group stopped, and comes again since nobody heard of it, is no letter
      const isDone = isWork(link) && link.known?.status === 'COMPLETED';
      if (!isDone && (stoppedHere || (stopped && !returned))) {
        await settle(link.deliveries, Promise.resolve(verdict.groupParked(link)));
        continue;
      }
      const stops = this.parts.groupsStop && chain.group !== undefined ? groupKey(this.parts.environment.id, chain.group) : undefined;
      const decision = await settle(link.deliveries, perform(link).then(async (decided) => {
        if (decided.kind === 'set-aside') { return { ...decided, halts: stops }; }
        return decided.kind === 'done' && stopped && returned && stops !== undefined ? this.resume(stops, link, decided) : decided;
      }));
      if (decision?.kind === 'again' && decision.alone) { return { chain: { ...chain, links: chain.links.slice(index) }, stopped }; }
      if (decision === undefined || decision.kind === 'again') { behind = { delaySeconds: decision?.delaySeconds }; }
      if (decision?.kind === 'set-aside' && stops !== undefined) { stoppedHere = true; }
      if (decision?.kind === 'done' && returned) { stopped = false; }
    }
    return undefined;
  }

  /** Reads every delivery. */
  private async read(deliveries: readonly Delivery[]): Promise<Chain[]> {
    return chainsOf(await Promise.all(deliveries.map(async (delivery) => {
      try {
        return { delivery, event: await readEvent(delivery, this.parts.reading) };
      } catch (error) {
        return { delivery, error };
      }
    })));
  }

  private async failReading({ deliveries, error }: Unreadable): Promise<Decision> {
    // a schema or a key that itself fails has no claim under which tries are counted; its receives come near enough
    return this.parts.verdict.fail({ deliveries, ...(this.parts.verdict.kindOf(error) === 'unknown' ? { attempt: deliveries[0].receiveCount } : {}) }, error);
  }

  /** Asks once what is known of events that were delivered before, of aggregates, and of groups that may be stopped; of all others the claim will tell. */
  private async lookUp(chains: Chain[]): Promise<{ chains: Chain[]; halted: ReadonlySet<string>; aside: ReadonlySet<Delivery> }> {
    const { environment, places: kept, groupsStop, sourceCounts, verdict } = this.parts;
    const works = chains.flatMap(({ links }) => links.filter(isWork));
    const again = works.filter(({ deliveries }) => !sourceCounts || deliveries.some(({ receiveCount }) => receiveCount > 1)).map(({ key }) => key);
    const rowOf = ({ position }: Work) => position?.gapless ? parkedKey(position, position.place) : undefined;
    const places = kept ? works.flatMap((work) => [work.position?.key, rowOf(work)].filter((key) => key !== undefined)) : [];
    const groups = groupsStop ? chains.flatMap(({ group }) => group === undefined ? [] : [group]) : [];
    const mayBeLetters = sourceCounts ? [] : chains.flatMap(({ links }) => links.flatMap(({ deliveries }) => deliveries))
      .filter(({ returnedAfter }) => returnedAfter === undefined);
    const letters = mayBeLetters.map((delivery) => letterKey(environment.id, delivery));
    const keys = new Set([...again, ...places, ...groups.map((group) => groupKey(environment.id, group)), ...letters]);
    if (keys.size === 0) { return { chains, halted: new Set(), aside: new Set() }; }
    let found: ReadonlyMap<string, Remembered>;
    try {
      found = await this.parts.storeFor(true).lookUp([...keys]);
    } catch (error) {
      if (groups.length > 0) { throw error; } // a group that may be stopped must not go on
      verdict.warn('could not look up what is known of redelivered messages', error);
      return { chains, halted: new Set(), aside: new Set() };
    }
    const eventOf = (key: string): KnownEvent | undefined => {
      const remembered = found.get(key);
      return remembered?.kind === 'event' ? remembered : undefined;
    };
    return {
      chains: chains.map((chain) => knowing(chain, (work) => {
        const last = work.position && found.get(work.position.key);
        const row = rowOf(work);
        return { known: eventOf(work.key), last: last?.kind === 'place' ? last : undefined, parked: row && found.has(row) ? row : undefined };
      })),
      halted: new Set(groups.filter((group) => found.get(groupKey(environment.id, group))?.kind === 'halted')),
      aside: new Set(mayBeLetters.filter((delivery) => eventOf(letterKey(environment.id, delivery))?.status === 'COMPLETED')),
    };
  }

  /** Lets a group go on; until that is told, the message that was waited for comes again, since nothing else ever lets the group go on. */
  private async resume(key: string, link: Work | Unreadable, done: Decision): Promise<Decision> {
    try {
      await this.parts.groups?.resume(key);
      return done;
    } catch (error) {
      return this.parts.verdict.fail({ deliveries: link.deliveries }, error);
    }
  }

  /** Letters of one group keep their order: behind one that could not be sent none is sent. */
  private async sendInOrder(letters: readonly SetAside[], settle: Settle): Promise<void> {
    let behind: { readonly delaySeconds: number | undefined } | undefined;
    for (const letter of letters) {
      const sending = behind ? Promise.resolve(this.parts.verdict.behind(letter, behind.delaySeconds)) : this.send(letter);
      const decision = await settle(letter.answers ?? letter.deliveries, sending);
      if (decision === undefined || decision.kind === 'again') { behind = { delaySeconds: decision?.delaySeconds }; }
    }
  }

  /** Sends the letter; only then is the message done, and its key free for the day when it comes back mended. */
  private async send({ deliveries, reason, line, log, key, parked, tries, halts }: SetAside): Promise<Outcome> {
    const { environment, groups, places, metrics, sourceCounts } = this.parts;
    const until = Date.now() + environment.idempotency.rememberFor * 1000;
    try {
      // one letter for all copies: they are the same event
      await this.parts.letter(deliveries[0], reason);
      if (halts !== undefined) { await groups?.halt(halts, until); }
      if (parked !== undefined) { await places?.resume(parked); }
      for (const delivery of sourceCounts ? [] : deliveries) {
        await noteDone(groups ?? this.parts.storeFor(true), letterKey(environment.id, delivery), until);
      }
    } catch (refused) {
      log.error('could not be set aside, will be tried again', { outcome: 'retry', ...line, deadLetterError: messageOf(refused) });
      return { kind: 'again', delaySeconds: backOff(tries, environment.retry) };
    }
    log.error('set aside in the dead-letter queue', { outcome: 'dead-letter', ...line });
    metrics.count('Poisoned');
    if (key !== undefined) { await forgetTries(this.parts.storeFor(true), key); }
    return { kind: 'done' };
  }

  /** A fixed number of workers take the next item until none is left. */
  private async inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const waiting = items.values();
    await Promise.all(Array.from({ length: Math.min(this.parts.concurrency, items.length) }, async () => {
      for (const item of waiting) { await work(item); }
    }));
  }
}

/** How likely it is that a chain kills its function: less, while its events have only died in company. */
function suspicion({ links }: Chain): number {
  return Math.max(0, ...links.map((link) => isWork(link) && link.known?.alone ? link.known.attempts : 0));
}

function byGroup(letters: readonly SetAside[]): SetAside[][] {
  const groups = new Map<string | SetAside, SetAside[]>();
  for (const letter of letters) {
    const name = letter.deliveries[0].group ?? letter;
    groups.set(name, [...groups.get(name) ?? [], letter]);
  }
  return [...groups.values()];
}
