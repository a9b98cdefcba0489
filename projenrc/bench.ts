import { awscdk } from 'projen';
import { powertools } from './handler-runtime';

/** `npm run bench`: what we cost, as ratios to what a user would pick instead. */
export function bench(project: awscdk.AwsCdkConstructLibrary) {
  project.addDevDeps(...['batch', 'parser', 'tracer'].map((name) => `@aws-lambda-powertools/${name}@${powertools}`));
}
