import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { OutgoingError } from '../outgoing/outgoing-error.js';
import { OutgoingHttp } from '../outgoing/outgoing-http.js';
import { GitError } from './git-error.js';
import { GitMirror } from './git-mirror.js';
import { GitWriter } from './git-writer.js';
import type { GitRemote } from './run-git.js';

/** The caches of the repositories that this process looks at; they go with it. */
@Injectable()
export class GitMirrors implements OnApplicationShutdown {
  private folder: Promise<string> | undefined;
  private readonly mirrors = new Map<string, Promise<GitMirror>>();
  private readonly writers = new Map<string, Promise<GitWriter>>();

  constructor(private readonly outgoing: OutgoingHttp) {}

  /** One cache for each address and credentials; one that reads files is another one than one that reads commits. */
  of(remote: GitRemote, holds: GitMirror['holds']): Promise<GitMirror> {
    const key = keyOf(holds, remote);
    const known =
      this.mirrors.get(key) ??
      this.root().then(
        (root) => new GitMirror(join(root, key), this.bound(remote), holds, () => this.permit(remote)),
      );
    this.mirrors.set(key, known);
    return known;
  }

  /** Where commits are made for a repository; one for each address and credentials. */
  writer(remote: GitRemote): Promise<GitWriter> {
    const key = keyOf('writes', remote);
    const known =
      this.writers.get(key) ?? this.root().then((root) => new GitWriter(join(root, key), this.bound(remote)));
    this.writers.set(key, known);
    return known;
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.folder) await rm(await this.folder, { recursive: true, force: true });
  }

  /** Where only some hosts may be asked, nobody else may lead git to another one. */
  private bound(remote: GitRemote): GitRemote {
    return { ...remote, followRedirects: !this.outgoing.isRestricted };
  }

  /** @throws GitError: the hub does not talk to this server */
  private async permit({ url }: GitRemote): Promise<void> {
    try {
      await this.outgoing.permittedNow(url);
    } catch (error) {
      if (!(error instanceof OutgoingError)) throw error;
      throw new GitError('refused', `${url}: ${error.message}`);
    }
  }

  private root(): Promise<string> {
    this.folder ??= mkdtemp(join(tmpdir(), 'flotilla-hub-git-'));
    return this.folder;
  }
}

function keyOf(use: string, { url, username, password }: GitRemote): string {
  const parts = JSON.stringify([use, url, username, password]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 24);
}
