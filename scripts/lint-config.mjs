// Writes .oxlintrc.json. The import boundaries are a small table here; oxlint replaces (never merges) the
// options of a rule in an override, so every folder's list has to be complete, and that is generated.
import { writeFileSync } from 'node:fs';

/** Modules that only the named folders may import: name or glob -> why. */
const guarded = {
  k8s: { group: ['@kubernetes/client-node'], message: 'only agent/src/kube talks to client-node' },
  grpc: { group: ['@grpc/grpc-js'], message: 'only agent/src/hublink and hub/src/gateway speak gRPC' },
  process: { group: ['node:child_process', 'child_process'], message: 'run programs through agent/src/exec' },
  frameworks: {
    group: ['@nestjs/*', 'typeorm', 'pg', 'bullmq', 'rxjs'],
    message: 'frameworks and databases stay at the edges of the hub',
  },
  io: {
    group: ['node:fs', 'node:fs/promises', 'node:net', 'node:http', 'node:https', 'node:tls', 'undici'],
    message: 'this folder is pure: I/O belongs at the edges',
  },
  agent: { group: ['@flotilla/agent/*', '**/agent/src/**'], message: 'this folder must not know the agent' },
  hub: { group: ['@flotilla/hub/*', '**/hub/src/**'], message: 'this folder must not know the hub' },
  kinds: {
    group: [
      '**/sources/**',
      '**/kustomization/**',
      '**/helmrelease/**',
      '**/image/**',
      '**/notification/**',
      '**/canary/**',
    ],
    message: 'the runtime, kube, ssa and artifacts folders know no kind',
  },
  domainOutside: {
    group: ['../*.service.js', '../*.store.js', '**/http/**', '**/*.module.js'],
    message: 'domain is pure and imports only domain and common',
  },
};
const names = (...keys) => ({
  'no-restricted-imports': ['error', { patterns: keys.map((k) => guarded[k]) }],
});

const config = {
  $schema: './node_modules/oxlint/configuration_schema.json',
  plugins: ['typescript', 'import', 'oxc', 'unicorn'],
  categories: { correctness: 'error' },
  ignorePatterns: ['**/dist/**', 'proto/**/*.ts', 'node_modules/**'],
  rules: {
    'import/no-cycle': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': ['error', { checksVoidReturn: false }],
    'typescript/ban-ts-comment': 'error',
    'typescript/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
    'no-console': 'error',
    'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    'max-depth': ['error', 4],
    complexity: ['error', 15],
    'no-restricted-imports': ['error', { patterns: [guarded.k8s, guarded.process] }],
  },
  overrides: [
    { files: ['common/**'], rules: names('k8s', 'grpc', 'process', 'frameworks', 'io', 'agent', 'hub') },
    { files: ['agent/src/**'], rules: names('k8s', 'grpc', 'process', 'frameworks', 'hub') },
    {
      files: ['agent/src/{runtime,ssa,artifacts,cloud}/**'],
      rules: names('k8s', 'grpc', 'process', 'frameworks', 'hub', 'kinds'),
    },
    { files: ['agent/src/kube/**'], rules: names('grpc', 'process', 'frameworks', 'hub', 'kinds') },
    { files: ['agent/src/hublink/**'], rules: names('k8s', 'process', 'frameworks', 'hub', 'kinds') },
    { files: ['agent/src/exec/**'], rules: names('k8s', 'grpc', 'frameworks', 'hub', 'kinds') },
    { files: ['hub/src/**'], rules: names('k8s', 'grpc', 'process', 'agent') },
    { files: ['hub/src/gateway/**'], rules: names('k8s', 'process', 'agent') },
    // The hub runs two programs: the database that it starts when nobody gave it one, and git.
    { files: ['hub/src/platform/{embedded-postgres,git}/**'], rules: names('k8s', 'grpc', 'agent') },
    {
      files: ['hub/src/**/domain/**'],
      rules: names('k8s', 'grpc', 'process', 'frameworks', 'io', 'agent', 'domainOutside'),
    },
    { files: ['cli/src/**'], rules: names('k8s', 'grpc', 'process', 'frameworks', 'hub') },
    {
      files: ['cli/src/**', 'scripts/**', 'test/**', '*.mjs', '**/bin/*.js'],
      rules: { 'no-console': 'off' },
    },
    { files: ['test/**', 'scripts/**', '*.mjs', '*.config.ts'], rules: { 'no-restricted-imports': 'off' } },
    // A describe block holds a file's sentences; its length says nothing about complexity.
    { files: ['**/*.spec.ts', 'test/**'], rules: { 'max-lines-per-function': 'off' } },
  ],
};

writeFileSync(new URL('../.oxlintrc.json', import.meta.url), `${JSON.stringify(config, null, 2)}\n`);
