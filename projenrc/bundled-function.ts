import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { awscdk } from 'projen';
import { AddBundleOptions } from 'projen/lib/javascript';

const folder = 'lambda/functions';
const suffix = '.lambda.ts';

// typed by what the bundler takes: what a function takes by its type is less
const bundlingOptions: Partial<AddBundleOptions> = {
  externals: [],
  mainFields: ['module', 'main'],
  minify: true,
  keepNames: true,
  esbuildArgs: { '--alias:@aws-sdk/credential-provider-node': './lambda/environment-credentials.ts' },
};

/** Bundles each `lambda/functions/<name>.lambda.ts` and generates its construct `src/private/<name>-function.ts`. */
export function bundledFunctions(project: awscdk.AwsCdkConstructLibrary) {
  const entries = existsSync(join(project.outdir, folder)) ? readdirSync(join(project.outdir, folder)).filter((file) => file.endsWith(suffix)) : [];
  for (const entry of entries) {
    new awscdk.LambdaFunction(project, {
      entrypoint: `${folder}/${entry}`,
      constructFile: `src/private/${entry.slice(0, -suffix.length)}-function.ts`,
      cdkDeps: project.cdkDeps,
      runtime: awscdk.LambdaRuntime.NODEJS_24_X,
      awsSdkConnectionReuse: false, // a variable of the old SDK
      bundlingOptions,
    });
  }
}
