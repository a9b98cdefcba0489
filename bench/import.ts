import { compiledPackage } from './compiled-package';
import { figure } from './figure';
import { freshProcess, inTurns } from './in-turns';

/** The classes that an app uses to make the same resources by itself. aws-cdk-lib loads a class when it is first named, so an import alone tells nothing. */
const classes = {
  'aws-cdk-lib': ['App', 'Stack', 'Duration', 'RemovalPolicy'],
  'aws-cdk-lib/aws-dynamodb': ['Table'],
  'aws-cdk-lib/aws-iam': ['Role', 'PolicyStatement', 'Grant'],
  'aws-cdk-lib/aws-lambda': ['EventSourceMapping', 'Runtime'],
  'aws-cdk-lib/aws-lambda-nodejs': ['NodejsFunction'],
  'aws-cdk-lib/aws-logs': ['LogGroup'],
  'aws-cdk-lib/aws-sqs': ['Queue', 'CfnQueue'],
};

const load = (module: string, names: readonly string[]) => `{ const loaded = require(${JSON.stringify(module)}); ${names.map((name) => `loaded.${name}`).join('; ')} }`;

/** The time to import the constructs and aws-cdk-lib, over aws-cdk-lib alone. */
export async function measureImport() {
  const alone = Object.entries(classes).map(([module, names]) => load(module, names)).join('; ');
  const withOurs = `${alone}; ${load(compiledPackage, ['PointToPointQueue', 'ConsumerFunction'])}`;
  return figure('import', 'ms', 'aws-cdk-lib alone, with the classes for the same resources', await inTurns(41, async () => freshProcess(withOurs), async () => freshProcess(alone)));
}
