import { App, type Stack } from 'aws-cdk-lib';
import { deploy, destroy, synthesize } from './deployment';

/** A stack that the tests of a file share. */
export class DeployedStack {
  /** Deploys the stack before the tests of the file, and takes it down after them where it would outlive them. */
  static of(Kind: new (app: App, id: string) => Stack, name = Kind.name): DeployedStack {
    const stack = new DeployedStack();
    let assembly: Awaited<ReturnType<typeof synthesize>> | undefined;
    beforeAll(async () => {
      assembly = await synthesize((outdir) => {
        const app = new App({ outdir });
        new Kind(app, name);
        return app;
      });
      stack.outputs = (await deploy(assembly))[name]!;
    });
    afterAll(async () => {
      if (!assembly) { return; }
      if (!process.env.INTEG_ENDPOINT_IS_OURS) { await destroy(assembly); }
      await assembly.dispose();
    });
    return stack;
  }

  private outputs: Record<string, string> = {};

  /** An output of the stack, known once the tests run. */
  output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined) { throw new Error(`the stack has no output ${name}, only ${Object.keys(this.outputs).join(', ')}`); }
    return value;
  }
}
