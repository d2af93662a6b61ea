import { Injectable } from '@nestjs/common';
import type { Gate } from '@flotilla/common/fleet-api/gates';
import { isSameRepository } from '../platform/git/repository-address.js';
import { GitHost } from '../platform/git-host/git-host.js';
import { OutgoingHttp } from '../platform/outgoing/outgoing-http.js';
import { quoted } from '../platform/outgoing/outgoing-error.js';
import { secretOf } from '../platform/outgoing/secrets.js';
import type { GateQuestion, GateVerdict } from '../promotions/gate-probe.js';
import { readChecks } from './commit-checks.js';
import { commitVerdict } from './domain/commit-verdict.js';

type CommitStatusGate = Extract<Gate, { readonly type: 'commitStatus' }>;

const commitInRevision = /[@:/]?(?:sha1|sha256):([0-9a-f]{40}(?:[0-9a-f]{24})?)$/;

/** Asks a Git host whether the commits of a release have a status, and that it is good. */
@Injectable()
export class CommitStatusProbe {
  constructor(private readonly http: OutgoingHttp) {}

  async ask(gate: CommitStatusGate, { promotion }: GateQuestion, signal: AbortSignal): Promise<GateVerdict> {
    const { provider, url, apiUrl, context } = gate;
    const token = secretOf(gate.tokenEnv);
    const items = promotion.release.items.filter((item) => isSameRepository(item.url, url));
    const commits = new Set(items.flatMap(({ revision }) => commitInRevision.exec(revision)?.[1] ?? []));
    if (commits.size === 0)
      return { phase: 'fail', message: `${promotion.release.name} holds no commit of ${url}` };
    const host = new GitHost(this.http, { provider, url, apiUrl, token }, signal);
    const checked = await Promise.all(
      [...commits].map(async (commit) => ({
        commit,
        checks: await readChecks[provider](host, commit, context),
      })),
    );
    const { phase, message } = commitVerdict(context, checked);
    return { phase, message: quoted(message, [token]) };
  }
}
