import { defineEvent } from 'cdk-event-patterns/lambda';
import * as z from 'zod';

/** What the consumer of the test stack does with a task; each but `work` says what goes wrong. */
export const scripts = [
  'work', 'fail-twice', 'need-repair', 'kill-once', 'kill-always', 'hang-once', 'spin-once', 'write-too-much',
] as const;

/** A task that says by itself how it comes out. */
export const taskGiven = defineEvent({
  source: 'tests',
  type: 'TaskGiven',
  version: 1,
  schema: z.object({ id: z.string(), script: z.enum(scripts), content: z.string().optional() }),
  key: (task) => task.id,
});

export type Task = z.infer<typeof taskGiven.schema>;
