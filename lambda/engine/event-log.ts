import type { Logger } from '@aws-lambda-powertools/logger';

type Message = Parameters<Logger['info']>[0];
type Extra = Parameters<Logger['info']>[1][];
type Keys = Readonly<Record<string, unknown>>;

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'critical';

/**
 * The log of one event: Powertools' logger, whose every line says which event it is about. It writes what a child of the logger would write, and is made in no time.
 *
 * @see https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/
 */
export class EventLog {
  constructor(private readonly logger: Logger, private keys: Keys) {}

  /** Adds keys to all further lines. */
  appendKeys(keys: Keys): void {
    this.keys = { ...this.keys, ...keys };
  }

  /** A logger of Powertools with the same keys, for code that asks for one. */
  createLogger(): Logger {
    const child = this.logger.createChild();
    child.appendKeys({ ...this.keys });
    return child;
  }

  trace(message: Message, ...extra: Extra): void { this.write('trace', message, extra); }
  debug(message: Message, ...extra: Extra): void { this.write('debug', message, extra); }
  info(message: Message, ...extra: Extra): void { this.write('info', message, extra); }
  warn(message: Message, ...extra: Extra): void { this.write('warn', message, extra); }
  error(message: Message, ...extra: Extra): void { this.write('error', message, extra); }
  critical(message: Message, ...extra: Extra): void { this.write('critical', message, extra); }

  private write(level: Level, message: Message, extra: Extra): void {
    this.logger[level](message, this.keys as never, ...extra as never[]);
  }
}
