import type { ClaimAnswer, ClaimRequest, Completion, IdempotencyStore, KnownEvent } from './idempotency-store';
import { ClaimLost, EnvironmentError, Poison } from '../errors';

/** Has the server evaluate a Lua script, and gives back what it answers. */
export type RunScript = (script: string, keys: readonly string[], args: readonly string[]) => Promise<unknown>;

const askedAtOnce = 100; // valkey-glide refuses more than a thousand open questions

/** A refused claim answers with all that is known. Our own claim may come twice, when its first answer was lost. */
const claim = `
local status, owner, fingerprint, lease, attempts = unpack(redis.call('HMGET', KEYS[1], 'status', 'owner', 'fingerprint', 'leaseUntil', 'attempts'))
if status == 'INPROGRESS' and owner == ARGV[1] then return {'taken', attempts} end
if status and (status ~= 'INPROGRESS' or fingerprint ~= ARGV[2] or tonumber(lease) >= tonumber(ARGV[7])) then
  return {'held', unpack(redis.call('HGETALL', KEYS[1]))}
end
redis.call('HSET', KEYS[1], 'status', 'INPROGRESS', 'owner', ARGV[1], 'fingerprint', ARGV[2], 'leaseUntil', ARGV[3], 'expiresAt', ARGV[4], 'alone', ARGV[5])
attempts = redis.call('HINCRBY', KEYS[1], 'attempts', ARGV[6])
redis.call('PEXPIREAT', KEYS[1], ARGV[4])
return {'taken', tostring(attempts)}`;

/** The owner stays in the record, so that a retry after a lost answer finds its own completion and is content. */
const complete = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return {'lost'} end
redis.call('HDEL', KEYS[1], 'leaseUntil', 'attempts', 'alone')
redis.call('HSET', KEYS[1], 'status', 'COMPLETED', 'expiresAt', ARGV[2])
if ARGV[3] then redis.call('HSET', KEYS[1], 'result', ARGV[3]) end
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
return {'done'}`;

const release = `
local status, owner = unpack(redis.call('HMGET', KEYS[1], 'status', 'owner'))
if status ~= 'INPROGRESS' or owner ~= ARGV[1] then return {'kept'} end
redis.call('HDEL', KEYS[1], 'owner')
redis.call('HSET', KEYS[1], 'leaseUntil', '0')
redis.call('HINCRBY', KEYS[1], 'attempts', ARGV[2])
return {'released'}`;

const forget = `
local status, lease = unpack(redis.call('HMGET', KEYS[1], 'status', 'leaseUntil'))
if status ~= 'INPROGRESS' or tonumber(lease) >= tonumber(ARGV[1]) then return {'kept'} end
redis.call('DEL', KEYS[1])
return {'forgotten'}`;

const lookUp = 'return redis.call(\'HGETALL\', KEYS[1])';

/**
 * Remembers finished work in Valkey or Redis, alone or as a cluster, for handlers whose effects are outside DynamoDB. Each operation is one script on one key.
 *
 * ```ts
 * // iovalkey, ioredis; by default they wait ten seconds for a server that is away, and without end for one that is silent:
 * // set `maxRetriesPerRequest` and `commandTimeout`
 * new ValkeyStore((script, keys, args) => client.eval(script, keys.length, ...keys, ...args));
 *
 * // node-redis
 * new ValkeyStore((script, keys, args) => client.eval(script, { keys: [...keys], arguments: [...args] }));
 *
 * // valkey-glide; its scripts are to be made once, they live until they are released
 * const scripts = new Map<string, Script>();
 * new ValkeyStore((code, keys, args) => {
 *   const script = scripts.get(code) ?? new Script(code);
 *   scripts.set(code, script);
 *   return client.invokeScript(script, { keys: [...keys], args: [...args] });
 * });
 * ```
 *
 * What it does not promise:
 *
 * - No transaction. A run that dies between its effect and its completion is tried again, and the effect happens again; so does that of a run that
 *   outlives its lease. Only a handler whose writes commit with the memory, in DynamoDB, does its work exactly once.
 * - No better memory than the server has. Replicas learn late, so a failover may forget what was claimed or completed just before; without an
 *   append-only file a restart forgets everything, with one that is synced each second up to a second; an eviction policy other than `noeviction`
 *   forgets what it likes. What is forgotten runs again when it is delivered again. (MemoryDB forgets nothing that it has answered.)
 * - No clock of its own for leases: the functions compare their own times. Only the end of a memory is by the server's clock.
 */
export class ValkeyStore implements IdempotencyStore {
  constructor(private readonly run: RunScript) {}

  async claim(request: ClaimRequest): Promise<ClaimAnswer> {
    // a key that was given back has the lease 0
    const overBefore = request.takesOver ? Date.now() : 1;
    const [outcome, ...rest] = await this.ask(claim, request.key, [
      request.owner, request.fingerprint, request.leaseUntil, request.expiresAt, Number(request.alone), request.replaces ? 0 : 1, overBefore,
    ]);
    return outcome === 'taken' ? { taken: true, attempt: Math.max(1, Number(rest[0])) } : { taken: false, known: knownEventFrom(rest) };
  }

  async complete({ key, owner, expiresAt, writes, result, place, parked }: Completion): Promise<void> {
    if (writes.length > 0 || place || parked !== undefined) {
      // trying again would only repeat the effects outside
      throw new Poison(`Valkey cannot commit ${writes.length > 0 ? 'writes' : 'an order of events'} together with the memory that an event is done: `
        + 'remember events in DynamoDB (the default), or leave what needs a transaction out of this handler', { reason: 'NoTransaction' });
    }
    const [outcome] = await this.ask(complete, key, [owner, expiresAt, ...(result === undefined ? [] : [result])]);
    if (outcome !== 'done') { throw new ClaimLost(key); }
  }

  async release(key: string, owner: string, refund: boolean): Promise<void> {
    await this.ask(release, key, [owner, refund ? -1 : 0]);
  }

  async forget(key: string): Promise<void> {
    await this.ask(forget, key, [Date.now()]);
  }

  /** Asks for each key by itself, since the keys of a cluster live in different places; a hundred questions leave together. */
  async lookUp(keys: readonly string[]): Promise<ReadonlyMap<string, KnownEvent>> {
    const found = new Map<string, KnownEvent>();
    for (let start = 0; start < keys.length; start += askedAtOnce) {
      const asked = keys.slice(start, start + askedAtOnce);
      const answers = await Promise.all(asked.map(async (key) => this.ask(lookUp, key, [])));
      answers.forEach((fields, index) => { if (fields.length > 0) { found.set(asked[index]!, knownEventFrom(fields)); } });
    }
    return found;
  }

  /** All scripts answer with a list of texts: about those the protocol's versions and the clients agree. */
  private async ask(script: string, key: string, args: readonly (string | number)[]): Promise<readonly string[]> {
    const answer = await this.run(script, [key], args.map(String));
    if (!Array.isArray(answer)) {
      const found = answer === null ? 'null' : typeof answer;
      throw new EnvironmentError(`the function given to ValkeyStore must give back what the script answers, a list; it gave ${found}`);
    }
    return answer.map(String);
  }
}

/** A hash comes as its names and values in turn. */
function knownEventFrom(fields: readonly string[]): KnownEvent {
  const { status, expiresAt, leaseUntil, attempts, alone, fingerprint, result } = Object.fromEntries(
    fields.flatMap((name, index) => index % 2 === 0 ? [[name, fields[index + 1]]] : []),
  ) as Readonly<Record<string, string | undefined>>;
  return {
    kind: 'event',
    status: status === 'COMPLETED' ? 'COMPLETED' : 'INPROGRESS',
    expiresAt: Number(expiresAt),
    leaseUntil: Number(leaseUntil ?? 0),
    attempts: Number(attempts ?? 0),
    alone: alone === '1',
    fingerprint: fingerprint ?? '',
    ...(result === undefined ? {} : { result }),
  };
}
