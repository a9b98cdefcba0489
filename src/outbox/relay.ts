import { Duration, Stack } from 'aws-cdk-lib';
import { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, IFunction, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { OutboxRelayFunction } from '../private/outbox-relay-function';

/** The function that publishes what waits in an outbox. */
export function relayFunction(
  scope: Construct, props: { readonly bus: IEventBus; readonly deadLetterQueue: IQueue; readonly encryptionKey?: IKey },
): IFunction {
  const logGroup = new LogGroup(scope, 'RelayLogs', { retention: RetentionDays.THREE_MONTHS });
  const role = new Role(scope, 'RelayRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }));
  return new OutboxRelayFunction(scope, 'Relay', {
    role,
    logGroup,
    timeout: Duration.minutes(1),
    memorySize: 512,
    architecture: Architecture.ARM_64,
    tracing: Tracing.ACTIVE,
    deadLetterQueue: props.deadLetterQueue,
    environmentEncryption: props.encryptionKey,
    environment: {
      EVENT_PATTERNS_RELAY: Stack.of(scope).toJsonString({
        v: 1, construct: scope.node.path, bus: props.bus.eventBusArn, deadLetterQueue: props.deadLetterQueue.queueUrl,
      }),
    },
  });
}
