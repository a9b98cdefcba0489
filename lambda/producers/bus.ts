import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { EventContract } from '../contract';
import { answersByPlace } from './answers';
import { impatient } from './connection';
import { deliver } from './deliver';
import type { Destination, OutgoingOf, Patience, Published } from './destination';

/** An event bus to publish to. */
export interface BusDestination extends Patience {
  /** Its name or ARN. */
  readonly bus: string;

  /** @default - one for the whole process */
  readonly client?: EventBridgeClient;
}

const requestLimit = 1024 * 1024 - 1; // "must be less than 1 MB", all entries together
const timeBytes = 14;

let shared: EventBridgeClient | undefined;
const sharedClient = () => shared ??= new EventBridgeClient(impatient);

/**
 * Publishes events to a bus; resolves when all are accepted, with their ids in the order given.
 *
 * `detail` is the event in its envelope, `detail-type` its type, `source` its source. A bus keeps no order.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 * @see https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb
 */
export function publishEvents<Contracts extends readonly EventContract[]>(events: OutgoingOf<Contracts>, to: BusDestination): Promise<Published[]> {
  return deliver(events, () => busDestination(to), to);
}

/** The bus as a destination. */
export function busDestination({ bus, client }: BusDestination): Destination<PutEventsRequestEntry> {
  return {
    request: { entries: 10, bytes: requestLimit },
    event: { bytes: requestLimit, cure: 'put the large part into a bucket and its key into the event' },
    fit: ({ metadata: { source, type, time } }, text) => ({
      entry: { EventBusName: bus, Source: source, DetailType: type, Detail: text, Time: new Date(time) },
      // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
      bytes: timeBytes + Buffer.byteLength(source) + Buffer.byteLength(type) + Buffer.byteLength(text),
    }),
    send: async (entries, options) => {
      const { Entries = [] } = await (client ?? sharedClient()).send(new PutEventsCommand({ Entries: [...entries] }), options);
      return answersByPlace(entries.length, Entries.map(({ EventId, ...result }) => ({ ...result, id: EventId })));
    },
  };
}
