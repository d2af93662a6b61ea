import { describe, expect, it } from 'vitest';
import { isCreateOnly, isExcluded, isForced, isMerged, isOwnedBy, isPruneDisabled } from './controls.js';

const group = 'kustomize.toolkit.fluxcd.io';
const label = (key: string, value: string) => ({
  metadata: { name: 'x', labels: { [`${group}/${key}`]: value } },
});
const annotation = (key: string, value: string) => ({
  metadata: { name: 'x', annotations: { [`${group}/${key}`]: value } },
});

describe('controls on one object (flux-compat 1.3)', () => {
  const rows: Array<[string, boolean, boolean]> = [
    ['reconcile: disabled as a label excludes', isExcluded(label('reconcile', 'disabled'), group), true],
    [
      'reconcile: disabled as an annotation excludes',
      isExcluded(annotation('reconcile', 'disabled'), group),
      true,
    ],
    ['the value is compared without case', isExcluded(annotation('ssa', 'IGNORE'), group), true],
    ['reconcile: enabled does not exclude', isExcluded(label('reconcile', 'enabled'), group), false],
    [
      'a control of another group does not count',
      isExcluded(label('reconcile', 'disabled'), 'other.io'),
      false,
    ],
    ['an object that is not there has no controls', isExcluded(undefined, group), false],
    ['ssa: IfNotPresent', isCreateOnly(label('ssa', 'ifnotpresent'), group), true],
    ['ssa: Merge', isMerged(annotation('ssa', 'Merge'), group), true],
    ['ssa: Merge is no exclusion', isExcluded(annotation('ssa', 'Merge'), group), false],
    ['force: enabled', isForced(annotation('force', 'Enabled'), group), true],
    ['force: disabled', isForced(annotation('force', 'disabled'), group), false],
    ['prune: disabled keeps', isPruneDisabled(annotation('prune', 'disabled'), group), true],
    ['what is excluded is not pruned either', isPruneDisabled(label('ssa', 'Ignore'), group), true],
    ['prune: disabled does not stop the apply', isExcluded(label('prune', 'disabled'), group), false],
  ];
  it.each(rows)('%s', (_, got, wanted) => {
    expect(got).toBe(wanted);
  });
});

describe('ownership of a live object (flux-compat 3.7)', () => {
  const owner = { group, name: 'apps', namespace: 'flux-system' };
  const labels = { [`${group}/name`]: 'apps', [`${group}/namespace`]: 'flux-system' };
  it.each([
    ['both labels', labels, true],
    ['another name', { ...labels, [`${group}/name`]: 'infra' }, false],
    ['another namespace', { ...labels, [`${group}/namespace`]: 'tenant' }, false],
    ['no labels', undefined, false],
  ])('%s', (_, live, wanted) => {
    expect(isOwnedBy({ name: 'x', ...(live ? { labels: live } : {}) }, owner)).toBe(wanted);
  });
});
