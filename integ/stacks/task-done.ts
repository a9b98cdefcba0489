import { defineEvent } from 'cdk-event-patterns/lambda';
import * as z from 'zod';

/** A task that was given is done. */
export const taskDone = defineEvent({ source: 'tests', type: 'TaskDone', version: 1, schema: z.object({ id: z.string() }), key: ({ id }) => id });
