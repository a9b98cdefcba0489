import { typeOf } from './attribute-value';
import type { Arithmetic, Operand, UpdateAction } from './expression';
import { refuseArithmetic } from './function-rules';
import { Parser } from './parser';
import type { Placeholders } from './placeholders';

const clauses = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;
type Clause = typeof clauses[number];

const typesInMessages = { S: 'STRING', N: 'NUMBER', B: 'BINARY', NULL: 'NULL', BOOL: 'BOOLEAN', L: 'LIST', M: 'MAP', SS: '', NS: '', BS: '' } as const;

export class UpdateParser extends Parser {
  private readonly seen = new Set<Clause>();
  private readonly inParentheses = new WeakSet<Operand | Arithmetic>();

  constructor(expression: string, placeholders: Placeholders) {
    super('UpdateExpression', expression, placeholders, clauses);
  }

  parse(): readonly UpdateAction[] {
    return this.read(() => {
      const actions = this.clause();
      while (this.token.kind !== 'end') { actions.push(...this.clause()); }
      this.refuseCollisions(actions.map(({ path }) => path));
      return actions;
    });
  }

  private clause(): UpdateAction[] {
    const clause = clauses.find((name) => this.accepts(name));
    if (!clause) { throw this.unexpected(); }
    if (this.seen.has(clause)) { this.problems.note('clause', `The "${clause}" section can only be used once in an update expression;`); }
    this.seen.add(clause);
    return this.list(() => this.action(clause));
  }

  private action(clause: Clause): UpdateAction {
    const path = this.path();
    if (clause === 'REMOVE') { return { clause, path }; }
    if (clause === 'SET') {
      this.expect('=');
      return { clause, path, operand: this.operator(this.sum()) };
    }
    const { value } = this.value();
    const type = typesInMessages[typeOf(value)];
    if (type !== '' && !(clause === 'ADD' && type === 'NUMBER')) {
      this.problems.note('operands', `Incorrect operand type for operator or function; operator: ${clause}, operand type: ${type}`);
    }
    return this.operator({ clause, path, value });
  }

  /** One operand, or two with a sign between them; no more than two, and no parentheses in parentheses. */
  private sum(): Operand | Arithmetic {
    const left = this.term(() => this.sum());
    if (left.kind === 'arithmetic') { return left; }
    const operator = (['+', '-'] as const).find((sign) => this.accepts(sign));
    if (!operator) { return left; }
    const arithmetic: Arithmetic = this.operator({ kind: 'arithmetic', operator, left, right: this.simple() });
    refuseArithmetic(arithmetic, this.problems);
    return arithmetic;
  }

  private simple(): Operand {
    return this.term(() => this.simple());
  }

  private term<T extends Operand | Arithmetic>(inside: () => T): T | Operand {
    if (!this.accepts('(')) { return this.operand(() => this.simple()); }
    const term = inside();
    this.expect(')');
    if (this.inParentheses.has(term)) { this.problems.note('parentheses', 'The expression has redundant parentheses;'); }
    this.inParentheses.add(term);
    return term;
  }
}
