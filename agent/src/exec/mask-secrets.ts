/** Replaces every secret, also where it is percent-encoded as in a URL, by ***. */
export function maskSecrets(text: string, secrets: readonly string[] = []): string {
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret), encodeURI(secret)]);
  // The longest first: a secret that contains another one must not leave its rest behind.
  const ordered = [...new Set(forms)].filter(Boolean).toSorted((a, b) => b.length - a.length);
  return ordered.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}
