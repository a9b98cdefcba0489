import { type Message, type SQSClient, StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import { type DeadLetter, deadLetterAttribute } from 'cdk-event-patterns/lambda';
import { peek } from './queue-contents';

/** A dead letter as an operator finds it. */
export interface FoundLetter {
  readonly message: Message;
  /** What the handler wrote on it; nothing when SQS has moved it. */
  readonly letter: Partial<DeadLetter>;
}

/** The letters of a dead-letter queue, looked at and left where they are. */
export async function deadLettersIn(sqs: SQSClient, queueUrl: string): Promise<FoundLetter[]> {
  return (await peek(sqs, queueUrl)).map((message) => ({
    message, letter: JSON.parse(message.MessageAttributes?.[deadLetterAttribute]?.StringValue ?? '{}') as Partial<DeadLetter>,
  }));
}

/** Moves every dead letter back; the destination has to be named, since SQS does not know where a letter of a handler came from. */
export async function redrive(sqs: SQSClient, deadLetterQueueArn: string, queueArn: string): Promise<void> {
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadLetterQueueArn, DestinationArn: queueArn }));
}
