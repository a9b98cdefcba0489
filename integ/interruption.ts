/** Somebody has told this program to end. */
export class Interrupted extends Error {
  constructor(readonly exitCode: number) {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Aborts with `Interrupted` at a signal, or when the program that started this one is gone and nobody waits any more. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, exitCode] of Object.entries(signals)) { process.on(signal, () => controller.abort(new Interrupted(exitCode))); }
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) { controller.abort(new Interrupted(signals.SIGHUP)); } }, 500).unref();
  return controller.signal;
}

/** Waits for the work, or fails as soon as the signal aborts. */
export async function unlessInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return Promise.race([work, new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Interrupted), { once: true });
  })]);
}
