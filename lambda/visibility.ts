import type { Logger } from '@aws-lambda-powertools/logger';
import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';

const entriesAtOnce = 10;
const longestDelay = 42_000; // SQS hides a message for twelve hours at most, and counts from when it was handed out, up to 15 minutes ago

/** Lets failed messages come back after their pause instead of after the queue's whole visibility timeout. */
export async function delayRedelivery(
  sqs: SQSClient, queueUrl: string, failed: readonly { readonly record: SQSRecord; readonly delaySeconds: number | undefined }[], log: Logger,
): Promise<void> {
  const delayed = failed.filter(({ delaySeconds }) => delaySeconds !== undefined);
  for (let start = 0; start < delayed.length; start += entriesAtOnce) {
    const entries = delayed.slice(start, start + entriesAtOnce);
    try {
      const { Failed = [] } = await sqs.send(new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: entries.map(({ record, delaySeconds }, index) => ({
          Id: String(index), ReceiptHandle: record.receiptHandle, VisibilityTimeout: Math.min(longestDelay, delaySeconds ?? 0),
        })),
      }));
      if (Failed.length > 0) { log.warn('some messages come back later than planned', { count: Failed.length, error: Failed[0]?.Message ?? Failed[0]?.Code ?? '' }); }
    } catch (error) {
      // they come back all the same, after the queue's own visibility timeout
      log.warn('failed messages come back later than planned', { count: entries.length, error: String(error) });
    }
  }
}
