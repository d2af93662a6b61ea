import { parseIgnoreLines, type IgnorePattern } from './pattern.js';

const vcs = ['.git/', '.gitignore', '.gitmodules', '.gitattributes'];
const extensions = ['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip'];
const ci = [
  '.github/',
  '.circleci/',
  '.travis.yml',
  '.gitlab-ci.yml',
  'appveyor.yml',
  '.drone.yml',
  'cloudbuild.yaml',
  'codeship-services.yml',
  'codeship-steps.yml',
];
const extra = ['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml'];

/** Files of version control; left out whatever the ignore files say, unless they take them in. */
export const vcsPatterns: readonly IgnorePattern[] = parseIgnoreLines(vcs.join('\n'), []);

/** Left out only while there is no pattern at all (flux-compat 2.3). */
export const defaultPatterns: readonly IgnorePattern[] = parseIgnoreLines(
  [...extensions, ...ci, ...extra].join('\n'),
  [],
);
