/**
 * Says that a message can never be handled: it goes to the dead-letter queue now, with this as the reason.
 *
 * Every other error means "try again".
 */
export class Poison extends Error {
  /** A short, stable name for the reason, for people to search and count by. */
  readonly reason: string;

  constructor(message: string, options: { readonly reason?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Poison';
    this.reason = options.reason ?? 'Poison';
  }
}

/** A message that its schema refuses. What the schema says goes onto the letter, which holds the payload anyway, and not into the log. */
export class Unreadable extends Poison {
  readonly loggable: string;

  constructor(message: string, options: { readonly reason: string; readonly loggable: string }) {
    super(message, options);
    this.loggable = options.loggable;
  }
}

/** A variable that our construct sets is missing or not readable: the function cannot work at all. */
export class EnvironmentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EnvironmentError';
  }
}

/** The condition of one of the handler's own writes was not met: nothing of its transaction was written. */
export class WriteRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WriteRefused';
  }
}

/** Says that a message is to be tried again later; that is no try. */
export class RetryLater extends Error {
  /** Seconds until the next try; undefined leaves it to the consumer's own pauses. Only queues can wait. */
  readonly after: number | undefined;

  constructor(message: string, options: { readonly after?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RetryLater';
    this.after = options.after;
  }
}

/** Another run took the message over: whatever this run still wanted to write was not written. */
export class ClaimLost extends Error {
  constructor(key: string) {
    super(`another run has taken over ${key}`);
    this.name = 'ClaimLost';
  }
}

/** The claim took all the time that was left: nothing of the handler ran. */
export class NotBegun extends Error {
  constructor() {
    super('there was no time left to begin');
    this.name = 'NotBegun';
  }
}

/** The handler did not finish before the function's time was up; its message goes back to the queue. */
export class DeadlineReached extends Error {
  constructor() {
    super('the handler did not finish before the function\'s time was up');
    this.name = 'DeadlineReached';
  }
}

/** The event is of a newer version than this deployment of the consumer knows: it waits for the next deployment. */
export class NewerVersion extends Error {
  constructor(type: string, version: number, newest: number) {
    super(`${type} version ${version} is newer than the version ${newest} that this consumer knows: deploy a consumer that knows it`);
    this.name = 'NewerVersion';
  }
}

/** What an error says; a thrown non-error says itself. */
export function messageOf(error: unknown): string {
  try {
    return error && typeof error === 'object' && 'message' in error ? String(error.message) : String(error);
  } catch {
    return 'an error that does not say what it is'; // an object without a prototype has no text
  }
}
