import { inspect, isDeepStrictEqual } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;

/** Expected and found, so that what belongs together is at the same place. */
export interface Aligned {
  readonly equal: boolean;
  readonly expected: readonly Fields[];
  /** Of what an expected one stands for, its attributes only; all of what nobody has expected. */
  readonly found: readonly Fields[];
}

/**
 * Compares two lists whose order says nothing. What is expected of one need not name all attributes, but those that it names must be equal, and none may be there that
 * nobody has expected.
 */
export function align(expected: readonly Fields[], found: readonly Fields[]): Aligned {
  const matched = matching(expected, found);
  const rest = found.filter((_one, place) => !matched.includes(place));
  const equal = rest.length === 0 && !matched.includes(undefined);
  // what differs stands beside what it is most like, or else beside what is left
  const take = (fits: (one: Fields) => boolean) => {
    const at = rest.findIndex(fits);
    return at < 0 ? undefined : rest.splice(at, 1)[0];
  };
  const alike = expected.map((wanted, place) => {
    const match = matched[place];
    if (match !== undefined) { return { wanted, one: found[match] }; }
    const most = Math.max(0, ...rest.map((other) => equalsOf(wanted, other)));
    return { wanted, one: most === 0 ? undefined : take((other) => equalsOf(wanted, other) === most) };
  });
  const paired = alike.map(({ wanted, one }) => ({ wanted, one: one ?? take((other) => Object.keys(wanted).some((name) => name in other)) }));
  return {
    equal,
    expected: paired.map(({ wanted, one }) => asRead(wanted, one)),
    found: [...paired.flatMap(({ wanted, one }) => one ? [partOf(wanted, one)] : []), ...rest],
  };
}

/** For each expected one the place of a found one that meets it, no place twice, for as many as there can be. */
function matching(expected: readonly Fields[], found: readonly Fields[]): readonly (number | undefined)[] {
  const meets = expected.map((wanted) => found.map((one) => equalsOf(wanted, one) === Object.keys(wanted).length));
  const owners: (number | undefined)[] = found.map(() => undefined);
  const give = (to: number, tried: Set<number>): boolean => found.some((_one, place) => {
    if (tried.has(place) || !meets[to]![place]) { return false; }
    tried.add(place);
    const owner = owners[place];
    if (owner !== undefined && !give(owner, tried)) { return false; }
    owners[place] = to;
    return true;
  });
  expected.forEach((_wanted, place) => give(place, new Set()));
  return expected.map((_wanted, place) => owners.includes(place) ? owners.indexOf(place) : undefined);
}

/** Of what was found, the attributes that are expected. */
function partOf(wanted: Fields, one: Fields): Fields {
  return Object.fromEntries(Object.keys(wanted).filter((name) => name in one).map((name) => [name, one[name]]));
}

/** How many of the wanted attributes are there. */
function equalsOf(wanted: Fields, one: Fields): number {
  return Object.entries(wanted).filter(([name, value]) => isMet(value, one[name])).length;
}

/** What `expect.any(String)` and the like have in jest and in vitest. */
interface Matcher {
  asymmetricMatch(value: unknown): boolean;
  toAsymmetricMatcher?(): string;
}

const isMatcher = (value: unknown): value is Matcher => typeof (value as Partial<Matcher> | null | undefined)?.asymmetricMatch === 'function';

/** Equal, or what a test runner's own matcher accepts. */
const isMet = (wanted: unknown, value: unknown) => isMatcher(wanted) ? wanted.asymmetricMatch(value) : isDeepStrictEqual(wanted, value);

/** What is met reads as what has met it: a matcher, or an attribute that is not to be there. */
function asRead(wanted: Fields, one: Fields | undefined): Fields {
  return Object.fromEntries(Object.entries(wanted).flatMap(([name, value]): [string, unknown][] => {
    if (one && isMet(value, one[name])) { return name in one ? [[name, one[name]]] : []; }
    return [[name, isMatcher(value) ? { [inspect.custom]: () => value.toAsymmetricMatcher?.() ?? 'a matcher' } : value]];
  }));
}
