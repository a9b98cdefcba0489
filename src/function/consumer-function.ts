import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Runtime, RuntimeFamily, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { checkBefore, lasting, within } from '../private/check';
import { CONSUMER_VARIABLE } from '../private/consumer-variable';

/** Properties of a `ConsumerFunction`. */
export interface ConsumerFunctionProps {
  /**
   * The TypeScript or JavaScript file that exports the handler: an absolute path, or one below the directory where the app is synthesized.
   */
  readonly entry: string;

  /**
   * The name under which `entry` exports the handler.
   * @default 'handler'
   */
  readonly handler?: string;

  /**
   * How long one invocation may take, between 1 second and 15 minutes. The visibility timeout of the queue follows it.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
   * @default Duration.seconds(30)
   */
  readonly timeout?: Duration;

  /**
   * The memory of the function in MiB, between 128 and 10240; its share of a processor grows with it.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * Variables that the handler reads. What the handler must know of its queue is added by the queue.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
   * @default - none but those of the queue
   */
  readonly environment?: { [name: string]: string };

  /**
   * What the function is for, as the console shows it.
   * @default - no description
   */
  readonly description?: string;

  /**
   * The Node.js that runs the handler.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
   * @default - the newest long-term-support release that the installed `aws-cdk-lib` knows
   */
  readonly runtime?: Runtime;

  /**
   * Whether AWS X-Ray traces the invocations.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
   * @default Tracing.ACTIVE
   */
  readonly tracing?: Tracing;

  /**
   * How long log lines are kept. The log group itself stays when the stack is deleted: it may be the only witness of what happened to a message.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;

  /**
   * The key that encrypts the environment variables and the log lines.
   *
   * The permission of CloudWatch Logs is added to the policy of a key of this app; an imported key must have it already.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
   * @default - encrypted with keys that AWS owns
   */
  readonly encryptionKey?: IKey;

  /**
   * The lock file of the package manager, when it does not lie in the working directory or above it.
   * @default - the one that is found by going up from the working directory
   */
  readonly depsLockFilePath?: string;

  /**
   * The directory that holds `entry` and everything that it imports.
   * @default - the directory of the lock file
   */
  readonly projectRoot?: string;
}

/**
 * A Node.js function that is bundled and configured the way our handlers need it.
 *
 * The handler and all that it imports, the AWS SDK included, become one file, made with the `esbuild` that your project has installed. The SDK takes its credentials
 * from the environment, where Lambda puts them, and from nowhere else. The function has
 * a role of its own that may write its own log group and its traces, and nothing else until a queue or a grant adds to it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 *
 * @example
 * import { ConsumerFunction, PointToPointQueue } from 'cdk-event-patterns';
 *
 * const reserve = new ConsumerFunction(this, 'Reserve', { entry: 'functions/reserve.ts', timeout: Duration.seconds(10) });
 *
 * new PointToPointQueue(this, 'Reservations', { consumer: reserve });
 */
export class ConsumerFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: ConsumerFunctionProps) {
    checkBefore(scope, id, 'ConsumerFunction', problems(props));
    // beside the function: both must be there before it is
    const logGroup = new LogGroup(scope, `${id}Logs`, { retention: props.logRetention ?? RetentionDays.THREE_MONTHS, encryptionKey: props.encryptionKey });
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    allowLogs(logGroup, role, props.encryptionKey);

    super(scope, id, {
      entry: props.entry,
      handler: props.handler,
      timeout: props.timeout ?? Duration.seconds(30),
      memorySize: props.memorySize ?? 512,
      environment: props.environment,
      environmentEncryption: props.encryptionKey,
      description: props.description,
      runtime: props.runtime ?? newestRuntime(),
      architecture: Architecture.ARM_64,
      tracing: props.tracing ?? Tracing.ACTIVE,
      role,
      logGroup,
      depsLockFilePath: props.depsLockFilePath,
      projectRoot: props.projectRoot,
      bundling: {
        // the SDK as tested, not the one that happens to be in the runtime
        externalModules: [],
        mainFields: ['module', 'main'],
        minify: true,
        // stack traces keep the names of functions; source maps would cost a quarter more of start-up time
        keepNames: true,
        logLevel: LogLevel.WARNING,
        esbuildArgs: { '--alias:@aws-sdk/credential-provider-node': environmentCredentials() },
      },
    });
  }
}

/** The module that stands in for the SDK's chain of credential providers: Lambda has them in the environment. */
function environmentCredentials(): string {
  // compiled, it lies beside this folder; as source, beside `src`
  const candidates = [join(__dirname, '..', 'lambda', 'environment-credentials.js'), join(__dirname, '..', '..', 'lambda', 'environment-credentials.ts')];
  return candidates.find((candidate) => existsSync(candidate)) ?? candidates[0]!;
}

function problems(props: ConsumerFunctionProps): (string | undefined)[] {
  return [
    existsSync(props.entry) ? undefined : `entry is '${props.entry}', which is not there; set it to the file that exports the handler`,
    lasting('timeout', props.timeout, Duration.seconds(1), Duration.minutes(15)),
    within('memorySize', props.memorySize, 128, 10_240),
    CONSUMER_VARIABLE in (props.environment ?? {}) ? `environment sets ${CONSUMER_VARIABLE}, which the queue of the function writes; leave it out` : undefined,
    props.runtime && props.runtime.family !== RuntimeFamily.NODEJS ? `runtime is ${props.runtime.name}, set it to one of Node.js` : undefined,
  ];
}

/** The newest even Node.js: odd ones are no long-term-support releases. */
function newestRuntime(): Runtime {
  const major = (runtime: Runtime) => Number(/^nodejs(\d+)\.x$/.exec(runtime.name)?.[1] ?? 1);
  return Runtime.ALL.filter((runtime) => major(runtime) % 2 === 0).reduce((newest, runtime) => major(runtime) > major(newest) ? runtime : newest);
}

function allowLogs(logGroup: LogGroup, role: IRole, key?: IKey) {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }));
  if (!key) { return; }
  key.grant(role, 'kms:Decrypt');
  const stack = Stack.of(logGroup);
  key.addToResourcePolicy(new PolicyStatement({
    principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
    actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
    resources: ['*'],
    conditions: {
      ArnLike: { 'kms:EncryptionContext:aws:logs:arn': stack.formatArn({ service: 'logs', resource: 'log-group', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME }) },
    },
  }));
}
