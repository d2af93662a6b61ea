import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { EnrollmentModule } from '../enrollment/enrollment.module.js';
import { JoinTokenAdministration } from './join-token-administration.service.js';
import { CreateJoinTokenController } from './http/create-join-token.controller.js';
import { ListJoinTokensController } from './http/list-join-tokens.controller.js';
import { DeleteJoinTokenController } from './http/delete-join-token.controller.js';
import { JoinTokenList } from './read-models/join-token-list.js';
import { ClusterAdministration } from './cluster-administration.service.js';
import { DeleteClusterController } from './http/delete-cluster.controller.js';
import { GetClusterController } from './http/get-cluster.controller.js';
import { GetObjectController } from './http/get-object.controller.js';
import { ListClustersController } from './http/list-clusters.controller.js';
import { ListEventsController } from './http/list-events.controller.js';
import { ListObjectsController } from './http/list-objects.controller.js';
import { PatchClusterController } from './http/patch-cluster.controller.js';
import { RevokeClusterController } from './http/revoke-cluster.controller.js';
import { WhereController } from './http/where.controller.js';
import { ClusterList } from './read-models/cluster-list.js';
import { EventList } from './read-models/event-list.js';
import { ObjectDetails } from './read-models/object-details.js';
import { ObjectList } from './read-models/object-list.js';
import { WhereCommit } from './read-models/where-commit.js';

/** What people see of the fleet. */
@Module({
  imports: [ClustersModule, EnrollmentModule],
  controllers: [
    ListClustersController,
    GetClusterController,
    PatchClusterController,
    RevokeClusterController,
    DeleteClusterController,
    ListObjectsController,
    GetObjectController,
    ListEventsController,
    WhereController,
    CreateJoinTokenController,
    ListJoinTokensController,
    DeleteJoinTokenController,
  ],
  providers: [
    ClusterAdministration,
    JoinTokenAdministration,
    ClusterList,
    JoinTokenList,
    ObjectList,
    ObjectDetails,
    EventList,
    WhereCommit,
  ],
  exports: [ClusterList, ObjectList, EventList],
})
export class FleetModule {}
