import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { IQueue } from 'aws-cdk-lib/aws-sqs';

/** Lets `grantee` send to a queue, and nothing else. */
export function grantSend(queue: IQueue, grantee: IGrantable, encryptionKey?: IKey): Grant {
  const send = Grant.addToPrincipalOrResource({ grantee, actions: ['sqs:SendMessage'], resourceArns: [queue.queueArn], resource: queue });
  // encrypting a message asks for both
  return encryptionKey ? send.combine(encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey')) : send;
}
