// A hub with freezes, asked as its API and its gateway ask it.
import type { LightMyRequestResponse } from 'fastify';
import { StandingPort } from '@flotilla/hub/gateway/standing-port';
import { StandingRefresh } from '@flotilla/hub/standing/standing-refresh';
import type { StandingIntents as StandingMessage } from '@flotilla/proto/flotilla/v1/standing';
import { expect } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { startApiHub } from './api-hub.js';
import type { ApiHub } from './api-hub.js';
import { document, environment } from './documents.js';
import type { TestDocument } from './documents.js';

export const hour = 3_600_000;

/** An environment of the clusters with this label, of which there may be none. */
export function openEnvironment(name: string, label: string): TestDocument {
  return environment(name, { env: label }, { allowEmpty: true });
}

export class FreezeRig {
  private constructor(
    readonly api: ApiHub,
    private readonly port: StandingPort,
  ) {}

  static async start(): Promise<FreezeRig> {
    const api = await startApiHub(await sharedPostgres());
    return new FreezeRig(api, api.hub.app.get(StandingPort, { strict: false }));
  }

  async stop(): Promise<void> {
    await this.api.stop();
  }

  /** Removes what a test has left. */
  async clear(): Promise<void> {
    for (const table of ['freezes', 'environments', 'clusters'])
      await this.api.database.query(`DELETE FROM ${table}`);
  }

  async tokenOf(name: string, role: string, emails: readonly string[] = []): Promise<string> {
    const answer = await this.api.ask('POST', '/api/v1/api-tokens', { body: { name, role, emails } });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json().token;
  }

  inHours(count: number): string {
    return new Date(this.api.clock.now().getTime() + count * hour).toISOString();
  }

  /** A freeze of everything for an hour, unless told otherwise. */
  freeze(name: string, spec: object = {}): TestDocument {
    const defaults = { scope: { organisation: true }, reason: 'nobody is on call', until: this.inHours(1) };
    return document('Freeze', name, { ...defaults, ...spec });
  }

  async tryApply(...documents: readonly object[]): Promise<LightMyRequestResponse> {
    return this.api.ask('PUT', '/api/v1/apply', { body: { documents } });
  }

  async apply(...documents: readonly object[]): Promise<readonly string[]> {
    const answer = await this.tryApply(...documents);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json().documents.map(({ outcome }: { outcome: string }) => outcome);
  }

  async setOf(clusterId: string): Promise<StandingMessage | undefined> {
    return this.port.current(clusterId, 0n);
  }

  async freezesOf(clusterId: string): Promise<readonly string[]> {
    return (await this.setOf(clusterId))?.freezes.map(({ id }) => id) ?? [];
  }

  /** What the hub does by itself within seconds. */
  async sweep(): Promise<void> {
    await this.api.hub.app.get(StandingRefresh, { strict: false }).refresh('all');
  }
}
