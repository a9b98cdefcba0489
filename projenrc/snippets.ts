import { awscdk } from 'projen';

/** Compiles every example of the README and of the docstrings, strictly. */
export function snippets(project: awscdk.AwsCdkConstructLibrary) {
  const task = project.addTask('snippets', { description: 'Compile the README and every @example', exec: 'jsii-rosetta extract --strict' });
  project.postCompileTask.spawn(task);
}
