import { LocalStackError } from './localstack-error';

/** What the AWS clients need to reach an emulator: where, and credentials that nobody checks. */
export function awsVariables(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
}

/** The endpoint that the user has named, once it has answered; undefined when none is named, so one has to be started. */
export async function namedEndpoint(variables: NodeJS.ProcessEnv = process.env, milliseconds = 5_000): Promise<string | undefined> {
  const endpoint = variables.AWS_ENDPOINT_URL;
  if (!endpoint) { return undefined; }
  if (!URL.canParse(endpoint)) { throw new LocalStackError(`AWS_ENDPOINT_URL is "${endpoint}", which is no URL: give one such as http://localhost:4566, or unset it to have LocalStack started`); }
  if (!await answers(endpoint, milliseconds)) {
    throw new LocalStackError(`AWS_ENDPOINT_URL is ${endpoint}, but nothing answers there as AWS does: start what it names, or unset it to have LocalStack started`);
  }
  return endpoint;
}

/** Whether a real call of a service succeeds there; bare, since loading a client would take longer than asking. */
export async function answers(endpoint: string, milliseconds = 5_000): Promise<boolean> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'authorization': 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=none',
      },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
      signal: AbortSignal.timeout(milliseconds),
    });
    return response.ok && (await response.text()).includes('GetCallerIdentityResult');
  } catch {
    return false;
  }
}
