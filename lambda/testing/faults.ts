import type { Execution } from './execution';

/**
 * Where something can go wrong while an event is handled, in the order in which it happens.
 *
 * - `claim`: the consumer takes the event, which counts the try.
 * - `step`: the effect of a `tx.once` of the handler, before anybody remembers that it took place; `step:charge` is the one called `charge`.
 * - `process`: the handler's own function, before anything of its `tx` is written.
 * - `commit`: the handler's writes, its events and the memory that the event is done are written, together.
 * - `letter`: a message that can never be handled is sent to the dead-letter queue.
 * - `answer`: the function gives its answer.
 */
export type Moment = 'claim' | 'step' | `step:${string}` | 'process' | 'commit' | 'letter' | 'answer';

/** Every moment that an event which is handled goes through, for tests that let a function die at each of them. */
export const moments = ['claim', 'process', 'commit', 'answer'] as const satisfies readonly Moment[];

/** What goes wrong during a delivery. Each strikes once: the first function that comes there. */
export interface Faults {
  /**
   * Where a function dies, just before it happens. Several: so many functions die.
   * @default - nowhere
   */
  readonly crashBefore?: Moment | readonly Moment[];

  /**
   * Where a function dies, just after it has happened.
   * @default - nowhere
   */
  readonly crashAfter?: Moment | readonly Moment[];

  /**
   * What a service refuses once, because it is busy.
   * @default - nothing
   */
  readonly throttle?: 'claim' | 'commit' | 'letter' | readonly ('claim' | 'commit' | 'letter')[];
}

interface Planned {
  readonly name: keyof Faults;
  readonly moment: Moment;
  struck: boolean;
}

type When = 'before' | 'after';

/** Lets happen what was asked for, and knows what of it has not happened. */
export class PlannedFaults {
  private readonly planned: readonly Planned[];

  constructor(faults: Faults) {
    this.planned = (['crashBefore', 'crashAfter', 'throttle'] as const).flatMap((name) =>
      [faults[name] ?? []].flat().map((moment: Moment) => ({ name, moment, struck: false })));
  }

  /** Something is about to happen, or has happened: the function may not live to tell. */
  async strike(moment: Moment, when: When, execution: Execution): Promise<void> {
    await execution.goOn();
    const next = this.planned.find(({ name, moment: at, struck }) => !struck && name === (when === 'before' ? 'crashBefore' : 'crashAfter') && meets(at, moment));
    if (next) {
      next.struck = true;
      await execution.die();
    }
    const busy = when === 'before' && this.planned.find(({ name, moment: at, struck }) => !struck && name === 'throttle' && at === moment);
    if (busy) {
      busy.struck = true;
      throw Object.assign(new Error(`${moment}: the service is busy`), { name: 'ThrottlingException' });
    }
  }

  /** Fails when something was asked for and has not happened: a test that goes on would prove nothing. */
  checkAllStruck(): void {
    const missing = this.planned.filter(({ struck }) => !struck).map(({ name, moment }) => `${name}: '${moment}'`);
    if (missing.length > 0) { throw new Error(`${missing.join(' and ')} did not happen, because no function came that far: \`log\` of the test tells how far they came`); }
  }
}

const meets = (planned: Moment, actual: Moment) => planned === actual || planned === 'step' && actual.startsWith('step:');
