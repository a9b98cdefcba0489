import type { Position } from './event';
import { placeBefore } from '../event-data';
import type { KnownPlace } from '../store/idempotency-store';

/** Where an event stands, given the last event of its aggregate. */
export type Standing =
  /** It may be done; `after` is what the place before it must be when it is. */
  | { readonly kind: 'next'; readonly after?: string | null }
  /** It is the last event itself. */
  | { readonly kind: 'duplicate' }
  /** A later one was done before. */
  | { readonly kind: 'stale' }
  /** Another event was done at its place. */
  | { readonly kind: 'conflict' }
  /** One before it is missing. */
  | { readonly kind: 'early' };

/** Compares an event with the last one of its aggregate. */
export function standingOf({ place, fingerprint, gapless }: Position, last: KnownPlace | undefined): Standing {
  if (last?.place === place) { return { kind: last.fingerprint === fingerprint ? 'duplicate' : 'conflict' }; }
  if (!gapless) { return last === undefined || last.place < place ? { kind: 'next' } : { kind: 'stale' }; }
  const before = placeBefore(place);
  if ((last?.place ?? null) === before) { return { kind: 'next', after: before }; }
  // without gaps, whatever lies before the last event was done
  return { kind: last !== undefined && place < last.place ? 'duplicate' : 'early' };
}
