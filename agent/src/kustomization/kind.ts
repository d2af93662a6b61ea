import type { TypeRef } from '@flotilla/common/kube/object';

export const kustomizationGroup = 'kustomize.toolkit.fluxcd.io';
export const kustomizationType: TypeRef = { apiVersion: `${kustomizationGroup}/v1`, kind: 'Kustomization' };
/** Owns the applied fields (flux-compat 1.4). */
export const applyManager = 'kustomize-controller';
/** Owns status and finalizers (flux-compat 1.4). */
export const statusManager = 'gotk-kustomize-controller';
export const finalizer = 'finalizers.fluxcd.io';
export const requestedAtAnnotation = 'reconcile.fluxcd.io/requestedAt';
