import { Logger } from '@aws-lambda-powertools/logger';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { kindOf } from './engine/failure';
import type { Envelope } from './envelope';
import { EnvironmentError } from './errors';
import { busDestination } from './producers/bus';
import { impatient } from './producers/connection';
import { shipped } from './producers/deliver';
import type { Refusal } from './producers/refusal';

/** What an `Outbox` tells its relay. */
export interface RelayEnvironment {
  readonly v: 1;
  readonly construct: string;
  /** ARN of the bus. */
  readonly bus: string;
  /** URL of the queue for what the bus will never take. */
  readonly deadLetterQueue: string;
}

/** What a relay works with; tests pass their own. */
export interface RelayCollaborators {
  readonly environment?: RelayEnvironment;
  readonly eventbridge?: EventBridgeClient;
  readonly sqs?: SQSClient;
  readonly log?: Logger;
}

export const relayVariable = 'EVENT_PATTERNS_RELAY';

/** An event as it lies in the outbox. */
interface Row {
  readonly sequenceNumber: string;
  readonly text: string;
}

const tries = 4; // what is not accepted by then comes again with its shard

/**
 * Makes the handler that publishes what lies in an `Outbox`, in the order of its stream: at least once, with the same id each time.
 *
 * What the bus will never take rests in the dead-letter queue; as long as it takes nothing, everything waits.
 *
 * @see https://docs.aws.amazon.com/prescriptive-guidance/latest/cloud-design-patterns/transactional-outbox.html
 */
export function outboxRelay(collaborators: RelayCollaborators = {}): (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse> {
  const environment = collaborators.environment ?? readRelayEnvironment();
  const sqs = collaborators.sqs ?? new SQSClient({ ...impatient, useQueueUrlAsEndpoint: false });
  const log = collaborators.log ?? new Logger({ serviceName: environment.construct });
  const destination = busDestination({ bus: environment.bus, ...(collaborators.eventbridge ? { client: collaborators.eventbridge } : {}) });

  const setAside = async ({ text }: Row, { code, message }: Refusal): Promise<boolean> => {
    const letter = { reason: code, message, source: environment.construct, at: new Date().toISOString() };
    try {
      await sqs.send(new SendMessageCommand({
        QueueUrl: environment.deadLetterQueue, MessageBody: text, MessageAttributes: { deadLetter: { DataType: 'String', StringValue: JSON.stringify(letter) } },
      }));
      log.error('set aside in the dead-letter queue', { outcome: 'dead-letter', reason: code, error: message });
      return true;
    } catch (error) {
      log.error('could not be set aside, will be tried again', { outcome: 'retry', reason: code, deadLetterError: String(error) });
      return false;
    }
  };

  const publish = async (rows: readonly Row[]): Promise<ReadonlyMap<number, Refusal>> => {
    const refusals = new Map<number, Refusal>();
    const parcels = rows.flatMap(({ text }, index) => {
      const envelope = envelopeIn(text);
      if (!envelope) {
        refusals.set(index, { code: 'BadEnvelope', message: 'what lies in the outbox is no event', passing: false });
        return [];
      }
      return [{ ...destination.fit(envelope, text), index, type: envelope.metadata.type, id: envelope.metadata.id }];
    });
    for (const [{ index }, refusal] of await shipped(parcels, destination, { tries })) { refusals.set(index, refusal); }
    return refusals;
  };

  return async ({ Records }) => {
    const rows = Records.flatMap(rowIn);
    const refusals = await publish(rows);
    const unhandled = await Promise.all(rows.map(async (row, index) => {
      const refusal = refusals.get(index);
      if (!refusal) { return false; }
      // a missing permission says nothing about the event
      if (!refusal.passing && kindOf({ name: refusal.code }) !== 'environment') { return !await setAside(row, refusal); }
      log.warn('will be tried again', { outcome: 'retry', reason: refusal.code, error: refusal.message });
      return true;
    }));
    const first = rows[unhandled.indexOf(true)];
    return { batchItemFailures: first ? [{ itemIdentifier: first.sequenceNumber }] : [] };
  };
}

/** Reads and checks what the `Outbox` has set. */
export function readRelayEnvironment(variables: Record<string, string | undefined> = process.env): RelayEnvironment {
  let found: Partial<RelayEnvironment> | null;
  try {
    found = JSON.parse(variables[relayVariable] ?? '') as Partial<RelayEnvironment> | null;
  } catch {
    throw new EnvironmentError(`${relayVariable} is not set, or not JSON: only an Outbox may set it`);
  }
  const texts = Object.entries({ construct: found?.construct, bus: found?.bus, deadLetterQueue: found?.deadLetterQueue });
  const problems = texts.filter(([, value]) => typeof value !== 'string' || value === '').map(([name, value]) => `${name} is ${JSON.stringify(value)}, not a text`);
  if (found?.v !== 1) { problems.unshift(`version ${String(found?.v)} is not 1`); }
  if (problems.length > 0) { throw new EnvironmentError(`${relayVariable}, set by ${found?.construct ?? 'an unknown construct'}: ${problems.join('; ')}`); }
  return found as RelayEnvironment;
}

/** What was put into the outbox; what has expired there is no news. */
function rowIn({ eventName, dynamodb }: DynamoDBRecord): Row[] {
  if (eventName === 'REMOVE') { return []; }
  return [{ sequenceNumber: dynamodb?.SequenceNumber ?? '', text: dynamodb?.NewImage?.event?.S ?? '' }];
}

function envelopeIn(text: string): Envelope | undefined {
  try {
    const { metadata } = JSON.parse(text) as Envelope;
    return typeof metadata.id === 'string' ? { metadata, data: undefined } : undefined;
  } catch {
    return undefined;
  }
}
