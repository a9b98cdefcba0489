import { App, CfnElement, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, type FunctionProps, Runtime } from 'aws-cdk-lib/aws-lambda';
import { FLAGS } from 'aws-cdk-lib/cx-api';
import type { IConstruct } from 'constructs';

// the CDK's own validation takes seconds to start; `conformance/nag.test.ts` turns it on again
process.env.CDK_VALIDATION ??= 'false';

type Context = Record<string, unknown>;

// a flag that the CDK has retired can no longer be set to anything
const settable = Object.entries(FLAGS).filter(([, flag]) => flag.introducedIn.v2 !== undefined);

/** What `cdk init` writes today. */
export const flagsOn: Context = Object.fromEntries(settable.map(([name, flag]) => [name, flag.recommendedValue]));

/** What an app that is years old has. */
export const flagsOff: Context = Object.fromEntries(settable.filter(([, flag]) => typeof flag.recommendedValue === 'boolean').map(([name]) => [name, false]));

/** A stack called `Shop`. */
export function givenStack(context: Context = {}, props: StackProps = {}): Stack {
  return new Stack(new App({ context, analyticsReporting: false }), 'Shop', props);
}

/** A function that needs no bundling. */
export function givenFunction(stack: Stack, id = 'Consumer', props: Partial<FunctionProps> = {}): LambdaFunction {
  return new LambdaFunction(stack, id, { code: Code.fromInline('exports.handler = async () => {}'), handler: 'index.handler', runtime: Runtime.NODEJS_22_X, ...props });
}

/** A stack and a function in it. */
export function givenConsumer(props: Partial<FunctionProps> = {}, context: Context = {}) {
  const stack = givenStack(context);
  return { stack, consumer: givenFunction(stack, 'Consumer', props) };
}

export interface Resource {
  readonly Type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a template holds anything
  readonly Properties: any;
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** The resources of a stack; fails when they depend on each other in a circle. */
export function resources(stack: Stack): Record<string, Resource> {
  return Template.fromStack(stack).toJSON().Resources;
}

/** The resource that a construct has become. */
export function rendered(construct: IConstruct): Resource {
  return resources(Stack.of(construct))[logicalId(construct)]!;
}

export function logicalId(construct: IConstruct): string {
  return Stack.of(construct).resolve((construct.node.defaultChild as CfnElement).logicalId);
}

export interface Statement {
  readonly Action: string[];
  readonly Resource: unknown[];
  readonly Condition?: unknown;
}

/** What the role of a function may do, one statement after the other. */
export function permissions(of: LambdaFunction): Statement[] {
  const role = logicalId(of.role!);
  return Object.values(resources(Stack.of(of.role!)))
    .filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && Properties.Roles.some((each: { Ref: string }) => each.Ref === role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .map((statement) => ({ ...statement, Action: [statement.Action].flat(), Resource: [statement.Resource].flat() }));
}

/** The actions that are allowed on one resource. */
export function allowed(statements: readonly Statement[], resource: unknown): string[] {
  const same = (other: unknown) => JSON.stringify(other) === JSON.stringify(resource);
  return statements.filter((statement) => [statement.Resource].flat().some(same)).flatMap((statement) => statement.Action).sort();
}

/** What a function is told of its queue; a reference to a resource reads as its JSON. */
export function told(consumer: LambdaFunction | Resource) {
  const { Variables } = ('Properties' in consumer ? consumer : rendered(consumer)).Properties.Environment;
  const text = Variables.EVENT_PATTERNS_CONSUMER;
  const parts: unknown[] = typeof text === 'string' ? [text] : text['Fn::Join'][1];
  return JSON.parse(parts.map((part) => typeof part === 'string' ? part : JSON.stringify(JSON.stringify(part)).slice(1, -1)).join(''));
}

/** The message of the error that `act` throws. */
export function messageOf(act: () => unknown): string {
  try { act(); } catch (error) { return (error as Error).message; }
  throw new Error('nothing was thrown');
}
