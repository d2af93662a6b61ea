const namePart = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** What is wrong with a label key; undefined when nothing is. */
export function labelKeyProblem(key: string): string | undefined {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (
    prefix !== undefined &&
    (prefix.length > 253 || !prefix.split('.').every((part) => dnsLabel.test(part)))
  ) {
    return 'the part before / must be a DNS name of at most 253 characters';
  }
  if (name.length > 63 || !namePart.test(name)) {
    return 'a key must have 1 to 63 letters, digits, -, _ or ., and begin and end with a letter or digit';
  }
  return undefined;
}

/** What is wrong with a label value; undefined when nothing is. */
export function labelValueProblem(value: string): string | undefined {
  if (value === '' || (value.length <= 63 && namePart.test(value))) return undefined;
  return 'a value must have at most 63 letters, digits, -, _ or ., and begin and end with a letter or digit';
}
