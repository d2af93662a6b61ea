import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Operation } from '../../openapi/operation.js';
import { ConfigurationRepository } from '../configuration-repository.js';
import type { PullRecord } from '../pull.store.js';
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
    const { name, settings } = this.repository;
    if (name === null || settings.configGitUrl === undefined) return { git: null };
    const pull = await this.pulls.get(this.database.manager, name);
    return {
      git: {
        url: settings.configGitUrl,
        branch: settings.configGitBranch,
        path: settings.configGitPath,
        intervalSeconds: settings.configGitIntervalMs / 1000,
        ...(pull === null ? notYet : statusOf(pull)),
      },
    };
  }
}

const notYet = {
  ready: false,
  message: 'has not been looked at yet',
  problems: [],
  appliedCommit: null,
  appliedAt: null,
  seenCommit: null,
  checkedAt: null,
  documents: 0,
};

function statusOf(
  pull: PullRecord,
): Omit<NonNullable<ConfigurationView['git']>, 'url' | 'branch' | 'path' | 'intervalSeconds'> {
  const { message, problems, appliedCommit, appliedAt, seenCommit, checkedAt, documents } = pull;
  const applied = { appliedCommit, appliedAt, documents };
  return { ready: message === '', message, problems: [...problems], seenCommit, checkedAt, ...applied };
}
