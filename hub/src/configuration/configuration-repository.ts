import { Injectable } from '@nestjs/common';
import { InjectConfig } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import type { GitFile } from '../platform/git/git-mirror.js';
import { GitMirrors } from '../platform/git/git-mirrors.js';
import { isDocumentFile } from './domain/read-files.js';

/** The repository that the flags name, if they do. */
@Injectable()
export class ConfigurationRepository {
  constructor(
    @InjectConfig() private readonly config: HubConfig,
    private readonly mirrors: GitMirrors,
  ) {}

  /** Its identity: address, branch and folder. Null: the hub reads no configuration from Git. */
  get name(): string | null {
    const { configGitUrl: url, configGitBranch: branch, configGitPath: path } = this.config;
    return url === undefined ? null : `${url}#${branch}${path === '' ? '' : `:${path}`}`;
  }

  get settings(): Pick<
    HubConfig,
    'configGitUrl' | 'configGitBranch' | 'configGitPath' | 'configGitIntervalMs'
  > {
    return this.config;
  }

  /** The files that may hold documents, at the tip of the branch. @throws GitError */
  async read(): Promise<{ readonly commit: string; readonly files: readonly GitFile[] }> {
    const { configGitUrl: url = '', configGitUsername: username, configGitPassword: password } = this.config;
    const mirror = await this.mirrors.of({ url, username, password }, 'files');
    return mirror.read(this.config.configGitBranch, this.config.configGitPath, isDocumentFile);
  }
}
