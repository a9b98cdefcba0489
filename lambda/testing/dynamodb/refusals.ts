import {
  type AttributeValue, ConditionalCheckFailedException, DynamoDBServiceException, IdempotentParameterMismatchException, TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';

export interface CancellationReason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: Record<string, AttributeValue>;
}

const $metadata = { httpStatusCode: 400, attempts: 1, totalRetryDelay: 0 };

/** What the service says to a request that it does not understand, or that does not fit the item. */
export function invalid(message: string): DynamoDBServiceException {
  return new DynamoDBServiceException({ name: 'ValidationException', $fault: 'client', message, $metadata });
}

/** What the service says to JSON of another shape than its own, such as a number where it wants text. */
export function unreadable(message: string): DynamoDBServiceException {
  return new DynamoDBServiceException({ name: 'SerializationException', $fault: 'client', message, $metadata });
}

export const conditionFailed = 'The conditional request failed';

export function conditionalCheckFailed(item: Record<string, AttributeValue> | undefined): ConditionalCheckFailedException {
  return new ConditionalCheckFailedException({ message: conditionFailed, $metadata, ...(item ? { Item: item } : {}) });
}

export function transactionCanceled(reasons: readonly CancellationReason[]): TransactionCanceledException {
  const codes = reasons.map(({ Code }) => Code).join(', ');
  return new TransactionCanceledException({
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    CancellationReasons: [...reasons],
    $metadata,
  });
}

export function parameterMismatch(): IdempotentParameterMismatchException {
  return new IdempotentParameterMismatchException({ message: 'Specified idempotent token was used with different request parameters within the idempotency window', $metadata });
}

/** The outcome of a refusal inside of a transaction: the service cancels it, and says why, item by item. */
export function isInvalid(error: unknown): error is DynamoDBServiceException {
  return error instanceof DynamoDBServiceException && error.name === 'ValidationException';
}
