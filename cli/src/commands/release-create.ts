import type { Command } from 'commander';
import { usageError } from '../errors/cli-error.js';
import type { Pipeline } from '../hub/document-schema.js';
import { openHub } from '../hub/open-hub.js';
import type { ReleaseRequest } from '../hub/promotion-api.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { collectWhole } from '../options/parsers.js';
import { printData } from '../output/print-data.js';
import { hint, success, warning } from '../output/progress.js';
import { plain } from '../output/table.js';
import type { Runtime } from '../runtime.js';

interface ReleaseOptions extends GlobalOptions, DataOptions {
  readonly pipeline: string;
  readonly revision: readonly string[];
}

type Item = ReleaseRequest['items'][number];

/** `release create --pipeline P --revision R`. */
export function addReleaseCreate(program: Command, runtime: Runtime): void {
  const release = program.command('release').description('Make releases by hand');
  const command = release
    .command('create')
    .description('Make a release, or find the one that holds the same; its name is printed')
    .requiredOption('--pipeline <name>', 'pipeline of the release')
    .requiredOption(
      '--revision <revision>',
      'revision, commit or version; SOURCE=REVISION where the pipeline has several sources, once each',
      collectWhole,
    );
  withData(command)
    .addHelpText(
      'after',
      `
Sources that are not named keep what the newest release has.

  flotilla release create --pipeline shop --revision $(git rev-parse HEAD)
  flotilla release create --pipeline shop --revision apps=4f1c9b2 --revision HelmChart/flux-system/db=1.4.2`,
    )
    .action(async (_options, leaf: Command) => create(runtime, leaf.optsWithGlobals()));
}

async function create(runtime: Runtime, options: ReleaseOptions): Promise<void> {
  const { pipeline: name, revision: texts, output } = options;
  const hub = await openHub(runtime, options);
  const parts = texts.map(splitRevision);
  const named = parts.some(({ source }) => source !== undefined);
  const pipeline = named ? await hub.documents.pipeline(name) : undefined;
  const items = parts.map(({ source, revision }): Item => {
    if (source === undefined || pipeline === undefined) return { revision };
    return { revision, source: sourceOf(pipeline, source) };
  });
  const release = await hub.promotions.createRelease({ pipeline: name, items });
  const revisions = release.items.map(({ revision }) => revision).join(', ');
  success(runtime, `release ${release.name} holds ${revisions}`);
  for (const { veto, revision } of release.items)
    if (veto) warning(runtime, `${revision} is vetoed by ${veto.requestedBy}: ${veto.reason}`);
  if (output) return printData(runtime, output, release);
  runtime.terminal.out(`${plain(release.name)}\n`);
  hint(runtime, `next: flotilla promote ${release.name} --to ENVIRONMENT`);
}

/** `apps=4f1c9b2` names a source; revisions themselves hold no "=" before a ":" or "@". */
export function splitRevision(text: string): { readonly source?: string; readonly revision: string } {
  const [, source, revision] = /^([A-Za-z0-9][A-Za-z0-9./-]*)=(.+)$/.exec(text) ?? [];
  return source === undefined || revision === undefined ? { revision: text } : { source, revision };
}

/** The source of a pipeline that `name`, `namespace/name` or `Kind/namespace/name` means. @throws CliError */
export function sourceOf(
  { name: pipeline, spec }: Pick<Pipeline, 'name' | 'spec'>,
  text: string,
): { readonly kind: string; readonly namespace: string; readonly name: string } {
  const known = spec.sources.map(({ kind, namespace, name }) => ({ kind, namespace, name }));
  const fits = known.filter(({ kind, namespace, name }) =>
    [name, `${namespace}/${name}`, `${kind}/${namespace}/${name}`].includes(text),
  );
  const [source, ...others] = fits;
  if (source && others.length === 0) return source;
  const names = (source ? fits : known).map((one) => `${one.kind}/${one.namespace}/${one.name}`).join(', ');
  throw usageError(
    source
      ? `--revision ${text}=…: pipeline ${pipeline} has several sources of this name`
      : `--revision ${text}=…: pipeline ${pipeline} has no source ${text}`,
    `${source ? 'they are' : 'it has'} ${names}`,
  );
}
