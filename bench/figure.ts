/** What we cost, beside what a user would have without us. */
export interface Figure {
  /** Stable: what reads `--json` knows the figure by it. */
  readonly name: string;
  /** Ours. */
  readonly value: number;
  readonly unit: 'ms' | 'KB' | 'µs' | 'requests' | 'messages/s';
  /** What it is compared with. */
  readonly against: string;
  /** Ours by theirs: below 1 we are cheaper; of messages in a second, above 1 we are faster. */
  readonly ratio: number;
}

/** A figure of two measured values. */
export function figure(name: string, unit: Figure['unit'], against: string, { ours, theirs }: { readonly ours: number; readonly theirs: number }): Figure {
  return { name, value: round(ours), unit, against, ratio: round(ours / theirs) };
}

const round = (value: number) => Number(value.toPrecision(4));
