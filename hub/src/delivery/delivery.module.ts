import { Module } from '@nestjs/common';

/** Carrying out promotions by writing Git. */
@Module({})
export class DeliveryModule {}
