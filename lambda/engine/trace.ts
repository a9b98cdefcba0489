import type { Meta } from './processing';

/** Runs a handler inside of a trace's segment. */
export type Trace = (meta: Meta, run: () => Promise<void>) => Promise<void>;

/** As much of Powertools' `Tracer` as is needed; it is not loaded unless a handler brings it. */
export interface PowertoolsTracer {
  readonly provider: {
    captureAsyncFunc(name: string, work: (segment?: TraceSegment) => unknown): unknown;
  };
  isTracingEnabled(): boolean;
}

/** A segment of AWS X-Ray. */
export interface TraceSegment {
  addAnnotation(name: string, value: string | number | boolean): void;
  addError(error: Error | string, remote?: boolean): void;
  close(): void;
}

/** Traces each event in a subsegment of its own, which can be searched by the correlation id and the key. */
export function traceWith(tracer: PowertoolsTracer): Trace {
  return async (meta, run) => {
    if (!tracer.isTracingEnabled()) { return run(); }
    await tracer.provider.captureAsyncFunc(`## ${meta.type}`, async (segment) => {
      segment?.addAnnotation('correlationId', meta.correlationId);
      segment?.addAnnotation('key', meta.key);
      segment?.addAnnotation('attempt', meta.attempt);
      try {
        await run();
      } catch (error) {
        segment?.addError(error instanceof Error ? error : String(error), false);
        throw error;
      } finally {
        segment?.close();
      }
    });
    return undefined;
  };
}
