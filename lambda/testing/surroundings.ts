import { AsyncLocalStorage } from 'node:async_hooks';

/** What the code of a test's function finds around it instead of the real world. */
export interface Surroundings {
  /** The time, in epoch milliseconds. */
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Hears of every timer that is set. */
  readonly onTimer: (timer: NodeJS.Timeout) => void;
}

const surroundings = new AsyncLocalStorage<Surroundings>();
let inUse = 0;
let putBack = () => {};

/**
 * Runs work in its surroundings. They replace `Date`, `Math.random`, `setTimeout` and `setInterval` for this work only, whatever runs beside it: a test runner, or another
 * test, finds them as they are. Timers stay real, because nobody can tell from outside whether code waits for a timer or for a service.
 */
export async function within<T>(these: Surroundings, work: () => Promise<T>): Promise<T> {
  if (inUse++ === 0) { putBack = replaceGlobals(); }
  try {
    return await surroundings.run(these, work);
  } finally {
    if (--inUse === 0) { putBack(); }
  }
}

function replaceGlobals(): () => void {
  const { Date: RealDate, setTimeout: realTimeout, setInterval: realInterval } = globalThis;
  const { random } = Math;
  const told = (timer: NodeJS.Timeout) => {
    surroundings.getStore()?.onTimer(timer);
    return timer;
  };
  const VirtualDate = new Proxy(RealDate, {
    // `new Date()` and `Date()`; what is made of something given stays as it is
    construct: (target, input: unknown[], made): Date => {
      const these = surroundings.getStore();
      return Reflect.construct(target, these && input.length === 0 ? [these.now()] : input, made) as Date;
    },
    apply: (target) => {
      const these = surroundings.getStore();
      return these ? new target(these.now()).toString() : target();
    },
    get: (target, name) => name === 'now' ? surroundings.getStore()?.now ?? target.now : Reflect.get(target, name) as unknown,
  });
  const timeout = (...input: Parameters<typeof setTimeout>) => told(realTimeout(...input));
  const interval = (...input: Parameters<typeof setInterval>) => told(realInterval(...input));
  const replaced = [
    replace(globalThis, 'Date', VirtualDate),
    replace(RealDate.prototype as { constructor: unknown }, 'constructor', VirtualDate),
    // with what `promisify` finds there
    replace(globalThis, 'setTimeout', Object.assign(timeout, realTimeout)),
    replace(globalThis, 'setInterval', Object.assign(interval, realInterval)),
    replace(Math, 'random', () => surroundings.getStore() ? surroundings.getStore()!.random() : random()),
  ];
  return () => { for (const putBackOne of replaced) { putBackOne(); } };
}

/** What somebody else has put there in the meantime stays. */
function replace<Owner extends object, Name extends keyof Owner>(owner: Owner, name: Name, ours: Owner[Name]): () => void {
  const theirs = owner[name];
  owner[name] = ours;
  return () => { if (owner[name] === ours) { owner[name] = theirs; } };
}

/** A small generator of random numbers (Park and Miller): the same numbers in every run. */
export function randomFrom(seed: number): () => number {
  let state = Math.abs(Math.trunc(seed)) % 2_147_483_646 + 1;
  return () => {
    state = state * 48_271 % 2_147_483_647;
    return (state - 1) / 2_147_483_646;
  };
}
