import { outboxRelay } from '../outbox-relay';

export const handler = outboxRelay();
