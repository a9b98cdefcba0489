/** One execution environment of a Lambda function. It can die: then nothing that it waits for comes back, and its timers never fire. */
export class Execution {
  private dead = false;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly death: Promise<'died'>;
  private tell!: (death: 'died') => void;

  /** @param isOver Whether the function's time is up. */
  constructor(private readonly isOver: () => boolean) {
    this.death = new Promise((resolve) => { this.tell = resolve; });
  }

  /** Kills the function; whoever waits for this waits forever. */
  async die(): Promise<never> {
    this.dead = true;
    this.timers.forEach((timer) => clearTimeout(timer));
    this.tell('died');
    return new Promise<never>(() => {});
  }

  /** Makes calls to services end with the function. */
  readonly goOn = async (): Promise<void> => {
    if (this.dead || this.isOver()) { await this.die(); }
  };

  readonly onTimer = (timer: NodeJS.Timeout): void => {
    if (this.dead) { clearTimeout(timer); } else { this.timers.add(timer); }
  };

  /** Waits for work that ends with the function. */
  async live<T>(work: Promise<T>): Promise<T | 'died'> {
    work.catch(() => {}); // a dead function tells nobody
    return Promise.race([work, this.death]);
  }
}
