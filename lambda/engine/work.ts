import type { DeadLetterReason, Delivery, Outcome } from './delivery';
import type { ReadEvent } from './event';
import type { EventLog } from './event-log';
import type { KnownEvent, KnownPlace } from '../store/idempotency-store';

/** Deliveries of one event: run once, answered together. */
export interface Work extends ReadEvent {
  readonly deliveries: readonly [Delivery, ...Delivery[]];
  readonly known?: KnownEvent | undefined;
  /** The last event of its aggregate; `unknown` when nobody has looked. */
  readonly last: KnownPlace | undefined | 'unknown';
  /** The key under which it is parked. */
  readonly parked?: string | undefined;
}

/** A message that is not to be read. */
export interface Unreadable {
  readonly deliveries: readonly [Delivery];
  readonly error: unknown;
}

/** Works that are done one after the other. */
export interface Chain {
  /** The source's own group, if it has groups. */
  readonly group: string | undefined;
  readonly links: readonly (Work | Unreadable)[];
}

/** A message that nobody will try again: what is written on its letter, and the key that is forgotten with it. */
export interface SetAside {
  readonly kind: 'set-aside';
  readonly deliveries: readonly [Delivery, ...Delivery[]];
  /** The deliveries that are answered with it, if not its own. */
  readonly answers?: readonly Delivery[];
  readonly reason: DeadLetterReason;
  readonly line: LogLine;
  readonly log: EventLog;
  readonly key: string | undefined;
  readonly parked?: string | undefined;
  readonly tries: number;
  /** The key of the message group that stops with it. */
  readonly halts?: string | undefined;
}

export type LogLine = Readonly<Record<'failure' | 'reason' | 'error', string>>;

/** What becomes of a link. */
export type Decision = Outcome | SetAside;

export const isWork = (link: Work | Unreadable): link is Work => !('error' in link);

/** Whether an earlier run of it died: it, or a batch mate, may take this function down too. */
export function isSuspect(link: Work | Unreadable): link is Work {
  return isWork(link) && link.known?.status === 'INPROGRESS' && link.known.leaseUntil > 0 && link.known.leaseUntil < Date.now();
}

/** A delivery, and what was read of it. */
export type Read = { readonly delivery: Delivery } & ({ readonly event: ReadEvent } | { readonly error: unknown });

/**
 * Brings copies of one event together, and what is to be done one after the other: messages of one group as they came, events of one aggregate by their places.
 */
export function chainsOf(read: readonly Read[]): Chain[] {
  const works = new Map<string, { work: Work & { deliveries: [Delivery, ...Delivery[]] } }>();
  const chains = new Map<string, { group: string | undefined; links: (Work | Unreadable)[] }>();
  const join = (name: string, group: string | undefined, link: Work | Unreadable) => {
    const chain = chains.get(name) ?? { group, links: [] };
    chains.set(name, chain);
    chain.links.push(link);
  };
  for (const found of read) {
    const { group } = found.delivery;
    if (!('event' in found)) {
      join(group === undefined ? `unreadable ${chains.size}` : `group ${group}`, group, { deliveries: [found.delivery], error: found.error });
      continue;
    }
    const { event, delivery } = found;
    const identity = JSON.stringify([group, event.key, event.content]);
    const first = works.get(identity);
    if (first) {
      first.work.deliveries.push(delivery);
      continue;
    }
    const work = { ...event, deliveries: [delivery] as [Delivery, ...Delivery[]], last: 'unknown' as const };
    works.set(identity, { work });
    join(group !== undefined ? `group ${group}` : event.position ? `aggregate ${event.position.key}` : `event ${identity}`, group, work);
  }
  return [...chains.values()].map(({ group, links }) => ({ group, links: group === undefined ? byPlace(links) : links }));
}

function byPlace(links: readonly (Work | Unreadable)[]) {
  const placeOf = (link: Work | Unreadable) => isWork(link) ? link.position?.place ?? '' : '';
  return links.length < 2 ? links : [...links].sort((a, b) => placeOf(a) < placeOf(b) ? -1 : placeOf(a) > placeOf(b) ? 1 : 0);
}

/** The chain with what is known of its works. */
export function knowing(chain: Chain, known: (work: Work) => Pick<Work, 'known' | 'last' | 'parked'>): Chain {
  return { ...chain, links: chain.links.map((link) => isWork(link) ? { ...link, ...known(link) } : link) };
}
