import type { LogLine } from './collected-log';

/** How an invocation of the function ended, and what it has written to its log. */
export type Invocation = { readonly log: readonly LogLine[] } & (
  | { readonly kind: 'answered'; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'died' });

/** Invokes the function. */
export type Invoke = (event: unknown, requestId?: string) => Promise<Invocation>;

/** How a source hands out what it has. */
export interface Handing {
  /** Whether everything comes in one batch, not in one batch each. */
  readonly together: boolean;
  /** Whether the function is invoked for the next batch before the last one is answered. */
  readonly sideBySide: boolean;
}

/** What a source needs of the world. */
export interface SourceParts {
  readonly invoke: Invoke;
  readonly now: () => number;
  readonly advance: (millis: number) => void;
  /** Sets aside what the function will not be tried with again. */
  readonly giveUp: (body: string, why: string) => void;
}

/** Why the last try of something failed, in one line. */
export function failureOf(invocation: Invocation): string {
  if (invocation.kind === 'failed') { return String(invocation.error); }
  return invocation.kind === 'died' ? 'the function died' : 'it was not handled';
}
