/** A piece of an expression: a word, a placeholder, a place in a list, a mark, or the end. */
export interface Token {
  readonly kind: 'word' | 'name' | 'value' | 'number' | 'mark' | 'end';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const pattern = /\s+|(?<word>[A-Za-z]\w*)|(?<name>#\w+)|(?<value>:\w+)|(?<number>0|[1-9]\d*)|(?<mark><>|<=|>=|[^])/gy;

/** What belongs to no token of the language becomes a mark that no rule asks for: the parser says where it stands. */
export function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of expression.matchAll(pattern)) {
    const kind = Object.entries(match.groups!).find(([, text]) => text !== undefined)?.[0] as Token['kind'] | undefined;
    if (kind) { tokens.push({ kind, text: match[0], start: match.index, end: match.index + match[0].length }); }
  }
  return [...tokens, { kind: 'end', text: '<EOF>', start: expression.length, end: expression.length }];
}
