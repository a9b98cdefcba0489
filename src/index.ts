export * from './dead-letter/dead-letter-queue';
export * from './function/consumer-function';
export * from './idempotency/idempotency-table';
export * from './outbox/outbox';
export * from './queue/point-to-point-queue';
