import { defineEvent } from 'cdk-event-patterns/lambda';
import * as z from 'zod';

/** The state of a thing, in versions that count up. */
export const stateSet = defineEvent({
  source: 'tests',
  type: 'StateSet',
  version: 1,
  schema: z.object({ id: z.string(), version: z.int(), state: z.string() }),
  key: ({ id }) => id,
  orderBy: ({ version }) => version,
});

/** The same, of which none may be left out. */
export const everyStateSet = defineEvent({ ...stateSet, gapless: true });

export type State = z.infer<typeof stateSet.schema>;
