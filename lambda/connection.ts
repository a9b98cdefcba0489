import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

const nothing = () => {};

/**
 * How the runtime's clients connect: a connection that hangs must not cost a whole invocation, the SDK tries again. In milliseconds.
 *
 * The SDK puts its middleware together anew for each request, and words each request for a logger, unless it is told that nobody changes the one and reads the other:
 * a fifth of what a request costs of the processor.
 */
export const impatient = {
  cacheMiddleware: true,
  logger: { trace: nothing, debug: nothing, warn: nothing, error: nothing } as unknown as NonNullable<DynamoDBClientConfig['logger']>,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
