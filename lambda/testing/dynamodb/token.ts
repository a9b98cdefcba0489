/** A piece of an expression: a word, a placeholder, a place in a list, a mark, or the end. */
export interface Token {
  readonly kind: 'word' | 'name' | 'value' | 'number' | 'mark' | 'end';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const kinds = ['word', 'name', 'value', 'number', 'mark'] as const;
const pattern = /\s+|([A-Za-z]\w*)|(#\w+)|(:\w+)|(0|[1-9]\d*)|(<>|<=|>=|[^])/gy; // a group for each of the kinds

/** What belongs to no token of the language becomes a mark that no rule asks for: the parser says where it stands. */
export function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of expression.matchAll(pattern)) {
    const [text, ...groups] = match;
    const kind = kinds[groups.findIndex((group) => group !== undefined)];
    if (kind) { tokens.push({ kind, text, start: match.index, end: match.index + text.length }); }
  }
  return [...tokens, { kind: 'end', text: '<EOF>', start: expression.length, end: expression.length }];
}
