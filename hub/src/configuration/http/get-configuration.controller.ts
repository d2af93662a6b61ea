import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Operation } from '../../openapi/operation.js';
import { ConfigurationRepository } from '../configuration-repository.js';
import { PullStore } from '../pull.store.js';
import type { ConfigurationView } from './configuration.schema.js';
import { configurationSchema } from './configuration.schema.js';

@ApiTags('configuration')
@Controller('api/v1/configuration')
export class GetConfigurationController {
  constructor(
    private readonly database: DataSource,
    private readonly repository: ConfigurationRepository,
    private readonly pulls: PullStore,
  ) {}

  @Get()
  @Operation({
    summary: 'Read where the configuration comes from, and whether it is in force',
    access: 'viewer',
    answer: configurationSchema,
  })
  async getConfiguration(): Promise<ConfigurationView> {
    const { configGitUrl, configGitBranch, configGitPath, configGitIntervalMs } = this.repository.settings;
    if (configGitUrl === undefined) return { git: null };
    const pull = await this.pulls.get(this.database.manager, this.repository.name ?? '');
    return {
      git: {
        url: configGitUrl,
        branch: configGitBranch,
        path: configGitPath,
        intervalSeconds: configGitIntervalMs / 1000,
        ready: pull?.message === '',
        message: pull?.message ?? 'has not been looked at yet',
        problems: [...(pull?.problems ?? [])],
        appliedCommit: pull?.appliedCommit ?? null,
        appliedAt: pull?.appliedAt ?? null,
        seenCommit: pull?.seenCommit ?? null,
        checkedAt: pull?.checkedAt ?? null,
        documents: pull?.documents ?? 0,
      },
    };
  }
}
