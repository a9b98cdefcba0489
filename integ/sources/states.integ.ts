import { randomUUID } from 'node:crypto';
import { event, sendMessages } from 'cdk-event-patterns/lambda';
import { clients } from '../clients';
import { DeployedStack } from '../deployed-stack';
import { eventually } from '../eventually';
import { depth } from '../queue-contents';
import { type State, stateSet } from '../stacks/state-set';
import { StatesStack } from '../stacks/states-stack';
import { TestedConsumer } from '../tested-consumer';

const { sqs } = clients();
const stack = DeployedStack.of(StatesStack);

type Consumer = 'Gated' | 'InEntity' | 'Gapless';
type Version = Omit<State, 'id'>;

const [one, two, three] = [{ version: 1, state: 'new' }, { version: 2, state: 'used' }, { version: 3, state: 'old' }];

/** A thing that no other test has, and its states. */
class Thing {
  readonly id = `thing-${randomUUID()}`;
  private readonly consumer: TestedConsumer;

  constructor(private readonly name: Consumer) { this.consumer = new TestedConsumer(stack, name); }

  async set(...states: readonly Version[]): Promise<void> {
    await sendMessages(states.map((state) => event(stateSet, { id: this.id, ...state })), { queue: this.queue });
  }

  /** Sets states that the consumer gets in one batch. */
  async setTogether(...states: readonly Version[]): Promise<void> {
    await this.consumer.afterwards(async () => this.set(...states));
    await this.settled();
  }

  /** Sets states, each after the one before has been handled. */
  async setInTurn(...states: readonly Version[]): Promise<void> {
    for (const state of states) {
      await this.set(state);
      await this.settled();
    }
  }

  /** Waits until every message is handled or set aside. */
  async settled(): Promise<void> {
    await eventually(async () => expect(await depth(sqs, this.queue)).toBe(0));
  }

  async outcomes(): Promise<(string | undefined)[]> {
    return (await this.consumer.linesAbout(this)).map(({ outcome }) => outcome);
  }

  async states(): Promise<string[]> {
    return this.consumer.doneIn(this.id);
  }

  async item() {
    return this.consumer.item(this.id);
  }

  async letters() {
    return (await this.consumer.lettersAbout(this.id)).map(({ letter }) => letter);
  }

  private get queue(): string { return stack.output(`${this.name}QueueUrl`); }
}

/** The same where places are kept in the consumer's table, and where they are kept in the entity itself. */
async function inEachPlace(what: (thing: Thing) => Promise<void>): Promise<void> {
  await Promise.all([what(new Thing('Gated')), what(new Thing('InEntity'))]);
}

test('events that come in one batch are done in the order of their places, each once', async () => {
  await inEachPlace(async (thing) => {
    await thing.setTogether(three, one, two, one);

    expect(await thing.states()).toEqual(['1 new', '2 used', '3 old']);
    await eventually(async () => expect(await thing.outcomes()).toEqual(['processed', 'processed', 'processed']));
  });
});

test('an event that comes after a later one is passed by', async () => {
  await inEachPlace(async (thing) => {
    await thing.setInTurn(two, one, three);

    expect(await thing.states()).toEqual(['2 used', '3 old']);
    await eventually(async () => expect(await thing.outcomes()).toEqual(['processed', 'stale', 'processed']));
  });
});

test('an event that comes twice counts once', async () => {
  await inEachPlace(async (thing) => {
    await thing.setInTurn(one, one, two, two);

    expect(await thing.states()).toEqual(['1 new', '2 used']);
    await eventually(async () => expect(await thing.outcomes()).toEqual(['processed', 'duplicate', 'processed', 'duplicate']));
  });
});

test('an event whose handler fails twice counts once, and the later ones of its batch wait for it', async () => {
  await inEachPlace(async (thing) => {
    await thing.setTogether(three, { version: 2, state: 'fail-twice' }, one);

    expect(await thing.states()).toEqual(['1 new', '2 fail-twice', '3 old']);
  });
});

test('another event at a place that is taken rests among the dead letters', async () => {
  await inEachPlace(async (thing) => {
    await thing.setInTurn(one, { version: 1, state: 'another' });

    expect(await thing.states()).toEqual(['1 new']);
    expect(await thing.letters()).toEqual([expect.objectContaining({ reason: 'PlaceReuse' })]);
  });
});

test('an event that comes after a deletion does not bring back what is gone, unless it is a later one', async () => {
  await inEachPlace(async (thing) => {
    await thing.setInTurn(one, { version: 3, state: 'gone' }, two);
    expect(await thing.states()).toEqual([]);

    await thing.setInTurn({ version: 4, state: 'new again' });

    expect(await thing.states()).toEqual(['4 new again']);
    await eventually(async () => expect(await thing.outcomes()).toEqual(['processed', 'processed', 'stale', 'processed']));
    // nothing is left that would have its time to live end it
    expect(await thing.item()).not.toHaveProperty('expiration');
  });
});

test('events without gaps that come as 3, 1, 2 are done as 1, 2, 3', async () => {
  const thing = new Thing('Gapless');
  await thing.set(three);
  await eventually(async () => expect(await thing.outcomes()).toContain('parked'));
  await thing.set(one);
  await eventually(async () => expect(await thing.states()).toEqual(['1 new']));

  await thing.set(two);

  await thing.settled();
  expect(await thing.states()).toEqual(['1 new', '2 used', '3 old']);
});

test('events without gaps wait for the first, and are done behind it though one of them fails twice, each once', async () => {
  const thing = new Thing('Gapless');
  const parked = async () => (await thing.outcomes()).filter((outcome) => outcome === 'parked').length;
  for (const [index, state] of [three, { version: 2, state: 'fail-twice' }].entries()) {
    await thing.set(state);
    await eventually(async () => expect(await parked()).toBeGreaterThan(index));
  }
  expect(await thing.states()).toEqual([]);

  await thing.setInTurn(one);

  expect(await thing.states()).toEqual(['1 new', '2 fail-twice', '3 old']);
  await eventually(async () => expect((await thing.outcomes()).filter((outcome) => outcome === 'processed')).toHaveLength(3));
  expect(await thing.letters()).toEqual([]);
});
