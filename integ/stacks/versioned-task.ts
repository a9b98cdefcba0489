import * as z from 'zod';
import { scripts } from './task-given';

/** An item of a table; each change of it is a task. */
export const versionedTask = z.object({ id: z.string(), version: z.int(), script: z.enum(scripts) });

export type VersionedTask = z.infer<typeof versionedTask>;
