import { Global, Module } from '@nestjs/common';
import { AuthorLearner } from './author-learner.js';
import { AuthorStore } from './author.store.js';
import { AutomaticReleases } from './automatic-releases.js';
import { GitWatch } from './git-watch.js';
import { CreateReleaseController } from './http/create-release.controller.js';
import { GetReleaseController } from './http/get-release.controller.js';
import { ListReleasesController } from './http/list-releases.controller.js';
import { OwnCommits } from './own-commits.js';
import { ReleaseList } from './read-models/release-list.js';
import { ReleaseMaker } from './release-maker.js';
import { ReleaseTriggers } from './release-triggers.js';
import { ReleaseStore } from './release.store.js';
import { Releases } from './releases.js';
import { ReleasesService } from './releases.service.js';
import { SourceStore } from './source.store.js';
import { WatchStore } from './watch.store.js';

/** Releases: immutable sets of revisions, made by the hub from what it sees, or by hand. */
@Global()
@Module({
  controllers: [ListReleasesController, CreateReleaseController, GetReleaseController],
  providers: [
    ReleaseStore,
    { provide: Releases, useExisting: ReleaseStore },
    SourceStore,
    WatchStore,
    AuthorStore,
    AuthorLearner,
    ReleaseMaker,
    OwnCommits,
    GitWatch,
    AutomaticReleases,
    ReleaseTriggers,
    ReleasesService,
    ReleaseList,
  ],
  exports: [Releases],
})
export class ReleasesModule {}
