import type { KinesisStreamBatchResponse } from 'aws-lambda';
import { failureOf, type Handing, type Invocation, type SourceParts } from './source';

/** A record of a stream, and what is kept of it when it is given up. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly record: unknown;
  readonly body: string;
}

const retention = 24 * 3600 * 1000; // milliseconds
const longestPause = 900_000;

/** A stream with one shard and its poller, in virtual time. */
export class StreamSource {
  constructor(private readonly parts: SourceParts) {}

  /** Hands out the records in their order; what the function names as unhandled comes again from there, until the stream keeps it no longer. */
  async drain(records: readonly StreamRecord[], { together, sideBySide }: Handing): Promise<void> {
    if (sideBySide) { throw new TypeError('sideBySide: a shard has its batches handled one after the other'); }
    const begun = this.parts.now();
    let pause = 1000;
    for (let at = 0; at < records.length;) {
      const batch = records.slice(at, together ? undefined : at + 1);
      const invocation = await this.parts.invoke({ Records: batch.map(({ record }) => record) });
      const handled = handledOf(batch, invocation);
      at += handled;
      if (handled === batch.length) { continue; }
      if (handled > 0) { pause = 1000; }
      if (this.parts.now() - begun >= retention) {
        this.parts.giveUp(records[at]!.body, `the stream had kept it for a day: ${failureOf(invocation)}`);
        at++;
      }
      this.parts.advance(pause);
      pause = Math.min(2 * pause, longestPause);
    }
  }
}

/** How many records of a batch need not come again. */
function handledOf(batch: readonly StreamRecord[], invocation: Invocation): number {
  if (invocation.kind !== 'answered') { return 0; }
  const failed = (invocation.answer as KinesisStreamBatchResponse | undefined)?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) ?? [];
  const places = failed.map((id) => batch.findIndex(({ sequenceNumber }) => sequenceNumber === id));
  // Lambda takes an id that it does not know for the failure of the whole batch
  return places.length === 0 ? batch.length : Math.max(0, Math.min(...places));
}
