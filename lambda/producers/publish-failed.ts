/** An event that was not accepted, and why. */
export interface Unpublished {
  /** Its place among the events that were given. */
  readonly index: number;
  readonly type: string;
  /** Undefined when the event is none: its schema refuses it, or it has no key. */
  readonly id: string | undefined;
  /** What the service calls it; `NotSent` when the event itself was not at fault. */
  readonly code: string;
  /** Says nothing of what the event holds. */
  readonly message: string;
}

/** The code of an event that was held back because of another one. */
export const notSent = 'NotSent';

const mostNamed = 5;

/** Some events were not accepted. Those named in `failed` may be given again, in that order; all others have arrived. */
export class PublishFailed extends Error {
  /** Every event that was never accepted, in the order given. */
  readonly failed: readonly Unpublished[];

  /** How many events were accepted. */
  readonly accepted: number;

  /** Set when nothing but a busy service was in the way: by it consumers and the SDK know what passes by itself. */
  readonly $retryable: { readonly throttling: boolean } | undefined;

  constructor(failed: readonly Unpublished[], options: { readonly accepted: number; readonly passing: boolean }) {
    super(`${failed.length} of ${failed.length + options.accepted} events were not accepted: ${named(failed)}`);
    this.name = 'PublishFailed';
    this.failed = failed;
    this.accepted = options.accepted;
    this.$retryable = options.passing ? { throttling: false } : undefined;
  }
}

function named(failed: readonly Unpublished[]): string {
  const guilty = failed.filter(({ code }) => code !== notSent);
  const more = guilty.length > mostNamed ? [`and ${guilty.length - mostNamed} more`] : [];
  return [...guilty.slice(0, mostNamed).map(({ index, type, code, message }) => `[${index}] ${type}: ${code}: ${message}`), ...more].join('; ');
}
