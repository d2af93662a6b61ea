/** What a reference may name: a folder with a kustomization file, one file, either of them, or YAML text in place. */
export type ReferenceTarget = 'folder' | 'file' | 'file-or-folder';

/** One place in a kustomization file that names something the build reads. */
export interface Reference {
  /** The field as people write it, e.g. `resources[2]`. */
  field: string;
  value: string;
  target: ReferenceTarget;
  /** The value may be YAML text instead of a path. */
  mayBeInline?: boolean;
  /** What is found there configures a built-in plugin, which may name files itself. */
  isPluginConfig?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Everything that a kustomization file makes kustomize read. Values of a wrong type are left to kustomize to report. */
export function referencesOf(kustomization: Fields): Reference[] {
  return [
    ...listed(kustomization, 'resources', 'file-or-folder'),
    ...listed(kustomization, 'bases', 'folder'),
    ...listed(kustomization, 'components', 'folder'),
    ...listed(kustomization, 'crds', 'file'),
    ...listed(kustomization, 'configurations', 'file'),
    ...single(kustomization['openapi'], 'openapi', 'path'),
    ...pathsIn(kustomization, 'patches'),
    ...listed(kustomization, 'patchesStrategicMerge', 'file', { mayBeInline: true }),
    ...pathsIn(kustomization, 'patchesJson6902'),
    ...pathsIn(kustomization, 'replacements'),
    ...generatorSources(kustomization, 'configMapGenerator'),
    ...generatorSources(kustomization, 'secretGenerator'),
    ...['generators', 'transformers', 'validators'].flatMap((field) =>
      listed(kustomization, field, 'file-or-folder', { mayBeInline: true, isPluginConfig: true }),
    ),
  ];
}

/** Files that the configuration of a built-in generator or transformer names. */
export function pluginReferences(config: Fields, prefix: string): Reference[] {
  const within = (reference: Reference): Reference => ({
    ...reference,
    field: `${prefix}.${reference.field}`,
  });
  return [
    ...single(config, '', 'path'),
    ...listed(config, 'paths', 'file', { mayBeInline: true }),
    ...sourcesOf(config),
    ...pathsIn(config, 'replacements'),
  ].map(within);
}

function listed(
  holder: Fields,
  field: string,
  target: ReferenceTarget,
  traits: Pick<Reference, 'mayBeInline' | 'isPluginConfig'> = {},
): Reference[] {
  return items(holder[field]).flatMap((value, index) =>
    typeof value === 'string' ? [{ field: `${field}[${index}]`, value, target, ...traits }] : [],
  );
}

function single(holder: unknown, prefix: string, field: string): Reference[] {
  const value = isFields(holder) ? holder[field] : undefined;
  if (typeof value !== 'string' || value === '') return [];
  return [{ field: prefix === '' ? field : `${prefix}.${field}`, value, target: 'file' }];
}

function pathsIn(holder: Fields, field: string): Reference[] {
  return items(holder[field]).flatMap((item, index) => single(item, `${field}[${index}]`, 'path'));
}

function generatorSources(holder: Fields, field: string): Reference[] {
  return items(holder[field]).flatMap((generator, index) =>
    isFields(generator)
      ? sourcesOf(generator).map((source) => ({ ...source, field: `${field}[${index}].${source.field}` }))
      : [],
  );
}

/** `files` are `path` or `key=path`; `envs` and the old `env` name files with one variable a line. */
function sourcesOf(generator: Fields): Reference[] {
  const files = listed(generator, 'files', 'file').map((source) => ({
    ...source,
    value: source.value.slice(source.value.indexOf('=') + 1),
  }));
  return [...files, ...listed(generator, 'envs', 'file'), ...single(generator, '', 'env')];
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** True for a YAML mapping. */
export function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
