/** How a document is written. A binary one is JSON with the whole content under `data`. */
export type SopsFormat = 'binary' | 'dotenv' | 'ini' | 'json' | 'yaml';

/** The format that the name of a file or of a key in a Secret stands for (flux-compat 3.4). */
export function formatOfName(name: string): SopsFormat {
  if (name.endsWith('.dockerconfigjson') || name.endsWith('.json')) return 'json';
  if (name.endsWith('.yaml') || name.endsWith('.yml')) return 'yaml';
  if (name.endsWith('.env')) return 'dotenv';
  if (name.endsWith('.ini')) return 'ini';
  return 'binary';
}

const markers: Readonly<Record<SopsFormat, string>> = {
  binary: '"mac": "ENC[',
  json: '"mac": "ENC[',
  yaml: 'mac: ENC[',
  dotenv: 'sops_mac=ENC[',
  ini: '[sops]',
};

/** Whether a content of that format is an encrypted one. */
export function isEncrypted(content: Buffer, format: SopsFormat): boolean {
  return content.includes(markers[format]);
}

/** The format of an encrypted content; undefined when it is not encrypted. */
export function detectFormat(content: Buffer): SopsFormat | undefined {
  return (['json', 'yaml', 'dotenv', 'ini'] as const).find((format) => isEncrypted(content, format));
}

/** How a format is called in messages. */
export const formatTitles: Readonly<Record<SopsFormat, string>> = {
  binary: 'binary',
  dotenv: 'dotenv',
  ini: 'INI',
  json: 'JSON',
  yaml: 'YAML',
};
