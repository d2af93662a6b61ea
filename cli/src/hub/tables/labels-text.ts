/** `env=prod,region=eu`, sorted; `-` without labels. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`));
  return pairs.length === 0 ? '-' : pairs.sort().join(',');
}
