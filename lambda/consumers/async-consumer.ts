import { randomUUID } from 'node:crypto';
import { type HandlerContext, handlerOf } from './handler';
import { invoke } from './invocation';
import type { Collaborators, ConsumerOptions, IdempotencyMode } from './options';
import type { EventContract } from '../contract';
import { decode } from '../decode';
import type { Events } from '../engine/processing';

/** A Lambda handler for asynchronous invocations. */
export type AsyncHandler = (event: unknown, context: HandlerContext) => Promise<void>;

/**
 * Makes the handler of a function that is invoked asynchronously, with an event in its envelope or with the bare fact.
 *
 * Each event is done once. What can never be handled goes to the dead-letter queue at first sight, with its reason; what fails, fails the invocation: Lambda tries twice
 * more, and then hands the event to the function's destination for failures.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
 */
export function asyncConsumer<const On extends Events, const Emits extends readonly EventContract[] = readonly [], Mode extends IdempotencyMode = 'transaction'>(
  options: ConsumerOptions<On, Emits, Mode>, collaborators: Collaborators = {},
): AsyncHandler {
  return handlerOf({ name: 'asyncConsumer', kinds: ['lambda'], sourceWaits: () => false, sourceCounts: true, groupsStop: false }, options, collaborators,
    async (event: unknown, context, { consumer }) => {
      const body = JSON.stringify(event ?? null);
      // the same for each of Lambda's own tries
      const messageId = context.awsRequestId ?? randomUUID();
      const delivery = { messageId, body, decode: () => decode(body), receiveCount: 1, correlationId: messageId, sentAt: new Date() };
      await invoke(consumer, [delivery], context);
    });
}
