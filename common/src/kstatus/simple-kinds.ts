import { textAt } from './fields.js';
import { current, inProgress, type StatusRule } from './status.js';

/** ConfigMap, Secret, CronJob (flux-compat 3.8): there is nothing to wait for. */
export const alwaysCurrent: StatusRule = () => current('Resource is always ready');

/** PodDisruptionBudget: its observedGeneration has been checked already. */
export const disruptionBudgetStatus: StatusRule = () => current('AllowedDisruptions has been computed.');

/** Service: a load balancer needs an address inside the cluster; the one outside is not waited for. */
export const serviceStatus: StatusRule = (object) => {
  const balanced = textAt(object, 'spec', 'type') === 'LoadBalancer';
  if (balanced && !textAt(object, 'spec', 'clusterIP'))
    return inProgress('ClusterIP not set. Service type: LoadBalancer');
  return current('Service is ready');
};

/** PersistentVolumeClaim: bound. */
export const volumeClaimStatus: StatusRule = (object) => {
  const phase = textAt(object, 'status', 'phase') ?? 'unknown';
  return phase === 'Bound' ? current('PVC is Bound') : inProgress(`PVC is not Bound. phase: ${phase}`);
};
