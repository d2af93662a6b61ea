import { Global, Module } from '@nestjs/common';
import { GitDelivery } from '../promotions/git-delivery.js';
import { GitDeliveryService } from './git-delivery.service.js';

/** Carrying out promotions by writing Git. */
@Global()
@Module({
  providers: [{ provide: GitDelivery, useClass: GitDeliveryService }],
  exports: [GitDelivery],
})
export class DeliveryModule {}
