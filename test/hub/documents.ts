// Documents of flotilla.dev, as tests write them.

export interface TestDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: unknown;
}

/** An Environment of the clusters with these labels; the label `env` with its name unless told. */
export function environment(
  name: string,
  labels: Record<string, string> = { env: name },
  more: Record<string, unknown> = {},
): TestDocument {
  return document('Environment', name, { selector: { matchLabels: labels }, ...more });
}

/** A Pipeline of one source through environments, each a name or a whole entry. */
export function pipeline(
  name: string,
  environments: readonly (string | Record<string, unknown>)[],
  more: Record<string, unknown> = {},
): TestDocument {
  return document('Pipeline', name, {
    sources: [{ name: 'flux-system' }],
    environments: environments.map((one) => (typeof one === 'string' ? { name: one } : one)),
    ...more,
  });
}

export function document(kind: string, name: string, spec: unknown): TestDocument {
  return { apiVersion: 'flotilla.dev/v1alpha1', kind, metadata: { name }, spec };
}
