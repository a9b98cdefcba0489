import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { type EntryFault, type RequestFault, ServiceError, ServiceModel } from './service-model';
import { envelopes, moved, type Publish, queueUrl, targets } from './targets';
import { seal } from '../../../lambda/envelope';
import { PublishFailed } from '../../../lambda/producers/publish-failed';
import { ended, startClock } from '../virtual-clock';

// the same storms on every machine; a failure prints the seed and path that replay it
const parameters = { seed: 20_260_105, numRuns: 150 };

afterEach(() => { jest.useRealTimers(); });

interface Storm {
  /** How many events each of the keys has, and in which order the keys come. */
  readonly keys: readonly number[];
  readonly entryFaults: readonly EntryFault[];
  readonly requestFaults: readonly ('before' | 'after' | undefined)[];
  readonly tries: number;
}

const storms = (): fc.Arbitrary<Storm> => fc.record({
  keys: fc.array(fc.nat(6), { minLength: 1, maxLength: 40 }),
  entryFaults: fc.array(fc.constantFrom<EntryFault[]>(undefined, undefined, 'busy', 'silent'), { maxLength: 120 }),
  requestFaults: fc.array(fc.constantFrom(undefined, undefined, 'before' as const, 'after' as const), { maxLength: 12 }),
  tries: fc.integer({ min: 1, max: 12 }),
});

/** Publishes in a storm; gives whether everything was accepted. */
async function weather({ keys, entryFaults, requestFaults, tries }: Storm, publish: Publish, ordered: boolean): Promise<boolean> {
  const service = new ServiceModel();
  const [entries, requests] = [[...entryFaults], [...requestFaults]];
  service.entryFault = () => entries.shift();
  service.requestFault = (): RequestFault | undefined => {
    const moment = requests.shift();
    return moment && { moment, error: moment === 'after' ? Object.assign(new Error('reset'), { code: 'ECONNRESET' }) : new ServiceError('ServiceUnavailable', 'busy', 503) };
  };
  const steps = new Map<number, number>();
  const events = keys.map((key) => {
    steps.set(key, (steps.get(key) ?? 0) + 1);
    return moved(`order-${key}`, steps.get(key)!);
  });
  const ids = await Promise.all(events.map(async (outgoing) => (await seal(outgoing)).metadata.id));

  const published = await ended(publish(events, service, { tries })).catch((error: unknown) => error);

  const unconfirmed = ids.filter((id) => !service.confirmed.has(id));
  if (published instanceof PublishFailed) {
    expect(published.failed.map(({ id }) => id)).toEqual(unconfirmed);
    expect(published.accepted).toBe(ids.length - unconfirmed.length);
    expect(published.$retryable).toBeDefined();
  } else {
    expect(published).toEqual(ids.map((id) => ({ id })));
    expect(unconfirmed).toEqual([]);
  }
  expect(service.sentAgain).toEqual([]);
  expect(service.overfull).toEqual([]);
  expect(service.arrived.filter(({ id }) => !ids.includes(id))).toEqual([]);
  if (ordered) { expectOrder(service); }
  return !(published instanceof PublishFailed);
}

function expectOrder(service: ServiceModel): void {
  const reached = new Map<string, number>();
  for (const { data: { orderId, step = 0 } } of envelopes(service)) {
    const before = reached.get(orderId) ?? 0;
    // a copy of the last one, or the one behind it
    expect([before, before + 1]).toContain(step);
    reached.set(orderId, step);
  }
}

test.each(Object.entries(targets))('whatever fails for a while, everything arrives at a %s or is named as failed; nothing is sent again in vain, and order is kept', async (_name, { publish, ordered }) => {
  const ends = { accepted: 0, failed: 0 };

  await fc.assert(fc.asyncProperty(storms(), async (storm) => {
    startClock();
    ends[await weather(storm, publish, ordered) ? 'accepted' : 'failed']++;
  }), parameters);

  // both ends were seen
  expect(Math.min(ends.accepted, ends.failed)).toBeGreaterThan(parameters.numRuns / 10);
});

test.each<[string, Publish, RegExp]>([
  ['sends the rest of a batch behind a failed entry, and that again', async (events, service, { tries = 8 } = {}) => {
    const sealed = await Promise.all(events.map(async (outgoing) => seal(outgoing)));
    let waiting = sealed;
    for (let attempt = 0; attempt < tries && waiting.length > 0; attempt++) {
      const failed: typeof sealed = [];
      for (let start = 0; start < waiting.length; start += 10) {
        const batch = waiting.slice(start, start + 10);
        failed.push(...await answered(service, batch));
      }
      waiting = failed;
    }
    return result(sealed, waiting);
  }, /toContain/],
  ['sends a whole batch again when one entry failed', async (events, service, { tries = 8 } = {}) => {
    const sealed = await Promise.all(events.map(async (outgoing) => seal(outgoing)));
    const given: typeof sealed = [];
    for (const one of sealed) {
      for (let attempt = 0; ; attempt++) {
        const failed = await answered(service, [...given.slice(-1), one]);
        if (!failed.includes(one)) { break; }
        if (attempt + 1 === tries) { return result(sealed, sealed.filter(({ metadata: { id } }) => !service.confirmed.has(id))); }
      }
      given.push(one);
    }
    return result(sealed, []);
  }, /toEqual/],
])('would notice a producer that %s', async (_what, publish, difference) => {
  const { failed, errorInstance } = await fc.check(fc.asyncProperty(storms(), async (storm) => {
    startClock();
    await weather(storm, publish, true);
  }), { ...parameters, endOnFailure: true });

  expect(failed).toBe(true);
  expect(String(errorInstance)).toMatch(difference);
});

type Sealed = Awaited<ReturnType<typeof seal>>;

/** Sends a batch to a FIFO queue; gives what has to be sent again. */
async function answered(service: ServiceModel, batch: readonly Sealed[]): Promise<Sealed[]> {
  try {
    const { Successful = [] } = await service.queue().send(new SendMessageBatchCommand({
      QueueUrl: `${queueUrl}.fifo`,
      Entries: batch.map((envelope, place) => {
        const { id, idempotencyKey } = envelope.metadata;
        return { Id: String(place), MessageBody: JSON.stringify(envelope), MessageGroupId: idempotencyKey, MessageDeduplicationId: id };
      }),
    }));
    return batch.filter((_envelope, place) => Successful.every(({ Id }) => Id !== String(place)));
  } catch {
    return [...batch];
  }
}

function result(all: readonly Sealed[], missing: readonly Sealed[]) {
  if (missing.length === 0) { return all.map(({ metadata: { id } }) => ({ id })); }
  const failed = missing.map(({ metadata: { id } }) => ({ index: 0, type: 'OrderMoved', id, code: 'busy', message: 'busy' }));
  throw new PublishFailed(failed, { accepted: all.length - missing.length, passing: true });
}
