export { defineEvent, type EventContract, type OutputOf, type StandardSchema } from './contract';
export { deadLetterAttribute, type DeadLetter } from './dead-letter';
export type { Meta, Process, Processing } from './engine/consumer';
export type { ConsumerEnvironment } from './environment';
export { Poison } from './errors';
export { queueConsumer, type QueueConsumerCollaborators, type QueueConsumerOptions, type QueueHandler } from './queue';
export type { ClaimAnswer, ClaimRequest, IdempotencyStore, KnownKey, Write } from './store/idempotency-store';
