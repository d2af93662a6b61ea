import { Global, Module } from '@nestjs/common';
import { BreakGlass } from './break-glass.js';
import { BreakGlassService } from './break-glass.service.js';
import { BreakGlassStore } from './break-glass.store.js';
import { FreezeHandler } from './freeze.handler.js';
import { FreezeStore } from './freeze.store.js';
import { FreezeWatch } from './freeze-watch.js';
import { BreakGlassController } from './http/break-glass.controller.js';
import { DeleteFreezeController } from './http/delete-freeze.controller.js';
import { GetFreezeController } from './http/get-freeze.controller.js';
import { ListFreezesController } from './http/list-freezes.controller.js';
import { FreezeList } from './read-models/freeze-list.js';

/** Freeze documents, and how two people let a promotion pass one. */
@Global()
@Module({
  controllers: [ListFreezesController, GetFreezeController, DeleteFreezeController, BreakGlassController],
  providers: [
    FreezeStore,
    FreezeHandler,
    FreezeWatch,
    FreezeList,
    BreakGlassStore,
    BreakGlassService,
    { provide: BreakGlass, useExisting: BreakGlassService },
  ],
  exports: [BreakGlass, FreezeStore],
})
export class FreezesModule {}
