// Deliveries of a hub without the hub: the real parts, wired by hand, with a Git server that wants credentials.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import { GitDeliveryService } from '@flotilla/hub/delivery/git-delivery.service';
import { GitMirrors } from '@flotilla/hub/platform/git/git-mirrors';
import type { DeliveryProgress, PromotionToDeliver } from '@flotilla/hub/promotions/git-delivery';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer } from '../servers/git-server.js';
import { item, promotionOf, startGateWorld } from './gate-world.js';
import type { GateWorld } from './gate-world.js';

/** Of the Git server and the API, which nobody may ever see. */
export const password = 'pa55-of-the-hub';
export const dev = 'images:\n- name: app\n  newTag: v2\n';
export const prod = '# prod\nimages:\n  - name:  app   # ours\n    newTag: v1 # here\n';
export const change = {
  type: 'image',
  file: 'prod/kustomization.yaml',
  image: 'app',
  tagFrom: { file: 'dev/kustomization.yaml' },
};

type Repository = Awaited<ReturnType<GitServer['createRepository']>>;

/** A repository and a hub for each test. */
export class DeliveryRig {
  private readonly parts = { runs: 0 } as {
    runs: number;
    server?: GitServer;
    repository?: Repository;
    world?: GateWorld;
    mirrors?: GitMirrors;
    delivery?: GitDeliveryService;
  };
  /** The commit of the release. */
  base = '';

  constructor() {
    const { parts } = this;
    beforeAll(async () => {
      parts.server = await startGitServer({ auth: { username: 'bot', password } });
    });
    afterAll(() => parts.server?.stop());
    beforeEach(async () => {
      vi.stubEnv('FLOTILLA_GIT_USER', 'bot');
      vi.stubEnv('FLOTILLA_GIT_PASSWORD', password);
      parts.runs += 1;
      parts.repository = await this.server.createRepository(this.path);
      const files = { 'dev/kustomization.yaml': dev, 'prod/kustomization.yaml': prod, README: 'r' };
      this.base = await this.repository.commit(files);
      parts.world = startGateWorld();
      this.start();
    });
    afterEach(async () => {
      vi.unstubAllEnvs();
      await this.stop();
      await parts.world?.stop();
    });
  }

  /** `<owner>/<name>` */
  get path(): string {
    return `org${this.parts.runs}/fleet`;
  }
  get server(): GitServer {
    return there(this.parts.server);
  }
  get repository(): Repository {
    return there(this.parts.repository);
  }
  get delivery(): GitDeliveryService {
    return there(this.parts.delivery);
  }

  /** Another process on the same Git: nothing is left of the first one. */
  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  /** A promotion of the release at `base`. */
  promotion(git: Record<string, unknown> = {}, more: Partial<PromotionToDeliver> = {}): PromotionToDeliver {
    const { url } = this.repository;
    const credentials = { usernameEnv: 'FLOTILLA_GIT_USER', passwordEnv: 'FLOTILLA_GIT_PASSWORD' };
    const written = {
      name: 'prod',
      delivery: 'git',
      git: { url, changes: [change], ...credentials, ...git },
    };
    const spec = PipelineSpec.parse({ sources: [{ name: 'apps' }], environments: [written] });
    const items = [item(url, { at: this.base })];
    return { ...promotionOf(items), git: there(spec.environments[0]?.git), memory: null, ...more };
  }

  deliver(wish: PromotionToDeliver): Promise<DeliveryProgress> {
    return this.delivery.deliver(wish, new AbortController().signal);
  }

  git(...args: readonly string[]): Promise<string> {
    return this.repository.git(...args);
  }
  async tip(branch = 'main'): Promise<string> {
    await this.git('fetch', '--quiet', '--prune', 'origin');
    return this.git('rev-parse', `origin/${branch}`);
  }
  /** Subjects of the commits of main, newest first. */
  async log(): Promise<readonly string[]> {
    return (await this.git('log', '--format=%s', await this.tip())).split('\n');
  }

  /** Has the server run a script. */
  async hook(name: 'pre-receive' | 'post-receive', ...lines: readonly string[]): Promise<void> {
    const path = join(await this.git('remote', 'get-url', 'origin'), 'hooks', name);
    writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
    chmodSync(path, 0o755);
  }

  private start(): void {
    const { http, clock } = there(this.parts.world);
    this.parts.mirrors = new GitMirrors(http);
    const config = { deliveryAuthor: 'Fleet Bot <bot@example.test>' };
    this.parts.delivery = new GitDeliveryService(http, this.parts.mirrors, clock, config);
  }
  private async stop(): Promise<void> {
    await this.parts.delivery?.beforeApplicationShutdown();
    await this.parts.mirrors?.onApplicationShutdown();
  }
}

function there<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('it has not been started');
  return part;
}
