import type { Comparator, Comparison, Condition, Operand } from './expression';
import { refuseBetween, refuseComparison, refuseSame } from './function-rules';
import { Parser } from './parser';
import type { Placeholders } from './placeholders';

type Node = Condition | Operand;

const comparators: readonly string[] = ['=', '<>', '<', '<=', '>', '>='] satisfies Comparator[];
const mostChoices = 100;

/**
 * `OR` binds weakest, then `AND`, then `NOT`. A parenthesis may hold a condition or an operand, and which one shows only after it; so both are read
 * by the same rules, and what is the wrong one for its place is refused there.
 */
export class ConditionParser extends Parser {
  private readonly inParentheses = new WeakSet<Node>();

  constructor(what: string, expression: string, placeholders: Placeholders) {
    super(what, expression, placeholders, ['AND', 'OR', 'NOT', 'BETWEEN', 'IN']);
  }

  parse(): Condition {
    return this.read(() => this.condition(this.anyOf()));
  }

  private anyOf(): Node {
    return this.junction('or', 'OR', () => this.junction('and', 'AND', () => this.negation()));
  }

  private junction(kind: 'and' | 'or', keyword: string, part: () => Node): Node {
    const first = part();
    if (!this.isNext(keyword)) { return first; }
    const parts = [this.condition(first)];
    while (this.accepts(keyword)) {
      this.operator(keyword);
      parts.push(this.condition(part()));
    }
    return { kind, parts };
  }

  private negation(): Node {
    if (!this.accepts('NOT')) { return this.comparison(); }
    return this.operator({ kind: 'not', part: this.condition(this.negation()) });
  }

  private comparison(): Node {
    const left = this.primary();
    if (this.token.kind === 'mark' && comparators.includes(this.token.text)) {
      const operand = this.asOperand(left);
      const comparison: Comparison = this.operator({ kind: 'compare', operator: this.next().text as Comparator, left: operand, right: this.wholeOperand() });
      refuseComparison(comparison, this.problems);
      return comparison;
    }
    if (this.isNext('BETWEEN')) { return this.between(this.asOperand(left)); }
    return this.isNext('IN') ? this.membership(this.asOperand(left)) : left;
  }

  private between(operand: Operand): Node {
    this.expect('BETWEEN');
    const lower = this.wholeOperand();
    this.expect('AND');
    const between = this.operator({ kind: 'between', operand, lower, upper: this.wholeOperand() } as const);
    refuseBetween(between, this.problems);
    return between;
  }

  private membership(operand: Operand): Node {
    this.expect('IN');
    this.expect('(');
    const choices = this.list(() => this.wholeOperand());
    this.expect(')');
    if (choices.length > mostChoices) { this.problems.note('operands', `The IN operator is provided with too many operands; number of operands: ${choices.length}`); }
    refuseSame('IN', [operand, ...choices], this.problems);
    return this.operator({ kind: 'in', operand, choices });
  }

  private primary(): Node {
    if (!this.accepts('(')) { return this.operand(() => this.wholeOperand()); }
    const inside = this.anyOf();
    this.expect(')');
    if (this.inParentheses.has(inside)) { this.problems.note('parentheses', 'The expression has redundant parentheses;'); }
    this.inParentheses.add(inside);
    return inside;
  }

  private wholeOperand(): Operand {
    return this.asOperand(this.primary());
  }

  private condition(node: Node): Condition {
    if (node.kind === 'path' || node.kind === 'value') { throw this.unexpected(); }
    if (node.kind === 'function' && node.name === 'size') { this.noteMisuse(node.name); }
    return node;
  }

  private asOperand(node: Node): Operand {
    if (node.kind !== 'path' && node.kind !== 'value' && node.kind !== 'function') { throw this.unexpected(); }
    if (node.kind === 'function' && node.name !== 'size') { this.noteMisuse(node.name); }
    return node;
  }

  private noteMisuse(name: string): void {
    this.problems.note('use', `The function is not allowed to be used this way in an expression; function: ${name}`);
  }

  private isNext(keyword: string): boolean {
    return this.token.kind === 'word' && this.token.text.toUpperCase() === keyword;
  }
}
