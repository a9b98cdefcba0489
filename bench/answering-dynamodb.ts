import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/**
 * The real client before a DynamoDB that agrees to everything after some milliseconds, and counts what it is asked: what is measured is everything that a function spends
 * on a request but the network.
 */
export function answeringDynamoDB(millis: number, config: DynamoDBClientConfig = {}): { readonly client: DynamoDBClient; readonly requests: () => number } {
  let requests = 0;
  const requestHandler = {
    handle: async () => {
      requests++;
      if (millis > 0) { await pause(millis); }
      return { response: { statusCode: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Buffer.from('{}') } };
    },
  };
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  return { client: new DynamoDBClient({ ...config, region: 'eu-west-1', credentials, requestHandler: requestHandler as never }), requests: () => requests };
}
