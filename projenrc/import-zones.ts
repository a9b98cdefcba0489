import { awscdk } from 'projen';

/** What a folder may import from its siblings; everything else is an arrow that turns back. */
const arrows: Record<string, readonly string[]> = {
  'src/private': [],
  'src/dead-letter': ['private'],
  'src/idempotency': ['private'],
  'src/function': ['private'],
  'src/queue': ['private', 'dead-letter', 'idempotency', 'function'],
};

/** The same for the handler runtime: a folder or file, and what it may not import. */
const runtimeArrows: readonly { readonly target: string; readonly from: string }[] = [
  ...['errors.ts', 'contract.ts', 'environment.ts'].map((file) => ({ target: file, from: '{store,engine}' })),
  { target: 'store', from: 'engine' },
  ...['store', 'engine'].map((folder) => ({ target: folder, from: '{queue,dead-letter,visibility}.ts' })),
];

/** Lint rules that fail the build when an import points the wrong way, or in a circle. */
export function importZones(project: awscdk.AwsCdkConstructLibrary) {
  const inside = Object.entries(arrows).map(([target, allowed]) => ({
    target: `./${target}`,
    from: './src',
    except: [target.slice('src/'.length), ...allowed].map((name) => `./${name}`),
    message: 'Inside src an import may only point down: private <- dead-letter | idempotency | function <- queue <- index.',
  }));
  const zones = [
    ...inside,
    ...runtimeArrows.map(({ target, from }) => ({
      target: `./lambda/${target}`, from: `./lambda/${from}${from.includes('.ts') ? '' : '/**'}`,
      message: 'Inside lambda an import may only point down: errors, contract, environment <- store <- engine <- queue <- index.',
    })),
    { target: './src', from: './lambda', message: 'Constructs reach handlers through bundled assets and named variables only.' },
    { target: './lambda', from: './src', message: 'Handlers know nothing of the CDK.' },
    { target: './lambda', from: './node_modules/aws-cdk-lib', message: 'Handlers know nothing of the CDK.' },
    { target: './src', from: './test' }, { target: './lambda', from: './test' },
    { target: './src', from: './integ' }, { target: './lambda', from: './integ' },
    { target: './src', from: './samples' }, { target: './lambda', from: './samples' },
    { target: './samples', from: './src', message: 'Samples import the package by its published name.' },
    { target: './samples', from: './lambda', message: 'Samples import the package by its published name.' },
    // no barrel inside: files import each other by name
    { target: './src/!(index.ts)', from: './src/index.ts' },
    { target: './lambda/!(index.ts)', from: './lambda/index.ts' },
  ];
  project.eslint?.addRules({
    'import/no-restricted-paths': ['error', { zones }],
    'import/no-cycle': ['error'],
    'max-lines': ['error', { max: 300, skipComments: true, skipBlankLines: true }],
    '@stylistic/object-property-newline': 'off',
    '@stylistic/max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreComments: true, ignoreRegExpLiterals: true }],
    'import/no-extraneous-dependencies': ['error', {
      devDependencies: ['**/test/**', '**/integ/**', '**/samples/**', '**/bench/**', '**/projenrc/**', '**/.projenrc.ts', 'lambda/functions/**'],
      optionalDependencies: ['**/lambda/**', '**/test/**', '**/integ/**', '**/samples/**', '**/bench/**'],
      peerDependencies: true,
    }],
  });
}
