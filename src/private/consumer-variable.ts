/** What a construct tells its consumer. A contract like a URL: `lambda/environment.ts` reads it, `test/contract` holds the two together. */
export const CONSUMER_VARIABLE = 'EVENT_PATTERNS_CONSUMER';
