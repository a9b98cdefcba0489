import { collision, type DocumentPath, spelled } from './document-path';
import type { FunctionCall, Operand, ValueOperand } from './expression';
import { refuseMisuse } from './function-rules';
import type { Placeholders } from './placeholders';
import { Problems } from './problems';
import { invalid } from './refusals';
import { isReserved } from './reserved-words';
import { type Token, tokensOf } from './token';

const longest = 4096; // bytes of an expression
const mostOperators = 300;
const deepestPath = 32;
const lastPlace = 4_294_967_295;

/** What the expressions have in common: paths, placeholders, and calls of functions. */
export abstract class Parser {
  protected readonly problems = new Problems();
  private readonly tokens: readonly Token[];
  private position = 0;
  private operators = 0;

  constructor(
    private readonly what: string,
    private readonly expression: string,
    private readonly placeholders: Placeholders,
    private readonly keywords: readonly string[] = [],
  ) {
    if (expression === '') { throw this.invalid('The expression can not be empty;'); }
    const size = Buffer.byteLength(expression);
    if (size > longest) { throw this.invalid(`Expression size has exceeded the maximum allowed size; expression size: ${size}`); }
    this.tokens = tokensOf(expression);
  }

  protected get token(): Token {
    return this.tokens[this.position]!;
  }

  /** Reads all of the expression, or refuses it. */
  protected read<T>(rule: () => T): T {
    const result = rule();
    if (this.token.kind !== 'end') { throw this.unexpected(); }
    if (this.operators > mostOperators) { throw this.invalid(`The expression contains too many operators; operator count: ${this.operators}`); }
    this.problems.refuse(this.what);
    return result;
  }

  protected next(): Token {
    return this.tokens[this.position++]!;
  }

  /** Whether the token was the one; then it is read. */
  protected accepts(text: string): boolean {
    const found = this.token.kind === 'word' ? this.token.text.toUpperCase() === text : this.token.kind === 'mark' && this.token.text === text;
    if (found) { this.position++; }
    return found;
  }

  protected expect(text: string): void {
    if (!this.accepts(text)) { throw this.unexpected(); }
  }

  protected operator<T>(node: T): T {
    this.operators++;
    return node;
  }

  protected list<T>(element: () => T): T[] {
    const elements = [element()];
    while (this.accepts(',')) { elements.push(element()); }
    return elements;
  }

  /** A path, a value, or a call of a function: what stands on a side of an operator. */
  protected operand(argument: () => Operand): Operand {
    if (this.token.kind === 'value') { return this.value(); }
    if (this.startsFunction()) { return this.functionCall(argument); }
    return { kind: 'path', path: this.path() };
  }

  protected value(): ValueOperand {
    if (this.token.kind !== 'value') { throw this.unexpected(); }
    const { text } = this.next();
    const value = this.placeholders.value(text);
    if (!value) { this.problems.note('undefined', `An expression attribute value used in expression is not defined; attribute value: ${text}`); }
    return { kind: 'value', value: value ?? { NULL: true } };
  }

  protected path(): DocumentPath {
    const path: [string, ...(string | number)[]] = [this.name()];
    for (;;) {
      if (this.accepts('.')) {
        path.push(this.name());
      } else if (this.accepts('[')) {
        path.push(this.place());
        this.expect(']');
      } else {
        if (path.length > deepestPath) { this.problems.note('paths', `The document path has too many nesting levels; nesting levels: ${path.length}`); }
        return path;
      }
    }
  }

  protected refuseCollisions(paths: readonly DocumentPath[]): void {
    paths.forEach((path, index) => {
      for (const earlier of paths.slice(0, index)) {
        const found = collision(earlier, path);
        if (!found) { continue; }
        this.problems.note('paths', `Two document paths ${found} with each other; must remove or rewrite one of these paths; `
          + `path one: ${spelled(earlier)}, path two: ${spelled(path)}`);
      }
    });
  }

  protected unexpected(token = this.token): Error {
    const index = this.tokens.indexOf(token);
    const [before, after] = [this.tokens[index - 1], this.tokens[index + 1]];
    const near = this.expression.slice(before?.start ?? (token.kind === 'end' ? 0 : token.start), after && after.kind !== 'end' ? after.end : token.end);
    return this.invalid(`Syntax error; token: "${token.text}", near: "${near}"`);
  }

  private invalid(message: string): Error {
    return invalid(`Invalid ${this.what}: ${message}`);
  }

  private startsFunction(): boolean {
    const following = this.tokens[this.position + 1];
    return this.token.kind === 'word' && following?.kind === 'mark' && following.text === '(';
  }

  private functionCall(argument: () => Operand): FunctionCall {
    const { text: name } = this.next();
    if (this.isKeyword(name)) { throw this.unexpected(this.tokens[this.position - 1]); }
    this.expect('(');
    const call: FunctionCall = this.operator({ kind: 'function', name, operands: this.list(argument) });
    this.expect(')');
    refuseMisuse(call, this.what === 'UpdateExpression' ? 'update' : 'condition', this.problems);
    return call;
  }

  private name(): string {
    const token = this.token;
    if (token.kind === 'name') {
      this.position++;
      const name = this.placeholders.name(token.text);
      if (name === undefined) { this.problems.note('undefined', `An expression attribute name used in the document path is not defined; attribute name: ${token.text}`); }
      return name ?? token.text;
    }
    if (token.kind !== 'word' || this.isKeyword(token.text)) { throw this.unexpected(); }
    this.position++;
    if (isReserved(token.text)) { this.problems.note('reserved word', `Attribute name is a reserved keyword; reserved keyword: ${token.text}`); }
    return token.text;
  }

  private place(): number {
    if (this.token.kind !== 'number') { throw this.unexpected(); }
    const { text } = this.next();
    if (Number(text) > lastPlace) { this.problems.note('paths', `List index is not within the allowable range; index: [${text}]`); }
    return Number(text);
  }

  private isKeyword(word: string): boolean {
    return this.keywords.includes(word.toUpperCase());
  }
}
