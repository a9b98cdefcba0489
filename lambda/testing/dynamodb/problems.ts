import { invalid } from './refusals';

/** In the order in which the service looks for them. */
const kinds = ['parentheses', 'function', 'use', 'reserved word', 'clause', 'undefined', 'operands', 'paths'] as const;

/** What is wrong with an expression that can be read: the service names one thing, and not always the first. */
export class Problems {
  private readonly found = new Map<typeof kinds[number], string>();

  note(kind: typeof kinds[number], message: string): void {
    if (!this.found.has(kind)) { this.found.set(kind, message); }
  }

  refuse(what: string): void {
    const first = kinds.find((kind) => this.found.has(kind));
    if (first) { throw invalid(`Invalid ${what}: ${this.found.get(first)}`); }
  }
}
