import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DocumentPath } from './document-path';

export interface PathOperand {
  readonly kind: 'path';
  readonly path: DocumentPath;
}

export interface ValueOperand {
  readonly kind: 'value';
  readonly value: AttributeValue;
}

export interface FunctionCall {
  readonly kind: 'function';
  readonly name: string;
  readonly operands: readonly Operand[];
}

export type Operand = PathOperand | ValueOperand | FunctionCall;

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export interface Comparison {
  readonly kind: 'compare';
  readonly operator: Comparator;
  readonly left: Operand;
  readonly right: Operand;
}

export interface Between {
  readonly kind: 'between';
  readonly operand: Operand;
  readonly lower: Operand;
  readonly upper: Operand;
}

export interface Membership {
  readonly kind: 'in';
  readonly operand: Operand;
  readonly choices: readonly Operand[];
}

export interface Junction {
  readonly kind: 'and' | 'or';
  readonly parts: readonly Condition[];
}

export interface Negation {
  readonly kind: 'not';
  readonly part: Condition;
}

export type Condition = Comparison | Between | Membership | Junction | Negation | FunctionCall;

export interface Arithmetic {
  readonly kind: 'arithmetic';
  readonly operator: '+' | '-';
  readonly left: Operand;
  readonly right: Operand;
}

export type UpdateAction =
  | { readonly clause: 'SET'; readonly path: DocumentPath; readonly operand: Operand | Arithmetic }
  | { readonly clause: 'REMOVE'; readonly path: DocumentPath }
  | { readonly clause: 'ADD' | 'DELETE'; readonly path: DocumentPath; readonly value: AttributeValue };
