import type { SQSBatchResponse, SQSMessageAttributes } from 'aws-lambda';
import type { LogLine } from './collected-log';
import type { Handing, Invocation, SourceParts } from './source';
import { sqsRecord } from './source-records';

/** A message that comes into the queue. */
export interface Sent {
  readonly body: string;
  readonly group?: string | undefined;
  readonly attributes?: SQSMessageAttributes;
}

interface Queued extends Sent {
  readonly messageId: string;
  readonly sentAt: number;
  receiveCount: number;
  visibleAt: number;
  /** How many events had been done when it was last parked; undefined when it comes again for another reason. */
  parkedAt: number | undefined;
}

/** How a queue is set up, as `PointToPointQueue` does it. Times are in seconds. */
export interface QueueSetup {
  readonly fifo: boolean;
  readonly visibilityTimeout: number;
}

const mostReceives = 50;
const retention = 4 * 86_400;

/** A queue and its poller, in virtual time. What waits in it for an event before it, is still there for the next delivery. */
export class QueueSource {
  private readonly messages: Queued[] = [];
  private readonly receipts = new Map<string, Queued>();
  private count = 0;
  private done = 0;

  constructor(private readonly setup: QueueSetup, private readonly parts: SourceParts) {}

  /** The bodies of what is still in the queue. */
  get waiting(): readonly string[] { return this.messages.map(({ body }) => body); }

  send(messages: readonly Sent[]): void {
    const now = this.parts.now();
    this.messages.push(...messages.map((message) => ({
      ...message, messageId: `message-${++this.count}`, sentAt: now, receiveCount: 0, visibleAt: now, parkedAt: undefined,
    })));
  }

  delay(receiptHandle: string, seconds: number): void {
    const message = this.receipts.get(receiptHandle);
    if (message) { message.visibleAt = this.parts.now() + seconds * 1000; }
  }

  /** Hands out what is visible, and lets time pass until the next message is, until none is left that could still be handled. */
  async drain({ together, sideBySide }: Handing): Promise<void> {
    while (this.messages.some(({ parkedAt }) => parkedAt !== this.done)) {
      const batches: Queued[][] = [];
      do { batches.push(this.receive(together ? Infinity : 1)); } while (sideBySide && batches.at(-1)!.length > 0);
      const filled = batches.filter(({ length }) => length > 0);
      await Promise.all(filled.map(async (batch) => this.handOut(batch)));
      if (filled.length === 0) { this.passUntilVisible(); }
    }
  }

  private passUntilVisible(): void {
    const now = this.parts.now();
    const hidden = this.messages.map(({ visibleAt }) => visibleAt).filter((visibleAt) => visibleAt > now);
    if (hidden.length > 0) { this.parts.advance(Math.min(...hidden) - now); }
  }

  private receive(most: number): Queued[] {
    const now = this.parts.now();
    const blocked = new Set<string>();
    const received: Queued[] = [];
    for (const message of [...this.messages]) {
      const { group, visibleAt } = message;
      if (received.length === most) { break; }
      if (visibleAt > now || this.setup.fifo && blocked.has(group ?? '')) {
        // of a group, the next is handed out when the one before it is answered
        blocked.add(group ?? '');
      } else if (!this.isOver(message)) {
        message.receiveCount++;
        message.visibleAt = now + this.setup.visibilityTimeout * 1000;
        received.push(message);
      }
    }
    return received;
  }

  private isOver(message: Queued): boolean {
    const age = (this.parts.now() - message.sentAt) / 1000;
    if (message.receiveCount < mostReceives && age < retention) { return false; }
    this.remove(message);
    this.parts.giveUp(message.body, age < retention ? `the queue had handed it out ${mostReceives} times` : 'the queue had kept it for four days: in a real queue it is lost');
    return true;
  }

  private async handOut(batch: readonly Queued[]): Promise<void> {
    const Records = batch.map((message) => {
      const receiptHandle = `receipt-${++this.count}`;
      this.receipts.set(receiptHandle, message);
      return sqsRecord(message, { ...message, receiptHandle });
    });
    const invocation = await this.parts.invoke({ Records });
    this.done += invocation.log.filter(({ outcome }) => outcome === 'processed' || outcome === 'dead-letter').length;
    this.take(batch, invocation);
  }

  /** Deletes what the function has not named; an answer that is missing, or names what was not in the batch, deletes nothing. */
  private take(batch: readonly Queued[], invocation: Invocation): void {
    const answer = invocation.kind === 'answered' ? invocation.answer as SQSBatchResponse | undefined : undefined;
    const failed = answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    const known = failed?.every((id) => batch.some(({ messageId }) => messageId === id)) ? new Set(failed) : undefined;
    const onlyParked = known !== undefined && isOnlyParked(invocation.log);
    for (const message of batch) {
      message.parkedAt = onlyParked ? this.done : undefined;
      if (known && !known.has(message.messageId)) { this.remove(message); }
    }
  }

  private remove(message: Queued): void {
    this.messages.splice(this.messages.indexOf(message), 1);
  }
}


/** Whether all that comes again waits for an event before it, or behind one that does. */
function isOnlyParked(log: readonly LogLine[]): boolean {
  const again = log.filter(({ outcome, reason }) => outcome === 'parked' || outcome === 'retry' && reason !== 'Behind');
  return again.length > 0 && again.every(({ outcome }) => outcome === 'parked');
}
