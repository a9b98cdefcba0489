import { backOff } from '../engine/failure';
import type { Outgoing } from '../envelope';
import type { Answers } from './answers';
import type { Destination, Patience, Published } from './destination';
import { notSent, PublishFailed, type Unpublished } from './publish-failed';
import { blamesEntry, type Refusal, refusalOf } from './refusal';
import { type Parcel, sealAll } from './sealing';
import { type Cause, followRuns } from '../run';

// pure for bundlers: without a producer, nobody follows
const currentRun = /* @__PURE__ */ followRuns();

const requestsAtOnce = 4;
const triesByDefault = 8;
const pauses = { delay: 100, maxDelay: 5_000 }; // in milliseconds

const aborted: Refusal = { code: 'Aborted', message: 'the time was up before it was accepted', passing: true };
const heldBack: Refusal = { code: notSent, message: 'an earlier event of its group was not accepted', passing: true };

/** Sends events until each is accepted or has failed for good. A consumer waits for it, also when its handler does not. */
export function deliver<Entry>(events: readonly Outgoing[], destination: () => Destination<Entry>, patience: Patience): Promise<Published[]> {
  const run = currentRun();
  const published = deliverAll(events, destination, patience, run?.cause);
  run?.track(published); // this promise and no other: a second one would go unhandled when it fails
  return published;
}

async function deliverAll<Entry>(
  events: readonly Outgoing[], destinationOf: () => Destination<Entry>, patience: Patience, cause: Cause | undefined,
): Promise<Published[]> {
  const destination = destinationOf();
  const parcels = await sealAll(events, destination, cause);
  const refusals = await shipped(parcels, destination, patience);
  if (refusals.size === 0) { return parcels.map(({ id }) => ({ id })); }
  const failed = parcels.flatMap((parcel): Unpublished[] => {
    const { code, message } = refusals.get(parcel) ?? {};
    return code === undefined ? [] : [{ index: parcel.index, type: parcel.type, id: parcel.id, code, message: message ?? '' }];
  });
  throw new PublishFailed(failed, { accepted: parcels.length - failed.length, passing: [...refusals.values()].every(({ passing }) => passing) });
}

/** Sends parcels that are ready; gives those that were not accepted, and why. */
export async function shipped<Entry>(
  parcels: readonly Parcel<Entry>[], destination: Destination<Entry>, patience: Patience,
): Promise<ReadonlyMap<Parcel<Entry>, Refusal>> {
  return new Shipment(parcels, destination, patience).send();
}

/** Parcels that go one after the other; only the first of them is under way. */
interface Lane<Entry> {
  readonly parcels: Parcel<Entry>[];
  first: number;
  /** Of the first. */
  tries: number;
  notBefore: number;
  last: Refusal | undefined;
  /** Whether the first has to go in a request of its own. */
  alone: boolean;
}

class Shipment<Entry> {
  private readonly lanes: Set<Lane<Entry>>;
  private readonly refusals = new Map<Parcel<Entry>, Refusal>();
  private readonly signal: AbortSignal | undefined;
  private readonly mostTries: number;

  constructor(parcels: readonly Parcel<Entry>[], private readonly destination: Destination<Entry>, { signal, tries = triesByDefault }: Patience) {
    this.lanes = new Set(lanesOf(parcels));
    this.signal = signal;
    this.mostTries = tries;
  }

  /** Gives the parcels that were not accepted. */
  async send(): Promise<ReadonlyMap<Parcel<Entry>, Refusal>> {
    while (this.lanes.size > 0) {
      if (this.signal?.aborted) {
        for (const lane of this.lanes) { this.close(lane, lane.last ?? aborted, aborted); }
        break;
      }
      const ready = [...this.lanes].filter(({ notBefore }) => notBefore <= Date.now());
      if (ready.length === 0) {
        await pause([...this.lanes].reduce((earliest, { notBefore }) => Math.min(earliest, notBefore), Infinity) - Date.now(), this.signal);
        continue;
      }
      // each lane has one parcel in it, so the order of the requests does not matter
      const requests = this.requestsOf(ready).values();
      await Promise.all(Array.from({ length: requestsAtOnce }, async () => {
        for (const request of requests) { await this.request(request); }
      }));
    }
    return this.refusals;
  }

  private requestsOf(lanes: readonly Lane<Entry>[]): Lane<Entry>[][] {
    const { entries, bytes } = this.destination.request;
    const requests: Lane<Entry>[][] = [];
    let open: { readonly lanes: Lane<Entry>[]; bytes: number } | undefined;
    for (const lane of lanes) {
      const size = firstOf(lane).bytes;
      if (lane.alone) {
        requests.push([lane]);
      } else if (open && open.lanes.length < entries && open.bytes + size <= bytes) {
        open.lanes.push(lane);
        open.bytes += size;
      } else {
        open = { lanes: [lane], bytes: size };
        requests.push(open.lanes);
      }
    }
    return requests;
  }

  private async request(lanes: readonly Lane<Entry>[]): Promise<void> {
    const answers = await this.answersFor(lanes);
    const again: Lane<Entry>[] = [];
    answers?.forEach((refusal, place) => {
      const lane = lanes[place]!;
      if (!refusal) { return this.advance(lane); }
      lane.last = refusal;
      lane.tries++;
      if (refusal.passing && lane.tries < this.mostTries) { again.push(lane); } else { this.close(lane, refusal, heldBack); }
    });
    // one pause for all of a request: with one each they would come back in a request each
    const notBefore = Date.now() + backOff(again.reduce((most, { tries }) => Math.max(most, tries), 1), pauses);
    for (const lane of again) { lane.notBefore = notBefore; }
  }

  /** What became of the first parcel of each lane; undefined when that has to be found out for each by itself. */
  private async answersFor(lanes: readonly Lane<Entry>[]): Promise<Answers | undefined> {
    try {
      return await this.destination.send(lanes.map((lane) => firstOf(lane).entry), this.signal ? { abortSignal: this.signal } : {});
    } catch (error) {
      const refusal = this.signal?.aborted ? undefined : refusalOf(error);
      if (refusal && lanes.length > 1 && blamesEntry(refusal)) {
        for (const lane of lanes) { lane.alone = true; }
        return undefined;
      }
      return lanes.map(({ last }) => refusal ?? last ?? aborted);
    }
  }

  private advance(lane: Lane<Entry>): void {
    Object.assign(lane, { ...fresh, first: lane.first + 1 });
    if (lane.first === lane.parcels.length) { this.lanes.delete(lane); }
  }

  /** Nothing of the lane is sent any more: what came behind a missing event would overtake it when that one is given again. */
  private close(lane: Lane<Entry>, refusal: Refusal, ofTheOthers: Refusal): void {
    const [first, ...others] = lane.parcels.slice(lane.first);
    this.refusals.set(first!, refusal);
    for (const other of others) { this.refusals.set(other, ofTheOthers); }
    this.lanes.delete(lane);
  }
}

const fresh = { first: 0, tries: 0, notBefore: 0, last: undefined, alone: false };

function lanesOf<Entry>(parcels: readonly Parcel<Entry>[]): Lane<Entry>[] {
  const lanes = new Map<string | Parcel<Entry>, Lane<Entry>>();
  for (const parcel of parcels) {
    const name = parcel.lane ?? parcel;
    const lane = lanes.get(name);
    if (lane) { lane.parcels.push(parcel); } else { lanes.set(name, { ...fresh, parcels: [parcel] }); }
  }
  return [...lanes.values()];
}

const firstOf = <Entry>({ parcels, first }: Lane<Entry>) => parcels[first]!;

async function pause(millis: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, Math.max(0, millis));
    signal?.addEventListener('abort', over);
  });
}
