import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Clients for the endpoint in `AWS_ENDPOINT_URL`, or for the account of the environment when there is none. */
export function clients() {
  return {
    sqs: new SQSClient(),
    dynamodb: new DynamoDBClient(),
    events: new EventBridgeClient(),
    kinesis: new KinesisClient(),
    lambda: new LambdaClient(),
    logs: new CloudWatchLogsClient(),
    cloudformation: new CloudFormationClient(),
  };
}

export type Clients = ReturnType<typeof clients>;
