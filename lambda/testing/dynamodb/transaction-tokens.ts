import { parameterMismatch } from './refusals';

const remembered = 10 * 60_000; // milliseconds, from when the first request has succeeded

/** Which transactions have been committed under which `ClientRequestToken`. */
export class TransactionTokens {
  private readonly committed = new Map<string, { readonly request: string; readonly at: number }>();

  /** Whether this very request was committed under its token a short time ago. Refuses another request with the same token. */
  knows(token: string | undefined, request: unknown): boolean {
    const found = token === undefined ? undefined : this.committed.get(token);
    if (!found || Date.now() - found.at >= remembered) { return false; }
    if (found.request !== spelled(request)) { throw parameterMismatch(); }
    return true;
  }

  remember(token: string | undefined, request: unknown): void {
    if (token !== undefined) { this.committed.set(token, { request: spelled(request), at: Date.now() }); }
  }
}

/** One text for the same request, in whatever order its properties stand. */
function spelled(request: unknown): string {
  return JSON.stringify(request, (_name, value: unknown) => value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
    : value);
}
