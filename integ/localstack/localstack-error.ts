/** Something that the user can cure: its message is one line with the remedy, and no stack is worth showing. */
export class LocalStackError extends Error {
  public override readonly name = 'LocalStackError';
}
