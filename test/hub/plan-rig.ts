// Two replicas of a hub, and agents that answer questions by hand.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Answer,
  Answer_State as State,
  PlannedChange_Action as Action,
  type PlannedKustomization,
} from '@flotilla/proto/flotilla/v1/question';
import type { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { connect, joinFleet, type Member, type TestSession } from './gateway-agent.js';
import { kustomization, TestTable } from './gateway-table.js';

export interface Plan {
  readonly id: string;
  readonly state: string;
  readonly clusters: ReadonlyArray<{
    cluster: string;
    state: string;
    message: string;
    commit: string | null;
  }>;
  readonly groups: ReadonlyArray<{ clusters: string[]; changes: Array<{ object: { name: string } }> }>;
  readonly failures: ReadonlyArray<{ clusters: string[]; message: string }>;
  readonly totals: { readonly objects: number };
}

/** A cluster whose agent is spoken by hand. */
export interface HandAgent {
  readonly member: Member;
  readonly table: TestTable;
  readonly session: TestSession;
}

export class PlanRig {
  private readonly folder = temporaryFolder('plans');
  one!: RunningHub;
  two!: RunningHub;
  adminToken = '';

  static async start(flags: Readonly<Record<string, string>> = {}): Promise<PlanRig> {
    const rig = new PlanRig();
    const databaseUrl = await (await sharedPostgres()).createDatabase();
    const options = { databaseUrl, dataDir: rig.folder.path, flags: { heartbeat: '15', ...flags } };
    rig.one = await startTestHub(options);
    rig.two = await startTestHub(options);
    rig.adminToken = readFileSync(join(rig.folder.path, 'admin-token'), 'utf8').trim();
    return rig;
  }

  async stop(): Promise<void> {
    await Promise.all([this.one?.stop(), this.two?.stop()]);
    this.folder.remove();
  }

  async api<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.one.httpUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.adminToken}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as T;
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  }

  read(id: string): Promise<Plan> {
    return this.api('GET', `/plans/${id}`);
  }

  ask(clusters: string[], more: object = {}): Promise<Plan> {
    return this.api('POST', '/plans', { ref: 'next', clusters, ...more });
  }

  /** A cluster with the source `fleet`. */
  async join(
    cluster: string,
    url = 'https://git.example/acme/other.git',
    hub = this.one,
    branch = 'main',
  ): Promise<HandAgent> {
    const member = await joinFleet(hub, cluster);
    const table = new TestTable();
    table.set(source(url, branch));
    return { member, table, session: await connect(hub.agentAddress, member, table) };
  }
}

function source(url: string, branch = 'main', name = 'fleet'): ObjectState {
  const state = kustomization(name);
  return {
    ...state,
    ref: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', namespace: 'flux-system', name },
    sourceUrl: url,
    sourceRef: `branch ${branch}`,
  };
}

/** What an agent says about the Kustomization `apps`: these ConfigMaps would change. */
export function finding(
  names: readonly string[],
  more: Partial<PlannedKustomization> = {},
): PlannedKustomization {
  const apps = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'apps',
  };
  const changes = names.map((name) => ({
    action: Action.ACTION_CONFIGURE,
    object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'apps', name },
    fields: [{ path: '/data/a', before: '"\\u0000one"', after: '12345678901234567890' }],
    omittedFields: 0,
  }));
  return { kustomization: apps, failure: '', note: '', changes, unchanged: 1, omitted: 0, ...more };
}

/** Sends a part of an answer. */
export function say(session: TestSession, answer: Partial<Answer> & Pick<Answer, 'id' | 'part'>): void {
  session.send({ $case: 'answer', value: { state: State.STATE_PARTIAL, message: '', ...answer } });
}

/** A part with findings. */
export function part(id: string, number: number, ...kustomizations: PlannedKustomization[]) {
  return { id, part: number, plan: { commit: 'abc', kustomizations } };
}
