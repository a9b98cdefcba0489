import { assemble, type Assembled, type Door } from './assemble';
import type { AnyConsumerOptions, Collaborators } from './options';
import type { ConsumerSource } from '../environment';

/** Under this name a handler carries what it was made of, so that a test can make it anew with services of its own. */
export const remaking = Symbol.for('cdk-event-patterns.remaking');

/** A handler that can be made anew. */
export interface Remakable<Handler> {
  readonly [remaking]: { readonly door: string; readonly options: AnyConsumerOptions; readonly remake: (collaborators: Collaborators) => Handler };
}

/** What a handler needs of Lambda's context. */
export interface HandlerContext {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis(): number;
}

/**
 * Makes the handler of a door. In Lambda it is put together, and fails, at the function's start; elsewhere, where a test or a build only imports it, at its first
 * invocation.
 */
export function handlerOf<Source extends ConsumerSource, Event, Answer>(
  door: Door<Source>, options: AnyConsumerOptions, collaborators: Collaborators,
  handle: (event: Event, context: HandlerContext, assembled: Assembled<Source>) => Promise<Answer>,
): (event: Event, context: HandlerContext) => Promise<Answer> {
  const inLambda = Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
  const given = Object.keys(collaborators).length > 0;
  let assembled = inLambda || given ? assemble(door, options, collaborators) : undefined;
  const handler = async (event: Event, context: HandlerContext) => handle(event, context, assembled ??= assemble(door, options, collaborators));
  const remake = (others: Collaborators) => handlerOf(door, options, others, handle);
  return Object.defineProperty(handler, remaking, { value: { door: door.name, options, remake } satisfies Remakable<typeof handler>[typeof remaking] });
}
