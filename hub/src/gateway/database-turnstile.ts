import { Injectable } from '@nestjs/common';
import { InjectConfig } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { Turnstile } from '../platform/turnstile.js';

/** How sessions come and go without taking all connections of the pool. */
@Injectable()
export class DatabaseTurnstile extends Turnstile {
  constructor(@InjectConfig() { databasePool }: HubConfig) {
    super(Math.max(1, Math.floor(databasePool / 3)));
  }
}
