import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import { invalid } from '../../platform/errors/hub-error.js';
import { parseCommit } from '../domain/commit.js';
import type { WhereAnswer } from '../read-models/where-commit.js';
import { WhereCommit } from '../read-models/where-commit.js';
import type { WhereQuery } from './where.schema.js';
import { whereQuery, whereSchema } from './where.schema.js';

@ApiTags('where')
@Controller('api/v1/where')
export class WhereController {
  constructor(private readonly where: WhereCommit) {}

  @Get(':commit')
  @Operation({
    summary: 'Tell how far a commit has come on each cluster',
    description: 'The commit is 7 to 64 hexadecimal digits, or a whole revision such as main@sha1:….',
    access: 'viewer',
    answer: whereSchema,
  })
  async whereIs(
    @Param('commit') commit: string,
    @Query({ schema: whereQuery }) { labelSelector }: WhereQuery,
  ): Promise<WhereAnswer & { readonly commit: string }> {
    const query = parseCommit(commit);
    if (query === null) {
      throw invalid(
        'commit',
        `commit "${commit.slice(0, 100)}" is neither 7 to 64 hexadecimal digits nor a revision`,
        {
          remedy: 'take it from git rev-parse HEAD',
        },
      );
    }
    return { commit, ...(await this.where.answer(query, labelSelector)) };
  }
}
