import { BootstrapEnvironments, type CachedCloudAssembly, type IIoHost, StackSelectionStrategy, Toolkit } from '@aws-cdk/toolkit-lib';
import { type App, CfnResource, RemovalPolicy } from 'aws-cdk-lib';
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

/** Synthesizes an app whose stacks will not be kept. */
export async function synthesize(buildApp: (outdir: string) => App): Promise<CachedCloudAssembly> {
  const kit = toolkit();
  return kit.synth(await kit.fromAssemblyBuilder(async ({ outdir }) => disposable(buildApp(outdir!)).synth()));
}

/** Deploys every stack and gives the outputs by stack; nothing that the emulator only pretended to create passes. */
export async function deploy(assembly: CachedCloudAssembly, progress?: Progress): Promise<Record<string, Record<string, string>>> {
  const options = { deploymentMethod: { method: 'direct' as const }, stackEventPollingInterval: 250 };
  const { stacks } = await toolkit(progress).deploy(assembly, options);
  for (const { stackName } of stacks) { await failOnPretended(clients().cloudformation, stackName); }
  return Object.fromEntries(stacks.map(({ stackName, outputs }) => [stackName, outputs]));
}

/** Takes down every stack, with all that is in it. */
export async function destroy(assembly: CachedCloudAssembly, progress?: Progress): Promise<void> {
  await toolkit(progress).destroy(assembly, { stacks: { strategy: StackSelectionStrategy.ALL_STACKS } });
}

/** What is deployed for a test must go again, though our constructs keep their data by default. */
function disposable(app: App): App {
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
