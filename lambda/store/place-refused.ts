import type { KnownPlace } from './idempotency-store';

/** Another event of the aggregate was there before: nothing of the transaction was written. */
export class PlaceRefused extends Error {
  /** The aggregate's last event. */
  readonly last: KnownPlace | undefined;

  constructor(last: KnownPlace | undefined) {
    super(`the place was taken: the last event is ${last?.eventId ?? 'unknown'}`);
    this.name = 'PlaceRefused';
    this.last = last;
  }
}
