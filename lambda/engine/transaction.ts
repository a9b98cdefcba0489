import type { Write } from '../store/idempotency-store';

const most = 99; // DynamoDB takes 100 in one transaction; one is the memory that the event is done

/** Collects what a handler wants written. Nothing is written before the handler has returned; then all of it is, once, or none of it. */
export class Transaction {
  private readonly collected: Write[] = [];
  private open = true;

  /**
   * Adds writes to the transaction. Values are plain JavaScript values.
   *
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
   */
  write(...writes: readonly Write[]): void {
    if (!this.open) { throw new Error('the transaction is over: await everything before the handler returns'); }
    if (this.collected.length + writes.length > most) { throw new Error(`a transaction takes ${most} writes, this would be ${this.collected.length + writes.length}`); }
    this.collected.push(...writes);
  }

  /** Ends the collecting. */
  close(): readonly Write[] {
    this.open = false;
    return this.collected;
  }
}
