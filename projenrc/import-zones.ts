import { awscdk } from 'projen';

/** What a folder may import from its siblings; everything else is an arrow that turns back. */
const arrows: Record<string, readonly string[]> = {
  'src/private': [],
  'src/dead-letter': ['private'],
  'src/idempotency': ['private'],
  'src/function': ['private'],
  'src/outbox': ['private', 'dead-letter'],
  'src/consumer': ['private', 'dead-letter', 'idempotency', 'outbox'],
  'src/queue': ['private', 'dead-letter', 'idempotency', 'function', 'outbox', 'consumer'],
};

/** The layers of the handler runtime, from the bottom up: a layer imports only what lies below it. */
const layers = [
  ['errors.ts', 'connection.ts', 'contract.ts', 'environment.ts', 'run.ts', 'metrics.ts'],
  ['event-data.ts', 'decode-kinesis.ts', 'decode-table.ts', 'event-pattern.ts'],
  ['envelope.ts'],
  ['decode.ts', 'json-schema.ts'],
  ['store'],
  ['engine'],
  ['dead-letter.ts', 'visibility.ts', 'producers'],
  ['consumers', 'outbox-relay.ts'],
  ['testing'],
];

/** Lint rules that fail the build when an import points the wrong way, or in a circle. */
export function importZones(project: awscdk.AwsCdkConstructLibrary) {
  const inside = Object.entries(arrows).map(([target, allowed]) => ({
    target: `./${target}`,
    from: './src',
    except: [target.slice('src/'.length), ...allowed].map((name) => `./${name}`),
    message: 'Inside src an import may only point down: private <- dead-letter | idempotency | function <- outbox <- consumer <- queue <- index.',
  }));
  const zones = [
    ...inside,
    ...layers.slice(0, -1).map((layer, index) => ({
      target: layer.map((part) => `./lambda/${part}`),
      from: layers.slice(index + 1).flat().map((part) => `./lambda/${part}`),
      message: 'Inside lambda an import may only point down: errors | contract | … <- event-data | … <- envelope <- decode <- store <- engine <- dead-letter | visibility | producers <- consumers <- testing; index is above all.',
    })),
    { target: './src', from: './lambda', message: 'Constructs reach handlers through bundled assets and named variables only.' },
    { target: './lambda', from: './src', message: 'Handlers know nothing of the CDK.' },
    { target: './lambda', from: ['./node_modules/aws-cdk-lib', './node_modules/constructs'], message: 'Handlers know nothing of the CDK.' },
    { target: ['./src', './lambda'], from: ['./test', './integ', './samples', './bench', './projenrc'], message: 'What is published stands by itself.' },
    // a single `*` stays inside a folder
    { target: ['./src/*/**', './lambda/!(index).ts', './lambda/*/**'], from: ['./src/index.ts', './lambda/index.ts'], message: 'Files import each other by name, not through a barrel.' },
    { target: ['./lambda/*.ts', './lambda/!(functions)/**', './src'], from: './lambda/functions', message: 'These are entry points: bundled, never imported.' },
  ];
  // not a zone: the published name leads to the same files
  project.eslint?.addOverride({
    files: ['samples/**'],
    rules: {
      'no-restricted-imports': ['error', {
        patterns: [{ regex: '^\\.{1,2}/(.*/)?(src|lambda)(/|$)', message: 'Samples import the package by its published name.' }],
      }],
    },
  });
  project.eslint?.addRules({
    'import/no-restricted-paths': ['error', { zones }],
    'import/no-cycle': ['error'],
    'import/order': ['error', {
      groups: ['builtin', 'external'],
      alphabetize: { order: 'asc', caseInsensitive: true },
      // the package by its published name is somebody else's, also here
      pathGroups: [{ pattern: 'cdk-event-patterns{,/**}', group: 'external' }],
      distinctGroup: false,
    }],
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
