import pWaitFor from 'p-wait-for';

/** Waits until `look` stops throwing, and gives what it saw; at the deadline it fails with what was wrong last. */
export async function eventually<T>(look: () => Promise<T>, timeoutMillis = 60_000): Promise<T> {
  let seen: { readonly value: T } | undefined;
  let wrong: unknown;
  try {
    await pWaitFor(async () => {
      try {
        seen = { value: await look() };
        return true;
      } catch (error) {
        wrong = error;
        return false;
      }
    }, { interval: 200, timeout: timeoutMillis });
  } catch {
    throw wrong;
  }
  return seen!.value;
}
