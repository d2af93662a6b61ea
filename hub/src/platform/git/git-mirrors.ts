import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { GitMirror } from './git-mirror.js';
import type { GitRemote } from './run-git.js';

/** The caches of the repositories that this process looks at; they go with it. */
@Injectable()
export class GitMirrors implements OnApplicationShutdown {
  private folder: Promise<string> | undefined;
  private readonly mirrors = new Map<string, Promise<GitMirror>>();

  /** One cache for each address and credentials; one that reads files is another one than one that reads commits. */
  of(remote: GitRemote, holds: GitMirror['holds']): Promise<GitMirror> {
    const key = createHash('sha256')
      .update(JSON.stringify([holds, remote.url, remote.username, remote.password]))
      .digest('hex')
      .slice(0, 24);
    const known = this.mirrors.get(key) ?? this.open(key, remote, holds);
    this.mirrors.set(key, known);
    return known;
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.folder) await rm(await this.folder, { recursive: true, force: true });
  }

  private async open(key: string, remote: GitRemote, holds: GitMirror['holds']): Promise<GitMirror> {
    this.folder ??= mkdtemp(join(tmpdir(), 'flotilla-hub-git-'));
    return new GitMirror(join(await this.folder, key), remote, holds);
  }
}
