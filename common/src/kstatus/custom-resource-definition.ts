import { conditionOf } from './fields.js';
import { current, failed, inProgress, type StatusRule } from './status.js';

/** CustomResourceDefinition (flux-compat 3.8): established, and its names are not refused. */
export const customResourceDefinitionStatus: StatusRule = (object) => {
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return failed(names.message);
  const established = conditionOf(object, 'Established');
  if (established?.status === 'True') return current('CRD is established');
  if (established?.status === 'False' && established.reason !== 'Installing')
    return failed(established.message);
  return inProgress('Install in progress');
};
