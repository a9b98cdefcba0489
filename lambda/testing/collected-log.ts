import { Logger } from '@aws-lambda-powertools/logger';
import type { ConstructorOptions } from '@aws-lambda-powertools/logger/types';

/** A line of the log, as its JSON says. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A logger that prints nothing and keeps everything. */
export class CollectedLog extends Logger {
  constructor(options: ConstructorOptions, private readonly keep: (line: LogLine) => void) { super({ logLevel: 'DEBUG', ...options }); }

  protected override createLogger(options: ConstructorOptions): CollectedLog {
    return new CollectedLog(options, this.keep);
  }

  protected override printLog(_level: number, item: { getAttributes(): Record<string, unknown> }): void {
    // Powertools may have something to say before it is all there
    this.keep?.(JSON.parse(JSON.stringify(item.getAttributes(), this.getJsonReplacer())) as LogLine);
  }
}
