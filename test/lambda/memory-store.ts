import { ClaimLost, WriteRefused } from '../../lambda/errors';
import type { ClaimAnswer, ClaimRequest, IdempotencyStore, KnownKey, Write } from '../../lambda/store/idempotency-store';

/**
 * What happens around a call to a service: nothing when it returns; an error when it throws (after the call: its answer is lost);
 * a function that dies when it never settles.
 */
export type Fault = (call: string, moment: 'before' | 'after') => Promise<void> | void;

interface StoredRecord {
  readonly status: KnownKey['status'];
  /** In seconds, as DynamoDB's time to live wants it. */
  readonly expiration: number;
  readonly lease?: number;
  readonly attempts?: number;
  readonly alone?: boolean;
  readonly fingerprint: string;
  readonly owner?: string;
}

/** What the functions share: the records, and what their handlers have written. */
export class MemoryTable {
  readonly records = new Map<string, StoredRecord>();
  readonly effects: Write[] = [];
  /** Whether the condition of a handler's own write is met. */
  accepts: (write: Write) => boolean = () => true;
}

/** A store with the conditions of the real table; `store-conformance.test.ts` holds the two together. */
export class MemoryStore implements IdempotencyStore {
  constructor(readonly table = new MemoryTable(), private readonly fault: Fault = () => {}) {}

  async claim(request: ClaimRequest): Promise<ClaimAnswer> {
    return this.call('claim', () => {
      const now = Date.now();
      const found = this.table.records.get(request.key);
      const expired = found !== undefined && found.expiration < seconds(now);
      const abandoned = found?.status === 'INPROGRESS' && found.lease !== undefined && found.lease < now && found.fingerprint === request.fingerprint;
      if (found && !expired && !abandoned) {
        return found.owner === request.owner ? { taken: true, attempt: found.attempts ?? 0 } : { taken: false, known: knownFrom(found) };
      }
      const attempts = (found?.attempts ?? 0) + (request.replaces ? 0 : 1);
      this.table.records.set(request.key, {
        status: 'INPROGRESS', expiration: seconds(request.expiresAt), lease: request.leaseUntil, owner: request.owner, fingerprint: request.fingerprint, attempts,
        alone: request.alone,
      });
      return { taken: true, attempt: Math.max(1, attempts) };
    });
  }

  async complete(key: string, owner: string, expiresAt: number, writes: readonly Write[]): Promise<void> {
    return this.call('complete', () => {
      const found = this.table.records.get(key);
      if (found?.owner !== owner || (writes.length > 0 && found.status === 'COMPLETED')) { throw new ClaimLost(key); }
      if (!writes.every((write) => this.table.accepts(write))) { throw new WriteRefused('the condition of a write was not met'); }
      const { lease: _lease, attempts: _attempts, alone: _alone, ...kept } = found;
      this.table.records.set(key, { ...kept, status: 'COMPLETED', expiration: seconds(expiresAt) });
      this.table.effects.push(...writes);
    });
  }

  async release(key: string, owner: string, refund: boolean): Promise<void> {
    return this.call('release', () => {
      const found = this.table.records.get(key);
      if (found?.owner !== owner || found.status !== 'INPROGRESS') { return; }
      const { owner: _owner, ...kept } = found;
      this.table.records.set(key, { ...kept, lease: 0, attempts: (found.attempts ?? 0) - (refund ? 1 : 0) });
    });
  }

  async forget(key: string): Promise<void> {
    return this.call('forget', () => {
      const found = this.table.records.get(key);
      if (found?.status === 'INPROGRESS' && found.lease !== undefined && found.lease < Date.now()) { this.table.records.delete(key); }
    });
  }

  async lookUp(keys: readonly string[]): Promise<ReadonlyMap<string, KnownKey>> {
    return this.call('lookUp', () => new Map(keys.flatMap((key) => {
      const found = this.table.records.get(key);
      return found ? [[key, knownFrom(found)] as const] : [];
    })));
  }

  private async call<T>(name: string, operation: () => T): Promise<T> {
    await this.fault(name, 'before');
    const answer = operation();
    await this.fault(name, 'after');
    return answer;
  }
}

function knownFrom(record: StoredRecord): KnownKey {
  return {
    status: record.status, expiresAt: record.expiration * 1000, leaseUntil: record.lease ?? 0, attempts: record.attempts ?? 0,
    alone: record.alone ?? false, fingerprint: record.fingerprint,
  };
}

const seconds = (millis: number) => Math.floor(millis / 1000);
