import Table from 'cli-table3';
import pc from 'picocolors';
import type { DemoOrder } from './orders';
import type { Sighting } from './shop';

/** When the account is drawn up. */
export type Moment = 'before the redrive' | 'after the redrive';

/** What did not come out as it must, one line each. */
export function deviations(sightings: ReadonlyMap<DemoOrder, Sighting>, moment: Moment): readonly string[] {
  return [...sightings].flatMap(([{ orderId, expected }, seen]) => {
    const must = moment === 'before the redrive'
      ? { effects: expected.effects, deadLetter: expected.deadLetter }
      : { effects: expected.effectsAfterRedrive, deadLetter: expected.deadLetterAfterRedrive };
    return [
      ...differs(orderId, 'stock reserved', must.effects, seen.effects),
      ...differs(orderId, 'receipts', must.effects, seen.receipts),
      ...differs(orderId, 'dead letter', must.deadLetter ?? 'none', reasonsOf(seen)),
      ...(moment === 'before the redrive' ? outside(orderId, 'tries', expected.tries, seen.tries) : []),
    ];
  });
}

/** The account as a person would want to read it. */
export function account(sightings: ReadonlyMap<DemoOrder, Sighting>, moment: Moment): string {
  const wrong = deviations(sightings, moment);
  const table = new Table({
    head: ['order', 'what is peculiar', 'sent', 'tries', 'stock reserved', 'receipts', 'where it is', ''].map((title) => pc.bold(title)),
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'left', 'left'],
  });
  for (const [order, seen] of sightings) {
    const right = !wrong.some((line) => line.startsWith(`${order.orderId}:`));
    table.push([
      order.orderId, order.story, order.sent, seen.tries === 0 ? '-' : seen.tries, `${seen.effects} x`, `${seen.receipts} x`,
      seen.deadLetters.length > 0 ? pc.yellow(`dead-letter queue: ${reasonsOf(seen)}`) : pc.green('handled'), right ? pc.green('as it must') : pc.red('WRONG'),
    ]);
  }
  return table.toString();
}

/** The dead letters and why they are there. */
export function letters(sightings: ReadonlyMap<DemoOrder, Sighting>): string {
  const found = [...sightings].flatMap(([{ orderId }, { deadLetters }]) => deadLetters.map((letter) => [orderId, letter] as const));
  return found.map(([orderId, letter]) =>
    `  ${pc.bold(orderId)}  ${pc.yellow(letter.reason ?? '')}: ${letter.message}\n  ${pc.dim(`consumer ${letter.consumer}, correlation id ${letter.correlationId}, tries ${letter.attempt}, at ${letter.at}`)}`,
  ).join('\n');
}

const reasonsOf = ({ deadLetters }: Sighting) => deadLetters.map(({ reason }) => reason).join(', ') || 'none';

function differs(orderId: string, what: string, must: string | number, is: string | number): string[] {
  return must === is ? [] : [`${orderId}: ${what} is ${is}, must be ${must}`];
}

function outside(orderId: string, what: string, [fewest, most]: readonly [number, number], is: number): string[] {
  return is >= fewest && is <= most ? [] : [`${orderId}: ${what} is ${is}, must be ${fewest === most ? most : `${fewest} to ${most}`}`];
}
