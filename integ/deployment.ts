import { BootstrapEnvironments, type IIoHost, StackSelectionStrategy, Toolkit } from '@aws-cdk/toolkit-lib';
import { type App, CfnResource, RemovalPolicies, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { clients } from './clients';
import { failOnPretended } from './localstack/pretended';

/** A line of progress, in the toolkit's words. */
export type Progress = (line: string) => void;

/** Where everything is deployed to. */
export const environment = { account: process.env.CDK_DEFAULT_ACCOUNT ?? '000000000000', region: process.env.AWS_REGION ?? 'us-east-1' };

/** Prepares the environment for deployments; does nothing where that has been done. */
export async function bootstrap(progress?: Progress): Promise<void> {
  await toolkit(progress).bootstrap(BootstrapEnvironments.fromList([`aws://${environment.account}/${environment.region}`]));
}

/** Deploys every stack of the app and gives the outputs by stack; nothing that the emulator only pretended to create passes. */
export async function deploy(buildApp: (outdir: string) => App, progress?: Progress): Promise<Record<string, Record<string, string>>> {
  const kit = toolkit(progress);
  const source = await kit.fromAssemblyBuilder(async ({ outdir }) => disposable(buildApp(outdir!)).synth(), { disposeOutdir: true } as never);
  const { stacks } = await kit.deploy(source, { deploymentMethod: { method: 'direct' }, stackEventPollingInterval: 250 } as never);
  for (const { stackName } of stacks) { await failOnPretended(clients().cloudformation, stackName); }
  return Object.fromEntries(stacks.map(({ stackName, outputs }) => [stackName, outputs]));
}

/** Takes down every stack of the app, with all that is in it. */
export async function destroy(buildApp: (outdir: string) => App, progress?: Progress): Promise<void> {
  const kit = toolkit(progress);
  const source = await kit.fromAssemblyBuilder(async ({ outdir }) => disposable(buildApp(outdir!)).synth());
  await kit.destroy(source, { stacks: { strategy: StackSelectionStrategy.ALL_STACKS } });
}

/** What is deployed for a test must go again, though our constructs keep their data by default. */
function disposable(app: App): App {
  RemovalPolicies.of(app).apply(RemovalPolicy.DESTROY);
  for (const node of app.node.findAll()) {
    if (CfnResource.isCfnResource(node)) { node.applyRemovalPolicy(RemovalPolicy.DESTROY); }
    if (node instanceof CfnTable) { node.deletionProtectionEnabled = false; }
  }
  return app;
}

function toolkit(progress: Progress = () => {}): Toolkit {
  const ioHost: IIoHost = {
    async notify(message) {
      if (message.level === 'error' || message.level === 'warn' || message.level === 'info' || message.level === 'result') { progress(message.message); }
    },
    async requestResponse(request) { return request.defaultResponse; },
  };
  return new Toolkit({ ioHost, emojis: false, color: false });
}

export type { Stack };
