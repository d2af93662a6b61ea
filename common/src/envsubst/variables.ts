const namePattern = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const namePatternText = '^[_[:alpha:]][_[:alpha:][:digit:]]*$';

/**
 * Puts layers of variables over one another, the last one wins; line breaks are taken out of the values
 * (flux-compat 3.5). Throws on a name that is not allowed.
 */
export function mergeVariables(layers: Iterable<Readonly<Record<string, string>>>): Record<string, string> {
  const merged = new Map<string, string>();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      if (!namePattern.test(name))
        throw new Error(`envsubst error: '${name}' var name is invalid, must match '${namePatternText}'`);
      merged.set(name, value.replaceAll('\n', ''));
    }
  }
  return Object.fromEntries(merged);
}
