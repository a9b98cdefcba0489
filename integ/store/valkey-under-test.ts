import Valkey from 'iovalkey';
import { type RunningValkey, startValkey } from './valkey-server';
import { ValkeyStore } from '../../lambda/store/valkey-store';

/** A connection that fails at once when nobody answers. */
export const connect = (port: number) => new Valkey({ port, host: '127.0.0.1', maxRetriesPerRequest: 0, retryStrategy: () => null });

export const storeOn = (connection: Valkey) => new ValkeyStore(async (script, keys, args) => connection.eval(script, keys.length, ...keys, ...args));

/** A server, and a connection to it, for the tests of a file; both are there when the tests run. */
export function givenValkey(): { server: RunningValkey; client: Valkey } {
  const given = {} as { server: RunningValkey; client: Valkey };
  beforeAll(async () => {
    given.server = await startValkey();
    given.client = connect(given.server.port);
  });
  afterAll(async () => {
    given.client.disconnect();
    await given.server.stop();
  });
  return given;
}
