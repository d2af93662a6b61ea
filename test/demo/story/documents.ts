// The documents that the demo gives to the hub: three environments, and the pipeline through them.

const environment = (name: string): unknown => ({
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'Environment',
  metadata: { name },
  spec: { selector: { matchLabels: { env: name } } },
});

const pipeline = {
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'Pipeline',
  metadata: { name: 'fleet' },
  spec: {
    description: 'dev by itself, staging after a soak, prod after an approval and in two waves',
    sources: [{ kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' }],
    environments: [
      { name: 'dev', delivery: 'follow', rollout: { progressDeadline: '60s' } },
      {
        name: 'staging',
        gates: { before: [{ type: 'soak', duration: '3s' }, { type: 'health' }] },
        rollout: { progressDeadline: '60s' },
      },
      {
        name: 'prod',
        gates: { before: [{ type: 'health' }, { type: 'approval' }] },
        rollout: {
          waves: [
            { name: 'canary', selector: { matchLabels: { tier: 'canary' } }, soak: '2s' },
            { name: 'everyone' },
          ],
          soak: '1s',
          progressDeadline: '15s',
          onFailure: 'rollback',
        },
      },
    ],
  },
};

/** What the demo applies; `flotilla apply -f` takes the same. */
export const storyDocuments: readonly unknown[] = [
  environment('dev'),
  environment('staging'),
  environment('prod'),
  pipeline,
];
