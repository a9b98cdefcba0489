import { inspect } from 'node:util';

const largest = 400; // lines on either side; beyond that the comparison would take longer than reading

/** What is expected and what was found, line by line: `-` for what is missing, `+` for what is there instead. */
export function diffOf(expected: unknown, found: unknown): string {
  const [before, after] = [linesOf(expected), linesOf(found)];
  if (Math.max(before.length, after.length) > largest) { return [...before.map((line) => `- ${line}`), ...after.map((line) => `+ ${line}`)].join('\n'); }
  const common = commonLengths(before, after);
  const lines: string[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length;) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(`  ${before[i++]}`);
      j++;
    } else if (j === after.length || i < before.length && common[i + 1]![j]! >= common[i]![j + 1]!) {
      lines.push(`- ${before[i++]}`);
    } else {
      lines.push(`+ ${after[j++]}`);
    }
  }
  return lines.join('\n');
}

/** In one form for equal values, an attribute a line. */
const linesOf = (value: unknown) => inspect(value, { depth: Infinity, sorted: true, compact: false, breakLength: 120, maxArrayLength: Infinity }).split('\n');

/** How many lines the rest of one text has in common with the rest of the other, by where the rests begin. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      lengths[i]![j] = before[i] === after[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}
