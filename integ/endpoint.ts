import { awsVariables, namedEndpoint } from './localstack/endpoint';
import { startLocalStack } from './localstack/localstack';

/** Where this program deploys to. */
export interface Endpoint {
  readonly url: string;
  /** Whether this program has started what answers there. */
  readonly ours: boolean;
  /** Ends what this program has started. */
  stop(): Promise<void>;
}

/** The endpoint in `AWS_ENDPOINT_URL`, or a LocalStack started for this program; from here on every AWS client of the process talks to it. */
export async function obtainEndpoint(onProgress?: (line: string) => void): Promise<Endpoint> {
  const named = await namedEndpoint();
  if (named) {
    // the user's own credentials and region stand
    Object.assign(process.env, { ...awsVariables(named), ...process.env });
    return { url: named, ours: false, stop: async () => {} };
  }
  const localstack = await startLocalStack({ onProgress });
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_DEFAULT_REGION']) { delete process.env[name]; }
  Object.assign(process.env, awsVariables(localstack.endpoint));
  return { url: localstack.endpoint, ours: true, stop: () => localstack.stop() };
}
