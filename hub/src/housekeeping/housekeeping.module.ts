import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { EnrollmentModule } from '../enrollment/enrollment.module.js';
import { ObjectsModule } from '../objects/objects.module.js';
import { Housekeeping } from './housekeeping.js';

@Module({
  imports: [ClustersModule, EnrollmentModule, ObjectsModule],
  providers: [Housekeeping],
  exports: [Housekeeping],
})
export class HousekeepingModule {}
