import type { KubeClient } from '../kube/client.js';
import type { Clock } from '../runtime/clock.js';
import type { ApplyOptions, ReadStatus } from './engine.js';

/** What the steps of one apply share. */
export interface ApplyContext {
  client: Pick<KubeClient, 'get' | 'apply' | 'patch' | 'delete' | 'discovery'>;
  clock: Clock;
  readStatus: ReadStatus;
  options: ApplyOptions;
}
