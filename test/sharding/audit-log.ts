// The API server's own record of who wrote what and when: the only witness that no agent can mislead.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One request that changed something, as the server handled it. */
export interface Write {
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly at: number;
  readonly endedAt: number;
  readonly code: number;
}

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly responseStatus?: { readonly code: number };
}

export class AuditLog {
  readonly #path: string;
  readonly #policy: string;

  constructor(folder: string) {
    this.#path = join(folder, 'audit.log');
    this.#policy = join(folder, 'audit-policy.json');
    const groups = ['kustomize.toolkit.fluxcd.io', 'source.toolkit.fluxcd.io', ''];
    const verbs = ['create', 'update', 'patch', 'delete'];
    const resources = [
      { group: groups[0], resources: ['kustomizations', 'kustomizations/status'] },
      { group: groups[1], resources: ['gitrepositories', 'gitrepositories/status'] },
      { group: groups[2], resources: ['configmaps'] },
    ];
    const policy = {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata', verbs, resources }, { level: 'None' }],
    };
    writeFileSync(this.#policy, JSON.stringify(policy));
    writeFileSync(this.#path, '');
  }

  /** For kube-apiserver. */
  get flags(): string[] {
    return [
      `--audit-policy-file=${this.#policy}`,
      `--audit-log-path=${this.#path}`,
      '--audit-log-mode=blocking-strict',
    ];
  }

  /** Writes by these users, in the order in which the server took them. */
  writes(users: readonly string[]): Write[] {
    const lines = readFileSync(this.#path, 'utf8').split('\n');
    return lines
      .slice(0, -1)
      .map((line) => writeOf(JSON.parse(line) as AuditEvent))
      .filter(({ user }) => users.includes(user))
      .toSorted((a, b) => a.at - b.at);
  }
}

function writeOf(event: AuditEvent): Write {
  const { resource = '', subresource = '', namespace = '', name = '' } = event.objectRef ?? {};
  return {
    user: event.user.username,
    verb: event.verb,
    resource,
    subresource,
    namespace,
    name,
    at: Date.parse(event.requestReceivedTimestamp),
    endedAt: Date.parse(event.stageTimestamp),
    code: event.responseStatus?.code ?? 0,
  };
}
