import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** What a consumer counts. */
export type Counted = 'Processed' | 'Duplicate' | 'Stale' | 'Poisoned' | 'Retried' | 'Misconfigured' | 'KeyReuse' | 'Parked' | 'Emitted';

/**
 * What a consumer measures, in milliseconds: `Age`, from the event's own time to when it was first seen; `ParkedAge`, how long the oldest parked event
 * has waited; `EndToEndLatency`, from sent to done; `Duration`, of the handler.
 */
export type Measured = 'Age' | 'ParkedAge' | 'EndToEndLatency' | 'Duration';

/** Powertools writes its line as soon as a metric has the 100 values that the format allows; with one less, an invocation stays one line. */
const valuesInLine = 99;

/**
 * What a consumer tells CloudWatch: one line an invocation, in the embedded metric format, under one dimension. Every further dimension would multiply
 * what is paid for; so the type of an event is not one, and Powertools' `service`, which says the same as `consumer`, is taken out.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class ConsumerMetrics {
  private readonly metrics = new Metrics({ namespace: 'EventPatterns' });
  private counts = new Map<Counted, number>();
  private measures = new Map<Measured, Sample>();

  /** The id of the consumer is the only dimension. */
  constructor(consumer: string) {
    this.metrics.clearDefaultDimensions();
    // CloudWatch takes nothing else
    this.metrics.setDefaultDimensions({ consumer: consumer.replace(/[^\x20-\x7E]/g, '?') });
  }

  /** Adds to a count. */
  count(name: Counted, n = 1): void {
    if (Number.isFinite(n) && n > 0) { this.counts.set(name, (this.counts.get(name) ?? 0) + n); }
  }

  /** Notes a time that was measured; one below zero, which only clocks that differ can make, is zero. */
  measure(name: Measured, millis: number): void {
    if (!Number.isFinite(millis)) { return; }
    const sample = this.measures.get(name) ?? new Sample();
    sample.add(Math.max(0, millis));
    this.measures.set(name, sample);
  }

  /** Writes the line, unless nothing happened. Never throws: what is done is done, whether or not anybody hears of it. */
  flush(): void {
    const { counts, measures } = this;
    if (counts.size === 0 && measures.size === 0) { return; }
    this.counts = new Map();
    this.measures = new Map();
    try {
      for (const [name, sum] of counts) { this.metrics.addMetric(name, MetricUnit.Count, sum); }
      for (const [name, sample] of measures) {
        for (const millis of sample.values()) { this.metrics.addMetric(name, MetricUnit.Milliseconds, millis); }
      }
      this.metrics.publishStoredMetrics();
    } catch {
      // the only one who could be told is the console that has just failed
    }
  }
}

/**
 * As many measured values as fit into a line: all of them, or else the maximum, which alarms look at, and of the others a fair choice, so that averages and
 * percentiles of a batch of thousands stay about right. Its number of samples and its sum do not: for how many there were, there are counts.
 */
class Sample {
  private maximum: number | undefined;
  private readonly others: number[] = [];
  private seen = 0;

  add(value: number): void {
    if (this.maximum === undefined) {
      this.maximum = value;
      return;
    }
    const other = Math.min(value, this.maximum);
    this.maximum = Math.max(value, this.maximum);
    // reservoir sampling: of n values each has stayed with the same chance, and memory is bounded
    const place = this.others.length < valuesInLine - 1 ? this.others.length : Math.floor(Math.random() * (this.seen + 1));
    if (place < valuesInLine - 1) { this.others[place] = other; }
    this.seen++;
  }

  values(): readonly number[] {
    return this.maximum === undefined ? this.others : [...this.others, this.maximum];
  }
}
