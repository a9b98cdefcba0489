import { createHash, randomUUID } from 'node:crypto';
import {
  IdempotencyConfig, IdempotencyItemAlreadyExistsError, IdempotencyItemNotFoundError, IdempotencyValidationError, makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { BasePersistenceLayer, IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence';
import type { Completion, IdempotencyStore, KnownEvent } from './idempotency-store';

/** What identifies one event: its key in the store, and its content, which tells two payloads under one key apart. */
export interface Identity {
  readonly key: string;
  readonly content: string;
}

/** What a run may do once it holds its key. */
export interface Held {
  /** Which try of the event this is. */
  readonly attempt: number;
}

/** What a run leaves behind when it ends well; all of it is written together. */
export type Finished = Pick<Completion, 'writes' | 'result' | 'place' | 'parked'>;

/** How a run under a key ended. */
export type Ending =
  | { readonly kind: 'done'; readonly attempt: number }
  /** It was done before; the result is what the earlier run left. */
  | { readonly kind: 'duplicate'; readonly result: string | undefined }
  | { readonly kind: 'held'; readonly until: number }
  | { readonly kind: 'reused' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly attempt: number | undefined };

/** Everything that one run needs besides its key. */
export interface OnceOptions {
  readonly store: IdempotencyStore;
  readonly lease: Lease;
  /** Whether no other run is under way in this function. */
  readonly alone: boolean;
  /** Whether this run takes the place of one that died in company. */
  readonly replaces: boolean;
  /** Whether the key may be taken over from a run that died. */
  readonly takesOver: boolean;
  /** Whether a try that ended with this error counts. */
  readonly counts: (error: unknown) => boolean;
}

const tellTries = 3;

/** How long runs may hold keys, and how long keys are remembered: the same for all runs of an invocation. */
export class Lease {
  readonly config: IdempotencyConfig;

  /** @param end Epoch milliseconds after which no run of this invocation can be alive any more. */
  constructor(readonly end: number, readonly rememberForSeconds: number) {
    this.config = new IdempotencyConfig({ throwOnNoIdempotencyKey: true, expiresAfterSeconds: rememberForSeconds });
    // only what Powertools reads of a context: how long this run can live
    this.config.registerLambdaContext({ getRemainingTimeInMillis: () => Math.max(1, end - Date.now()) } as never);
  }
}

/**
 * Runs `work` at most once to its end per key, through Powertools' idempotency flow; the writes that it returns commit together with
 * the memory that it is done, in one transaction that only the holder of the key can make.
 *
 * @see https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/
 */
export async function once(identity: Identity, work: (held: Held) => Promise<Finished>, options: OnceOptions): Promise<Ending> {
  const layer = new TransactionalLayer(identity, options);
  const run = makeIdempotent(async (_identity: Identity) => layer.perform(work), { persistenceStore: layer, config: options.lease.config });
  try {
    await run(identity);
    return layer.attempt === undefined ? { kind: 'duplicate', result: layer.known?.result } : { kind: 'done', attempt: layer.attempt };
  } catch (thrown) {
    return endingOf(thrown, layer);
  }
}

/** Forgets the tries of an event that was set aside: when it comes back mended, it has all its tries again. */
export async function forgetTries(store: IdempotencyStore, key: string): Promise<void> {
  // if this fails too, a redriven message has one try instead of all
  await insist(async () => store.forget(key));
}

/** Remembers a key as done, without any work. */
export async function noteDone(store: IdempotencyStore, key: string, expiresAt: number): Promise<void> {
  const owner = randomUUID();
  const { taken } = await store.claim({ key, owner, fingerprint: '', leaseUntil: Date.now(), expiresAt, alone: true, replaces: false, takesOver: true });
  if (taken) { await store.complete({ key, owner, expiresAt, writes: [] }); }
}

/** Tells the store something that helps but that nothing depends on. */
async function insist(tell: () => Promise<void>): Promise<void> {
  for (let tries = 1; tries <= tellTries; tries++) {
    try {
      await tell();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * tries));
    }
  }
}

function endingOf(thrown: unknown, layer: TransactionalLayer): Ending {
  if (layer.reused) { return { kind: 'reused' }; }
  if (layer.failure) { return { kind: 'failed', error: layer.failure.error, attempt: layer.attempt }; }
  const { name, cause } = thrown as Error;
  if (name === 'IdempotencyAlreadyInProgressError') { return { kind: 'held', until: layer.known?.leaseUntil ?? 0 }; }
  // Powertools wraps what a store throws; what counts is what was thrown
  const error = name === 'IdempotencyPersistenceLayerError' ? cause ?? thrown : thrown;
  return { kind: 'failed', error, attempt: layer.attempt };
}

/**
 * Powertools' persistence layer for exactly one run.
 *
 * One instance per run, because Powertools hands its layers a key only: the owner's token, the number of the try and what is
 * to be committed live here.
 */
class TransactionalLayer extends BasePersistenceLayer {
  attempt: number | undefined;
  known: KnownEvent | undefined;
  /** Whether other content was here before under this key. */
  reused = false;
  failure: { readonly error: unknown } | undefined;
  private readonly owner = randomUUID();
  private readonly fingerprint: string;
  private finished: Finished = { writes: [] };

  constructor(private readonly identity: Identity, private readonly options: OnceOptions) {
    super();
    this.fingerprint = createHash('sha256').update(identity.content).digest('base64');
  }

  async perform(work: (held: Held) => Promise<Finished>): Promise<void> {
    if (this.attempt === undefined) { throw new Error('the work must not run without a claim on its key'); }
    try {
      this.finished = await work({ attempt: this.attempt });
    } catch (error) {
      this.failure = { error };
      // Powertools acts on the names of its own errors; a handler that uses Powertools itself may throw the same ones
      throw new Error('the work failed');
    }
  }

  /** The key was made by our own rule (typed parts, stable prefix), before Powertools comes in. */
  protected override getHashedIdempotencyKey(): string {
    return this.identity.key;
  }

  protected async _putRecord(record: IdempotencyRecord): Promise<void> {
    const answer = await this.options.store.claim({
      key: this.identity.key,
      owner: this.owner,
      fingerprint: this.fingerprint,
      leaseUntil: record.inProgressExpiryTimestamp ?? this.options.lease.end,
      expiresAt: this.expiresAt(record),
      alone: this.options.alone,
      replaces: this.options.replaces,
      takesOver: this.options.takesOver,
    });
    if (answer.taken) {
      this.attempt = answer.attempt;
      return;
    }
    this.recognise(answer.known);
    throw new IdempotencyItemAlreadyExistsError('the key is known', answer.known && this.toRecord(answer.known));
  }

  protected async _updateRecord(record: IdempotencyRecord): Promise<void> {
    try {
      await this.options.store.complete({ key: this.identity.key, owner: this.owner, expiresAt: this.expiresAt(record), ...this.finished });
    } catch (error) {
      this.failure = { error };
      // Powertools gives the key back when the work fails, but not when its completion does. We may, even when the answer was lost and nobody knows
      // what was written: what is completed cannot be given back, and what was given back cannot be completed by a request that is still under way
      await this._deleteRecord();
      throw error;
    }
  }

  protected async _deleteRecord(): Promise<void> {
    if (this.attempt === undefined) { return; }
    const { store, counts } = this.options;
    // if this fails too, the lease ends by itself, but then it looks as if the function had died; what must not be hidden is why the work failed
    await insist(async () => {
      const counted = await store.release(this.identity.key, this.owner, !counts(this.failure?.error));
      if (counted !== undefined) { this.attempt = counted; }
    });
  }

  protected async _getRecord(): Promise<IdempotencyRecord> {
    const known = (await this.options.store.lookUp([this.identity.key])).get(this.identity.key);
    if (known?.kind !== 'event') { throw new IdempotencyItemNotFoundError(); }
    this.recognise(known);
    return this.toRecord(known);
  }

  /** Powertools compares payloads too, but finds them by a path, which costs as much as all the rest. */
  private recognise(known: KnownEvent | undefined): void {
    this.known = known;
    if (known === undefined || known.fingerprint === this.fingerprint) { return; }
    this.reused = true;
    throw new IdempotencyValidationError('the key is known with other content');
  }

  private toRecord(known: KnownEvent): IdempotencyRecord {
    return new IdempotencyRecord({
      idempotencyKey: this.identity.key,
      status: known.status,
      expiryTimestamp: Math.floor(known.expiresAt / 1000),
      inProgressExpiryTimestamp: known.leaseUntil,
    });
  }

  private expiresAt(record: IdempotencyRecord): number {
    return (record.expiryTimestamp ?? Math.floor(Date.now() / 1000) + this.options.lease.rememberForSeconds) * 1000;
  }
}
