import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { FleetModule } from '../fleet/fleet.module.js';
import { IntentsModule } from '../intents/intents.module.js';
import { ChangeReader } from './change-reader.js';
import { FreshnessWatch } from './freshness-watch.js';
import { StreamController } from './http/stream.controller.js';
import { LiveUpdates } from './live-updates.js';

/** Live updates over server-sent events. */
@Module({
  imports: [AuthModule, FleetModule, IntentsModule],
  controllers: [StreamController],
  providers: [ChangeReader, FreshnessWatch, LiveUpdates],
})
export class StreamModule {}
