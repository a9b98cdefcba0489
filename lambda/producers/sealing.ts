import { type Envelope, type Outgoing, seal } from '../envelope';
import type { Destination, Fitted } from './destination';
import { notSent, PublishFailed, type Unpublished } from './publish-failed';
import { reasonOf } from '../engine/failure';
import type { Cause } from '../run';

/** An event that is ready to be sent. */
export interface Parcel<Entry> extends Fitted<Entry> {
  readonly index: number;
  readonly type: string;
  readonly id: string;
}

type Problem = Pick<Unpublished, 'id' | 'code' | 'message'>;

/** Seals all events; fails with everything that is wrong with any of them before one is sent. */
export async function sealAll<Entry>(events: readonly Outgoing[], destination: Destination<Entry>, cause: Cause | undefined): Promise<Parcel<Entry>[]> {
  const time = new Date();
  const outcomes = await Promise.all(events.map(async (outgoing, index) => {
    let id: string | undefined;
    try {
      const envelope = await seal(outgoing, cause, time);
      id = envelope.metadata.id;
      const parcel: Parcel<Entry> = { ...destination.fit(envelope, textOf(envelope)), index, type: envelope.metadata.type, id };
      return { id, parcel, problem: tooLarge(parcel, destination) };
    } catch (error) {
      return { id, problem: problemOf(error, id) };
    }
  }));
  const sound = outcomes.flatMap(({ parcel, problem }) => parcel && !problem ? [parcel] : []);
  if (sound.length === events.length) { return sound; }
  throw new PublishFailed(outcomes.map(({ id, problem }, index) => ({
    index, type: events[index]!.contract.type, ...(problem ?? { id, code: notSent, message: 'nothing was sent, because of the others' }),
  })), { accepted: 0, passing: false });
}

/** JSON that every service takes: SQS refuses two characters that JSON does not escape. */
function textOf(envelope: Envelope): string {
  return JSON.stringify(envelope).replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

function tooLarge({ id, bytes }: Parcel<unknown>, { event }: Destination<unknown>): Problem | undefined {
  return bytes <= event.bytes ? undefined : { id, code: 'TooLarge', message: `${bytes} bytes, at most ${event.bytes} are possible: ${event.cure}` };
}

function problemOf(error: unknown, id: string | undefined): Problem {
  const { name, message, loggable = message } = (error ?? {}) as { name?: unknown; message?: string; loggable?: string };
  // what is not ours may quote what the event holds
  return { id, code: reasonOf(error), message: name === 'Poison' && loggable ? loggable : 'it cannot be written as JSON, or its contract fails' };
}
