import { Module } from '@nestjs/common';
import { Governor } from './governor.js';
import { SourceFactsStore } from './source-facts.store.js';

/** Which sources stand still because a pipeline moves them. */
@Module({ providers: [SourceFactsStore, Governor] })
export class GovernanceModule {}
