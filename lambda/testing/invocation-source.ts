import { failureOf, type Handing, type SourceParts } from './source';

/** What the function is invoked with, and what is kept of it when it is given up. */
export interface Payload {
  readonly requestId: string;
  readonly event: unknown;
  readonly body: string;
}

interface Queued extends Payload {
  tries: number;
  dueAt: number;
}

const pauses = [60_000, 120_000]; // milliseconds before Lambda tries for the second and the third time

/** Asynchronous invocations of a function, one event each, with Lambda's own two retries, in virtual time. */
export class InvocationSource {
  constructor(private readonly parts: SourceParts) {}

  async drain(payloads: readonly Payload[], { together, sideBySide }: Handing): Promise<void> {
    if (together) { throw new TypeError('together: Lambda invokes this function with one event at a time'); }
    const queued: Queued[] = payloads.map((payload) => ({ ...payload, tries: 0, dueAt: this.parts.now() }));
    while (queued.length > 0) {
      const due = queued.filter(({ dueAt }) => dueAt <= this.parts.now());
      if (due.length === 0) { this.parts.advance(Math.min(...queued.map(({ dueAt }) => dueAt)) - this.parts.now()); }
      const over = (await Promise.all(due.slice(0, sideBySide ? undefined : 1).map(async (one) => await this.isOver(one) ? [one] : []))).flat();
      for (const one of over) { queued.splice(queued.indexOf(one), 1); }
    }
  }

  private async isOver(one: Queued): Promise<boolean> {
    const invocation = await this.parts.invoke(one.event, one.requestId);
    if (invocation.kind === 'answered') { return true; }
    const pause = pauses[one.tries++];
    if (pause === undefined) {
      this.parts.giveUp(one.body, `Lambda had tried it ${one.tries} times: ${failureOf(invocation)}`);
      return true;
    }
    one.dueAt = this.parts.now() + pause;
    return false;
  }
}
