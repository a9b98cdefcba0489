import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { type HandlerContext, handlerOf } from './handler';
import type { AnyConsumerOptions, Collaborators, ConsumerSettings, TxOf } from './options';
import { firstUnhandled } from './stream-answer';
import { defineEvent, type EventContract, type OutputOf, type SchemaIssue, type StandardSchema } from '../contract';
import { decodeTable, type TableChange } from '../decode-table';
import type { Delivery } from '../engine/delivery';
import type { Process, Processing } from '../engine/processing';
import type { Tx } from '../engine/transaction';

/** What a table's consumer handles, and how. Changes without a function are passed by. */
export interface TableStreamConsumerOptions<
  Item extends StandardSchema = StandardSchema<Record<string, unknown>>, Emits extends readonly EventContract[] = readonly [], Mode extends 'transaction' | 'claim' = 'transaction',
> extends ConsumerSettings {
  /**
   * What the items of the table are.
   * @default - anything
   */
  readonly item?: Item;

  /** Handles changes of items. Each may run more than once; what it puts into `tx` happens once. */
  readonly process: {
    readonly insert?: Process<OutputOf<Item>, TxOf<Mode, Emits>>;
    readonly modify?: Process<{ readonly before?: OutputOf<Item>; readonly after: OutputOf<Item> }, TxOf<Mode, Emits>>;
    readonly remove?: Process<OutputOf<Item>, TxOf<Mode, Emits>>;
  };

  /**
   * The events that the handler sends with `tx.emit`.
   * @default - none
   */
  readonly emits?: Emits;

  /** @default 'transaction' */
  readonly idempotency?: Mode;
}

/** A Lambda handler for the stream of a table. */
export type TableStreamHandler = (event: DynamoDBStreamEvent, context: HandlerContext) => Promise<DynamoDBBatchResponse>;

/**
 * Makes the handler of an Amazon DynamoDB stream, with new and old images.
 *
 * Each change is handled once; changes of one item in their order, those of several items side by side. What can never be handled goes to the dead-letter queue at first
 * sight, so that it does not hold up its shard; what fails stops its own item only, and is tried again from there.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function tableStreamConsumer<
  Item extends StandardSchema = StandardSchema<Record<string, unknown>>, const Emits extends readonly EventContract[] = readonly [], Mode extends 'transaction' | 'claim' = 'transaction',
>(options: TableStreamConsumerOptions<Item, Emits, Mode>, collaborators: Collaborators = {}): TableStreamHandler {
  const { item, process, ...settings } = options;
  const handled = changes.filter((change) => process[change] !== undefined);
  const events: AnyConsumerOptions = {
    ...settings,
    on: handled.map((change) => contractOf(change, item)) as unknown as readonly [EventContract],
    process: Object.fromEntries(handled.map((change) => [change, ({ before, after }: Changed, processing: Processing<Tx>) =>
      (process[change] as Process<unknown, Tx>)(change === 'modify' ? { before, after } : after ?? before, processing)])),
  };
  return handlerOf({ name: 'tableStreamConsumer', kinds: ['dynamodb'], sourceWaits: () => false, sourceCounts: false, groupsStop: false }, events, collaborators,
    async (event: DynamoDBStreamEvent, context, { consumer }) => {
      if (!Array.isArray(event?.Records)) { throw new TypeError('this function handles records of a DynamoDB stream; the event has no Records'); }
      const records = event.Records.filter((record) => !passedBy(record, handled))
        .map((record) => ({ id: record.dynamodb?.SequenceNumber ?? '', deliveries: [toDelivery(record)] }));
      const outcomes = await consumer.handle(records.flatMap(({ deliveries }) => deliveries), context.getRemainingTimeInMillis());
      return firstUnhandled(records, outcomes);
    });
}

const source = 'dynamodb';
const changes: readonly TableChange['change'][] = ['insert', 'modify', 'remove'];

type Changed = Omit<TableChange, 'keys'> & { readonly id: string };

/** Whether it is a change that nobody wants; what is no change at all is not passed by. */
function passedBy({ eventName }: DynamoDBRecord, handled: readonly TableChange['change'][]): boolean {
  return changes.some((change) => change.toUpperCase() === eventName && !handled.includes(change));
}

/** A change of an item as an event; the stream's own id names it. */
function contractOf(change: TableChange['change'], item: StandardSchema | undefined): EventContract {
  return defineEvent({ source, type: change, version: 1, schema: changeSchema(item), key: ({ id }) => id });
}

/** Checks the images of a change by the schema of the items. */
function changeSchema(item: StandardSchema | undefined): StandardSchema<Changed> {
  const imageOf = async (image: unknown, name: string): Promise<{ readonly value?: unknown; readonly issues: readonly SchemaIssue[] }> => {
    if (image === undefined || !item) { return { value: image, issues: [] }; }
    const result = await item['~standard'].validate(image);
    if (!result.issues) { return { value: result.value, issues: [] }; }
    return { issues: result.issues.map(({ message, path = [] }) => ({ message, path: [name, ...path] })) };
  };
  const validate = async (value: unknown) => {
    const { id, change, before, after } = value as Changed;
    const [old, now] = await Promise.all([imageOf(before, 'before'), imageOf(after, 'after')]);
    const issues = [...old.issues, ...now.issues];
    const images = { ...(before === undefined ? {} : { before: old.value }), ...(after === undefined ? {} : { after: now.value }) };
    return issues.length > 0 ? { issues } : { value: { id, change, ...images } as Changed };
  };
  return { '~standard': { version: 1, vendor: 'cdk-event-patterns', validate } };
}

function toDelivery(record: DynamoDBRecord): Delivery {
  const id = record.eventID ?? '';
  const { SequenceNumber = '', ApproximateCreationDateTime, Keys } = record.dynamodb ?? {};
  const sentAt = new Date(ApproximateCreationDateTime === undefined ? Date.now() : ApproximateCreationDateTime * 1000);
  return {
    messageId: SequenceNumber,
    // a letter that somebody hands in again has the sequence number of the first time
    body: JSON.stringify({ ...record, returned: true }),
    ...('returned' in record ? { returnedAfter: 'SetAside' } : {}),
    decode: () => {
      const { keys: _keys, ...changed } = decodeTable(record);
      return { data: { id, ...changed }, source, type: changed.change, id, time: sentAt.toISOString() };
    },
    receiveCount: 1,
    correlationId: id,
    sentAt,
    group: JSON.stringify(Keys ?? {}),
  };
}
