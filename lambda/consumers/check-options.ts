import type { AnyConsumerOptions } from './options';
import type { EventContract } from '../contract';
import type { ConsumerEnvironment } from '../environment';
import { EnvironmentError } from '../errors';
import { aggregateOf } from '../event-data';

/** Fails with everything in a consumer's options that contradicts itself, its contracts or what its construct has set. */
export function checkOptions(
  contracts: readonly EventContract[], options: AnyConsumerOptions, environment: ConsumerEnvironment, groupsStop: boolean,
): void {
  const problems = [
    ...ofContracts(contracts, options), ...ofMemory(contracts, options, groupsStop), ...ofEmission(options, environment), ...ofConcurrency(options),
  ];
  if (problems.length > 0) { throw new EnvironmentError(`consumer of ${environment.construct}: ${problems.join('; ')}`); }
}

function* ofContracts(contracts: readonly EventContract[], { on, process }: AnyConsumerOptions) {
  if (contracts.length === 0) { yield '`on` names no event'; }
  const functions = new Map(Object.entries(Array.isArray(on) ? process as object : {}));
  const types = new Set(contracts.map(({ type }) => type));
  for (const type of Array.isArray(on) ? types : []) {
    if (typeof functions.get(type) !== 'function') { yield `\`process\` has no function for ${type}`; }
  }
  for (const [name, group] of grouped(contracts, ({ source, type, version }) => `${type} version ${version} of ${source}`)) {
    if (group.length > 1) { yield `\`on\` names ${name} ${group.length} times`; }
  }
  // what has gaps would move the place on, and what has none and lies before it would count as done
  for (const [, group] of grouped(contracts.filter(({ orderBy }) => orderBy), (contract) => JSON.stringify([contract.source, aggregateOf(contract)]))) {
    if (new Set(group.map(({ gapless = false }) => gapless)).size > 1) {
      yield `${group.map(({ type }) => type).join(', ')} share the aggregate ${aggregateOf(group[0]!)}: make all of them \`gapless\`, or none`;
    }
  }
}

function* ofMemory(contracts: readonly EventContract[], { idempotency = 'transaction', onStale = 'skip', store }: AnyConsumerOptions, groupsStop: boolean) {
  for (const { type, orderBy, gapless } of contracts) {
    if (idempotency === 'entity' && !orderBy) { yield `\`idempotency: 'entity'\` needs events with \`orderBy\`, ${type} has none`; }
    if (idempotency !== 'transaction' && gapless) { yield `${type} is gapless, which needs \`idempotency: 'transaction'\``; }
    if (store && orderBy) { yield `${type} has \`orderBy\`, which needs the consumer's table: leave \`store\` out`; }
  }
  // the entity has one place: what lies before it may be done or not
  if (idempotency === 'entity' && onStale !== 'skip') { yield `\`onStale: '${onStale}'\` needs \`idempotency: 'transaction'\`: an entity knows its last event only`; }
  if (store && groupsStop) { yield '`onGroupPoison: \'park\'` needs the consumer\'s table: leave `store` out'; }
  if (store && idempotency !== 'claim') { yield `\`store\` needs \`idempotency: 'claim'\`, this is '${idempotency}'`; }
}

function* ofEmission({ idempotency = 'transaction', emits = [] }: AnyConsumerOptions, { construct, outbox }: ConsumerEnvironment) {
  if (emits.length > 0 && idempotency !== 'transaction') { yield `\`emits\` needs \`idempotency: 'transaction'\`, this is '${idempotency}'`; }
  if (emits.length > 0 && !outbox) { yield `\`emits\` needs an outbox: give ${construct} an \`outbox\``; }
}

function* ofConcurrency({ concurrency = 100 }: AnyConsumerOptions) {
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 1000) { yield `\`concurrency\` is ${concurrency}, not a whole number from 1 to 1000`; }
}

function grouped<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) { groups.set(nameOf(item), [...groups.get(nameOf(item)) ?? [], item]); }
  return groups;
}
