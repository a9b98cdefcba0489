export { asyncConsumer, type AsyncHandler } from './consumers/async-consumer';
export { eventConsumer, type EventHandler } from './consumers/event-consumer';
export type { HandlerContext } from './consumers/handler';
export type { Collaborators, ConsumerOptions, ConsumerSettings, IdempotencyMode, TxOf } from './consumers/options';
export { queueConsumer, type QueueConsumerOptions, type QueueHandler } from './consumers/queue-consumer';
export { streamConsumer, type StreamHandler } from './consumers/stream-consumer';
export { tableStreamConsumer, type TableStreamConsumerOptions, type TableStreamHandler } from './consumers/table-stream-consumer';
export { topicConsumer, type TopicHandler } from './consumers/topic-consumer';
export {
  type DataOf, defineEvent, type EventContract, type InputDataOf, type InputOf, type OrderedEventContract, type OutputOf, type StandardSchema,
} from './contract';
export { type DeadLetter, deadLetterAttribute } from './dead-letter';
export type { EventLog } from './engine/event-log';
export type { FailureKind } from './engine/failure';
export type { Events, Meta, OrderedEvents, Process, Processing, ProcessOf } from './engine/processing';
export type { StepOptions, StepResult } from './engine/steps';
export type { PowertoolsTracer, TraceSegment } from './engine/trace';
export type { EntityTx, Tx } from './engine/transaction';
export { type Envelope, event, type Metadata, type Outgoing } from './envelope';
export type { ConsumerEnvironment, ConsumerSource } from './environment';
export { Poison, RetryLater } from './errors';
export type { ClaimAnswer, ClaimRequest, Completion, IdempotencyStore, KnownEvent, Remembered, Write } from './store/idempotency-store';
