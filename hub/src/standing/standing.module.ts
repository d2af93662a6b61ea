import { Global, Module } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { StandingPort } from '../gateway/standing-port.js';
import { ChangeViews } from '../platform/changes/change-views.js';
import { DeliveryNoteStore } from './delivery-note.store.js';
import { CreateVetoController } from './http/create-veto.controller.js';
import { LiftVetoController } from './http/lift-veto.controller.js';
import { ListVetoesController } from './http/list-vetoes.controller.js';
import { PinStore } from './pin.store.js';
import { VetoList } from './read-models/veto-list.js';
import { StandingIntents } from './standing.js';
import { StandingInputs } from './standing-inputs.js';
import { StandingNews } from './standing-news.js';
import { StandingOutbox } from './standing-outbox.js';
import { StandingRefresh } from './standing-refresh.js';
import { StandingRegister } from './standing-register.js';
import { StandingSetStore } from './standing-set.store.js';
import { StandingSets } from './standing-sets.js';
import { VetoStore } from './veto.store.js';
import { VetoesService } from './vetoes.service.js';

/** What the hub asks of clusters until it says otherwise. The gateway takes `StandingPort` from here. */
@Global()
@Module({
  controllers: [ListVetoesController, CreateVetoController, LiftVetoController],
  providers: [
    PinStore,
    VetoStore,
    StandingSetStore,
    DeliveryNoteStore,
    StandingInputs,
    StandingSets,
    StandingNews,
    StandingRefresh,
    VetoesService,
    VetoList,
    { provide: StandingIntents, useClass: StandingRegister },
    { provide: StandingPort, useClass: StandingOutbox },
  ],
  exports: [StandingIntents, StandingPort, StandingNews, StandingInputs],
})
export class StandingModule implements OnModuleInit {
  constructor(
    private readonly views: ChangeViews,
    private readonly vetoes: VetoList,
  ) {}

  onModuleInit(): void {
    this.views.register('veto', async (ids) =>
      (await this.vetoes.byIds(ids)).map((view) => ({ key: view.id, view })),
    );
  }
}
