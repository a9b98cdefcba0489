import { defineEvent } from 'cdk-event-patterns/lambda';
import * as z from 'zod';

/** What goes wrong in the first run. */
export const mishaps = ['none', 'throws before the charge', 'dies before the charge', 'dies after the charge', 'hangs after the charge', 'dies after the step'] as const;

/** Something to be charged for, by a service that no transaction reaches. */
export const chargeDue = defineEvent({
  source: 'tests',
  type: 'ChargeDue',
  version: 1,
  schema: z.object({ id: z.string(), mishap: z.enum(mishaps), onTimeout: z.enum(['retry', 'block']) }),
  key: ({ id }) => id,
});

export type Charge = z.infer<typeof chargeDue.schema>;
