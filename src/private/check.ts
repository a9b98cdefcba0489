import { Duration, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

class InvalidPropsError extends Error {
  public readonly name = 'InvalidPropsError';
}

/** Throws one error that names the construct and every problem with its remedy. */
export function check(scope: IConstruct, problems: readonly (string | undefined)[]): void {
  throwAll(scope.node.path, scope.constructor.name, problems);
}

/** The same for a construct that is not there yet, because its parts come first. */
export function checkBefore(scope: IConstruct, id: string, name: string, problems: readonly (string | undefined)[]): void {
  throwAll([scope.node.path, id].filter(Boolean).join('/'), name, problems);
}

/** Says what to change when a known number lies outside a service limit. */
export function within(prop: string, value: number | undefined, min: number, max: number): string | undefined {
  if (value === undefined || Token.isUnresolved(value)) { return undefined; }
  if (value >= min && value <= max) {
    return Number.isInteger(value) ? undefined : `${prop} is ${value}, set it to a whole number between ${min} and ${max}`;
  }
  return `${prop} is ${value}, set it between ${min} and ${max}`;
}

/** Says what to change when a known duration lies outside a service limit, or is not made of whole seconds. */
export function lasting(prop: string, value: Duration | undefined, min: Duration, max: Duration): string | undefined {
  if (value === undefined) { return undefined; }
  if (value.isUnresolved()) {
    return value.unitLabel() === 'seconds' ? undefined : `${prop} is a number of ${value.unitLabel()} that only the deployment knows, make it with Duration.seconds()`;
  }
  const length = inSeconds(value);
  if (length >= inSeconds(min) && length <= inSeconds(max)) {
    return Number.isInteger(length) ? undefined : `${prop} is ${say(value)}, set it to whole seconds`;
  }
  return `${prop} is ${say(value)}, set it between ${say(min)} and ${say(max)}`;
}

/** The length of a duration in seconds; `undefined` when there is none, or when only the deployment knows it. */
export function seconds(value: Duration | undefined): number | undefined {
  return value === undefined || value.isUnresolved() ? undefined : inSeconds(value);
}

/** A number that is there, and that synthesis knows. */
export function known(value: number | undefined): number | undefined {
  return value === undefined || Token.isUnresolved(value) ? undefined : value;
}

/** A duration in words, for a message: to the second, because what a message asks for must be enough. */
export function say(value: Duration | number): string {
  let rest = typeof value === 'number' ? value : inSeconds(value);
  const words: string[] = [];
  for (const [unit, length] of [['day', 86_400], ['hour', 3_600], ['minute', 60]] as const) {
    const amount = Math.floor(rest / length);
    if (amount > 0) { words.push(`${amount} ${unit}${amount === 1 ? '' : 's'}`); }
    rest %= length;
  }
  if (rest !== 0 || words.length === 0) { words.push(`${rest} second${rest === 1 ? '' : 's'}`); }
  return words.join(' ');
}

function inSeconds(value: Duration): number {
  return value.toSeconds({ integral: false });
}

function throwAll(path: string, name: string, problems: readonly (string | undefined)[]) {
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) { throw new InvalidPropsError(`[${path}] ${name}: ${found.join('; ')}`); }
}
