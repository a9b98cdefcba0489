import { join } from 'node:path';

/** Where requirements, locks and the plug-in lie. */
export const sources = __dirname;

/** Where everything that is installed or written goes; ignored by git, and safe to delete while nothing runs. */
export const defaultCache = join(sources, '..', '..', '.cache', 'localstack');
