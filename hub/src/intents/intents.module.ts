import { Global, Module } from '@nestjs/common';
import { IntentPort } from '../gateway/intent-port.js';
import { CreateIntentsController } from './http/create-intents.controller.js';
import { GetIntentController } from './http/get-intent.controller.js';
import { ListIntentsController } from './http/list-intents.controller.js';
import { IntentExpiry } from './intent-expiry.js';
import { IntentInbox } from './intent-inbox.js';
import { IntentStore } from './intent.store.js';
import { IntentsService } from './intents.service.js';
import { IntentList } from './read-models/intent-list.js';

/** What people ask of clusters. The gateway takes `IntentPort` from here. */
@Global()
@Module({
  controllers: [CreateIntentsController, ListIntentsController, GetIntentController],
  providers: [
    IntentStore,
    IntentsService,
    IntentList,
    IntentExpiry,
    { provide: IntentPort, useClass: IntentInbox },
  ],
  exports: [IntentPort, IntentList, IntentStore],
})
export class IntentsModule {}
