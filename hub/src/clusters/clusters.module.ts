import { Module } from '@nestjs/common';
import { CertificateStore } from './certificate.store.js';
import { ClusterStore } from './cluster.store.js';
import { ClustersService } from './clusters.service.js';
import { SessionControl } from './session-control.js';

@Module({
  providers: [ClusterStore, CertificateStore, SessionControl, ClustersService],
  exports: [ClusterStore, CertificateStore, SessionControl, ClustersService],
})
export class ClustersModule {}
