import type { Kustomization } from '@flotilla/common/api/kustomization';
import { HealthExpressions } from '@flotilla/common/kstatus/health-expressions';
import type { WaitOptions } from '../../ssa/engine.js';
import type { Run } from '../run.js';
import { configurationFailure, messageOf } from '../step-failure.js';

/** By the object as one reconcile sees it. */
const compiled = new WeakMap<Kustomization, HealthExpressions>();

/** Reads spec.healthCheckExprs (flux-compat 3.2, 2). @throws StepFailure that ends the reconcile for good */
export function checkHealthExpressions(run: Run): void {
  try {
    compiled.set(run.object, HealthExpressions.compile(run.object.spec.healthCheckExprs ?? []));
  } catch (error) {
    throw configurationFailure('InvalidCELExpression', messageOf(error));
  }
}

/** The health of those objects that an expression is meant for. */
export function statusByExpressions(run: Run): NonNullable<WaitOptions['statusOf']> {
  return (object) => compiled.get(run.object)?.statusOf(object);
}
