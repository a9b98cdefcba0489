import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Moment } from './faults';
import { DynamoDBStore } from '../store/dynamodb-store';
import type { ClaimAnswer, ClaimRequest, Completion } from '../store/idempotency-store';

/** What wants to know how far a run has come; it may not come back. */
export type Watch = (moment: Moment, when: 'before' | 'after') => Promise<void>;

/** The store of a consumer, which tells how far each run has come. */
export class WatchedStore extends DynamoDBStore {
  constructor(client: DynamoDBClient, table: string, private readonly consumerId: string, private readonly watch: Watch) { super(client, table); }

  override async claim(request: ClaimRequest): Promise<ClaimAnswer> {
    const step = this.stepOf(request.key);
    if (step === undefined) { await this.watch('claim', 'before'); }
    const answer = await super.claim(request);
    if (!answer.taken) { return answer; }
    if (step !== undefined) {
      await this.watch(step, 'before');
    } else {
      await this.watch('claim', 'after');
      await this.watch('process', 'before');
    }
    return answer;
  }

  override async complete(completion: Completion): Promise<void> {
    const step = this.stepOf(completion.key);
    if (step !== undefined) {
      await this.watch(step, 'after');
      return super.complete(completion);
    }
    return watchCommit(this.watch, async () => super.complete(completion));
  }

  /** The keys of steps are the event's key with a name behind it. */
  private stepOf(key: string): Moment | undefined {
    const [, step] = key.slice(this.consumerId.length + 1).split('#');
    return step === undefined ? undefined : `step:${step}`;
  }
}

/** A commit, told as such. */
export async function watchCommit<T>(watch: Watch, commit: () => Promise<T>): Promise<T> {
  await watch('process', 'after');
  await watch('commit', 'before');
  const answer = await commit();
  await watch('commit', 'after');
  return answer;
}
