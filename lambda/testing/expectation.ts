import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { align } from './alignment';
import type { LogLine } from './collected-log';
import type { Letter } from './memory-sqs';
import { diffOf } from './text-diff';
import type { Metadata, Outgoing } from '../envelope';
import type { Counted } from '../metrics';
import type { Attributes } from '../store/idempotency-store';

/** What must have happened since the test began. What is left out is not looked at, but for `poisoned`. */
export interface Expectation {
  /**
   * The items of tables as they are now, by the name of the table, in any order. Of an item, only the attributes that are named here are compared; but there must be no
   * other item.
   */
  readonly effects?: Readonly<Record<string, readonly Attributes[]>>;

  /** The events that the handler has emitted, in any order: their types and their data. */
  readonly emitted?: readonly Outgoing[];

  /**
   * The messages that were set aside, in any order. Of a letter, only what is named here is compared.
   * @default [] none
   */
  readonly poisoned?: readonly Partial<Letter>[];

  /** What the function has answered last. */
  readonly answer?: unknown;

  /** What the consumer has counted, by metric. Those that are not named are not compared; one that was never counted is 0. */
  readonly metrics?: Partial<Readonly<Record<Counted, number>>>;
}

/** What has happened. */
export interface Findings {
  readonly items: (table: string) => readonly Attributes[];
  readonly emitted: readonly EmittedEvent[];
  readonly poisoned: readonly Letter[];
  readonly answer: unknown;
  readonly metrics: Readonly<Partial<Record<Counted, number>>>;
  readonly log: readonly LogLine[];
}

/** An event that a handler has emitted. */
export interface EmittedEvent {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: Metadata;
}

interface Difference {
  readonly about: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** Fails with everything that differs, in one `AssertionError`. */
export function check(expectation: Expectation, findings: Findings, caller: (...input: never[]) => unknown): void {
  const differences = differencesOf(expectation, findings);
  if (differences.length === 0) { return; }
  const named = (side: 'expected' | 'found') => Object.fromEntries(differences.map((difference) => [difference.about, difference[side]]));
  throw new AssertionError({
    message: [
      `${differences.length === 1 ? 'this is' : `${differences.length} things are`} not as expected (- expected, + found)`,
      ...differences.map(({ about, expected, found }) => `${about}:\n${indented(diffOf(expected, found))}`),
      ...complaints(findings.log),
    ].join('\n\n'),
    expected: named('expected'),
    actual: named('found'),
    operator: 'fail',
    stackStartFn: caller,
  });
}

function differencesOf({ effects = {}, emitted, poisoned = [], metrics, ...rest }: Expectation, findings: Findings): Difference[] {
  const lists = [
    ...Object.entries(effects).map(([table, items]) => ({ about: `effects.${table}`, ...align(items, findings.items(table)) })),
    ...(emitted ? [{ about: 'emitted', ...align(emitted.map(({ contract, data }) => ({ type: contract.type, data: asSent(data) })), findings.emitted.map(({ type, data }) => ({ type, data }))) }] : []),
    { about: 'poisoned', ...align(poisoned.map(asFields), findings.poisoned.map(asFields)) },
  ];
  const counted = metrics && Object.fromEntries(Object.keys(metrics).map((name) => [name, findings.metrics[name as Counted] ?? 0]));
  const values = [
    ...('answer' in rest ? [{ about: 'answer', expected: rest.answer, found: findings.answer }] : []),
    ...(metrics ? [{ about: 'metrics', expected: metrics, found: counted }] : []),
  ];
  return [
    ...lists.filter(({ equal }) => !equal).map(({ about, expected, found }) => ({ about, expected, found })),
    ...values.filter(({ expected, found }) => !isDeepStrictEqual(expected, found)),
  ];
}

const asFields = (letter: Partial<Letter>): Attributes => ({ ...letter });

/** Events travel as JSON. */
const asSent = (data: unknown): unknown => JSON.parse(JSON.stringify(data));

const mostComplaints = 5;

/** What the log says of failures: most often the answer to why something is not as expected. */
function complaints(log: readonly LogLine[]): string[] {
  const counts = new Map<string, number>();
  for (const { level, message, reason, error } of log) {
    if (level !== 'WARN' && level !== 'ERROR') { continue; }
    const text = [message, reason, error].filter((part) => typeof part === 'string').join(': ');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const lines = [...counts].slice(0, mostComplaints).map(([text, count]) => `  ${text}${count > 1 ? ` (${count} times)` : ''}`);
  return lines.length === 0 ? [] : [['the log says:', ...lines, ...(counts.size > mostComplaints ? ['  …'] : [])].join('\n')];
}

const indented = (text: string) => text.replace(/^/gm, '  ');
