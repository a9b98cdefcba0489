import fc from 'fast-check';
import { ConsumerModel, type ModelOptions, writeOf } from './consumer-model';
import { pause } from './virtual-clock';
import { Poison } from '../../lambda';

/** What an event does to its handler, by the first part of its id. */
const kinds = {
  good: 60, // is handled
  flaky: 8, // fails the first time
  hanging: 4, // hangs the first time
  broken: 4, // fails every time, until the handler is repaired
  killer: 2, // kills the function every time, until the handler is repaired
  reuse: 4, // comes twice, with two contents
  rejected: 4, // the handler says that it can never be handled
  textual: 3, // is not JSON
  shapeless: 3, // is not of the schema
  keyless: 3, // has no key
} as const;

export type Kind = keyof typeof kinds;

/** One test run, as fast-check makes it, shrinks it and replays it. */
export interface Scenario {
  readonly seed: number;
  readonly messages: readonly { readonly kind: Kind; readonly copies: number }[];
  readonly sideBySide: number;
  readonly batchSize: number;
  /** How likely a call kills the function, is throttled or loses its answer, and how likely a message stays visible. */
  readonly crash: number;
  readonly error: number;
  readonly repeat: number;
}

export const scenarios = (...only: readonly Kind[]): fc.Arbitrary<Scenario> => fc.record({
  seed: fc.nat(),
  messages: fc.array(fc.record({
    kind: fc.oneof(...Object.entries(kinds).filter(([kind]) => only.length === 0 || only.includes(kind as Kind))
      .map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind as Kind) }))),
    copies: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 4 }) }),
  }), { minLength: 1, maxLength: 80, size: 'max' }),
  sideBySide: fc.integer({ min: 1, max: 4 }),
  batchSize: fc.constantFrom(10, 1, 25),
  crash: fc.constantFrom(0, 0.002, 0.005),
  error: fc.constantFrom(0, 0.01, 0.03),
  repeat: fc.constantFrom(0, 0.02),
});

const isPoison = (kind: Kind) => ['rejected', 'textual', 'shapeless', 'keyless'].includes(kind);

function bodyOf(kind: Kind, id: string, copy: number): string {
  if (kind === 'textual') { return `no JSON: ${id}`; }
  if (kind === 'shapeless') { return JSON.stringify({ orderId: id }); }
  if (kind === 'keyless') { return JSON.stringify({ orderId: '', amount: 1, id }); }
  return JSON.stringify({ orderId: id, amount: kind === 'reuse' ? copy % 2 : 1 });
}

/** A queue and its consumer in bad weather, and what must be true in the end. */
export class Chaos {
  readonly model: ConsumerModel;
  private readonly random: () => number;
  private readonly seen = new Map<string, number>();
  private stormy = true;

  constructor(private readonly scenario: Scenario, Model: new (options: ModelOptions) => ConsumerModel = ConsumerModel) {
    this.random = randomFrom(scenario.seed);
    this.model = new Model({
      batchSize: scenario.batchSize,
      environment: { maxAttempts: 6 },
      fault: (call, moment, lambda) => this.strike(call, moment, async () => lambda.die()),
      process: async ({ orderId }, { tx }, lambda) => {
        const times = this.seen.get(orderId) ?? 0;
        this.seen.set(orderId, times + 1);
        tx.write(writeOf(orderId));
        await pause(this.random() * 300);
        await this.misbehave(orderId.split('-')[0] as Kind, times, async () => lambda.die());
      },
    });
    this.model.queue.repeats = () => this.stormy && this.random() < this.scenario.repeat;
  }

  /** Sends everything through the storm; then repairs the handler, sends the dead letters back and waits until all is quiet. */
  async run(): Promise<void> {
    const real = Math.random;
    Math.random = this.random; // the handler's own dice too: a seed is a run
    try {
      await this.model.drain(this.scenario.sideBySide, this.sendAll());
      this.expectNoHealthyDeadLetter();
      this.stormy = false;
      this.model.queue.redrive();
      await this.model.drain(this.scenario.sideBySide);
    } finally {
      Math.random = real;
    }
  }

  /** Fails when a good event's effect did not happen exactly once. */
  expectOnce(): void {
    const times = new Map<string, number>();
    for (const id of this.model.done) { times.set(id, (times.get(id) ?? 0) + 1); }
    for (const [id, count] of times) { if (count > 1) { throw new Error(`${id} was done ${count} times`); } }
    for (const { kind, id } of this.events) {
      if (times.has(id) === isPoison(kind)) { throw new Error(isPoison(kind) ? `${id} was done` : `${id} was lost`); }
    }
  }

  /** Fails when the dead letters are anything but the poison, each whole. */
  expectPoisonSetAside(): void {
    const letters = new Set(this.model.queue.deadLetters.map(({ body, attributes }) => `${body} ${attributes?.id?.StringValue}`));
    for (const { kind, id, bodies } of this.events) {
      const found = bodies.filter((body) => letters.delete(`${body} ${id}`));
      // of two contents with one key, one was done
      const expected = kind === 'reuse' ? bodies.length - 1 : isPoison(kind) ? 1 : 0;
      if (found.length !== expected) { throw new Error(`${id}: ${found.length} of ${expected} among the dead letters`); }
    }
    if (letters.size > 0) { throw new Error(`unknown dead letters: ${[...letters].join()}`); }
  }

  private expectNoHealthyDeadLetter(): void {
    for (const { body, reason, message } of this.model.letters) {
      if (/"(good|flaky|hanging)-/.test(body)) { throw new Error(`${body} was set aside: ${reason}, ${message}`); }
    }
  }

  private get events() {
    return this.scenario.messages.map(({ kind, copies }, index) => {
      const id = `${kind}-${index}`;
      const count = kind === 'reuse' ? Math.max(2, copies) : copies;
      const all = Array.from({ length: count }, (_, copy) => bodyOf(kind, id, copy));
      return { kind, id, all, bodies: [...new Set(all)] };
    });
  }

  private async sendAll(): Promise<void> {
    await Promise.all(this.events.flatMap(({ id, all }) => all.map(async (body) => {
      // half of the copies come together, the others within hours
      if (this.random() < 0.5) { await pause(this.random() * 7_200_000); }
      this.model.queue.send(body, { attributes: { id: { DataType: 'String', StringValue: id } } });
    })));
  }

  private async misbehave(kind: Kind, times: number, die: () => Promise<never>): Promise<void> {
    if (kind === 'rejected') { throw new Poison('nobody wants it'); }
    if (kind === 'flaky' && times === 0) { throw new Error('not yet'); }
    if (kind === 'hanging' && times === 0) { await new Promise(() => {}); }
    if (kind === 'broken' && this.stormy) { throw new Error('broken'); }
    if (kind === 'killer' && this.stormy) { await die(); }
  }

  private async strike(call: string, moment: 'before' | 'after', die: () => Promise<never>): Promise<void> {
    if (!this.stormy) { return; }
    const dice = this.random();
    if (dice < this.scenario.crash) { await die(); }
    if (dice < this.scenario.crash + this.scenario.error) {
      throw Object.assign(new Error(`${call}: ${moment === 'before' ? 'throttled' : 'the answer was lost'}`), { name: moment === 'before' ? 'ThrottlingException' : 'TimeoutError' });
    }
  }
}

/** A small generator of random numbers (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  /* eslint-disable no-bitwise -- that is how it works */
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /* eslint-enable no-bitwise */
}
