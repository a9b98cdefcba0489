import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Clients for an endpoint. Failures are what is tested here, so none is tried again. */
export function clientsOf(endpoint = process.env.AWS_ENDPOINT_URL) {
  // these tests are about the emulator; a real account has nothing to do with them
  if (!endpoint) { throw new Error('AWS_ENDPOINT_URL is not set: run these tests by the task test:integ'); }
  const configuration = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, maxAttempts: 1 };
  return {
    cloudformation: new CloudFormationClient(configuration),
    events: new EventBridgeClient(configuration),
    lambda: new LambdaClient(configuration),
    logs: new CloudWatchLogsClient(configuration),
    sqs: new SQSClient(configuration),
  };
}

export type Clients = ReturnType<typeof clientsOf>;
