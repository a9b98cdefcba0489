import type { Steps } from './steps';
import type { EventContract, InputDataOf } from '../contract';
import { seal } from '../envelope';
import { EnvironmentError, Poison } from '../errors';
import type { Cause } from '../run';
import type { Write } from '../store/idempotency-store';

/** What a handler may have an effect with. Nothing of it is written before the handler has returned; then all of it is, once, or none of it. */
export interface Tx<Emits extends EventContract = EventContract> extends EntityTx {
  /**
   * Runs an effect outside of DynamoDB, and remembers its result: while the event is tried again, a step that is done is not run again.
   *
   * Hand `key` on to whatever has the effect: it is the same each time, and lets the other side recognise a repetition.
   */
  readonly once: Steps['once'];

  /**
   * Sends an event, which leaves the outbox after the transaction. Its contract must be among the consumer's `emits`.
   *
   * It may arrive more than once, each time with the same id.
   */
  emit<Contract extends Emits>(contract: Contract, data: InputDataOf<Contract>): void;
}

/** The effect of a handler that keeps its memory inside the entity: one write. */
export interface EntityTx {
  /**
   * Adds writes to the transaction. Values are plain JavaScript values.
   *
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
   */
  write(...writes: readonly Write[]): void;
}

/** Where emitted events go, and which. */
export interface Emission {
  readonly contracts: readonly EventContract[];
  readonly outbox: string | undefined;
  readonly cause: Cause;
}

const mostActions = 100; // in one transaction of DynamoDB
const keptFor = 14 * 86_400; // seconds; the relay reads them at once

/** Collects what a handler wants written. */
export class Transaction {
  private readonly collected: Write[] = [];
  private readonly emitted: Promise<Row>[] = [];
  private leaving = 0;
  private open = true;

  /** @param reserved The number of actions that the memory itself takes. */
  constructor(private readonly emission: Emission, private readonly reserved: number) {}

  write(...writes: readonly Write[]): void {
    this.join(writes.length);
    this.collected.push(...writes);
  }

  emit(contract: EventContract, data: unknown): void {
    const { contracts, outbox, cause } = this.emission;
    if (!contracts.includes(contract)) { throw new Error(`${contract.type} is not among the events that this consumer emits: add it to \`emits\``); }
    if (outbox === undefined) { throw new EnvironmentError('there is no outbox: give the construct of this consumer an `outbox`'); }
    this.join(1);
    const write = rowOf(contract, data, outbox, cause);
    write.catch(() => {}); // `writes` tells of it
    this.emitted.push(write);
  }

  /** How many events leave with the transaction. */
  get emissions(): number { return this.leaving; }

  /** Ends the collecting. */
  end(): void { this.open = false; }

  /** What was collected, with the events that are emitted; fails when one of them cannot be sent. */
  async writes(): Promise<readonly Write[]> {
    const rows = new Map((await Promise.all(this.emitted)).map((row) => [row.Put.Item.id, row]));
    this.leaving = rows.size;
    // an event that is emitted twice is one event; DynamoDB takes no item twice
    return [...this.collected, ...rows.values()];
  }

  private join(count: number): void {
    if (!this.open) { throw new Error('the transaction is over: await everything before the handler returns'); }
    const most = mostActions - this.reserved;
    const would = this.collected.length + this.emitted.length + count;
    if (would > most) { throw new Error(`a transaction takes ${most} writes, this would be ${would}`); }
  }
}

/** An event in the outbox. */
type Row = { readonly Put: { readonly TableName: string; readonly Item: { readonly id: string; readonly event: string; readonly expiration: number } } };

async function rowOf(contract: EventContract, data: unknown, outbox: string, cause: Cause): Promise<Row> {
  const envelope = await seal({ contract, data }, cause);
  let event: string;
  try {
    event = JSON.stringify(envelope);
  } catch (error) {
    throw new Poison(`the data of ${contract.type} cannot be stored: ${(error as Error).message.split('\n')[0]}`, { reason: 'NotStorable', cause: error });
  }
  return { Put: { TableName: outbox, Item: { id: envelope.metadata.id, event, expiration: Math.floor(Date.now() / 1000) + keptFor } } };
}
