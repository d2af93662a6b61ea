// Writes kubeconfig files.
import { writeFileSync } from 'node:fs';
import type { KubeAccess } from './kube-request.js';

/** Writes a kubeconfig with one context to `path` (JSON is YAML) and returns `path`. */
export function writeKubeconfig(
  path: string,
  access: KubeAccess,
  name: string,
  namespace = 'default',
): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: access.url, 'certificate-authority-data': access.caData } }],
    users: [{ name, user: { token: access.token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
  };
  writeFileSync(path, JSON.stringify(config, null, 2), { mode: 0o600 });
  return path;
}
