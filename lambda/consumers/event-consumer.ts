import type { EventBridgeEvent } from 'aws-lambda';
import { type HandlerContext, handlerOf } from './handler';
import { invoke } from './invocation';
import type { Collaborators, ConsumerOptions, IdempotencyMode } from './options';
import type { EventContract } from '../contract';
import { decode } from '../decode';
import type { Events } from '../engine/processing';

/** A Lambda handler for a rule of an event bus. */
export type EventHandler = (event: EventBridgeEvent<string, unknown>, context: HandlerContext) => Promise<void>;

/**
 * Makes the handler of a function that a rule of Amazon EventBridge invokes directly. A function behind a queue that is the rule's target is a `queueConsumer`.
 *
 * Each event is done once, also when an archive replays it. What can never be handled goes to the dead-letter queue at first sight, with its reason; what fails, fails the
 * invocation: Lambda tries twice more, and then hands the event to the function's destination for failures.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html
 */
export function eventConsumer<const On extends Events, const Emits extends readonly EventContract[] = readonly [], Mode extends IdempotencyMode = 'transaction'>(
  options: ConsumerOptions<On, Emits, Mode>, collaborators: Collaborators = {},
): EventHandler {
  return handlerOf({ name: 'eventConsumer', kinds: ['eventbridge'], sourceWaits: () => false, sourceCounts: true, groupsStop: false }, options, collaborators,
    async (event: EventBridgeEvent<string, unknown>, context, { consumer }) => {
      if (typeof event?.['detail-type'] !== 'string') { throw new TypeError('this function handles events of an EventBridge rule; the event has no detail-type'); }
      const body = JSON.stringify(event);
      const sentAt = new Date(Date.parse(event.time) || Date.now());
      const delivery = { messageId: event.id, body, decode: () => decode(body), receiveCount: 1, correlationId: event.id, sentAt };
      await invoke(consumer, [delivery], context);
    });
}
