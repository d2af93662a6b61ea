import { describe, expect, it } from 'vitest';
import type { KubeClient } from '../../kube/client.js';
import { fixedCredentials } from '../../kube/credentials.js';
import type { ClusterConfig } from './cluster-config.js';
import { RemoteClusters } from './remote-clusters.js';

function scenario(): { clusters: RemoteClusters; opened: string[]; closed: string[] } {
  const opened: string[] = [];
  const closed: string[] = [];
  const clusters = new RemoteClusters(({ server }) => {
    opened.push(server);
    return {
      // Nobody asks it anything here.
      client: { name: server } as unknown as KubeClient,
      close: () => Promise.resolve(void closed.push(server)),
    };
  });
  return { clusters, opened, closed };
}

function config(key: string): ClusterConfig {
  return {
    id: 'id',
    key,
    open: () => ({ server: key, tls: {}, credentials: fixedCredentials({ headers: {} }), headers: {} }),
  };
}

const [a, b] = [
  { namespace: 'ns', name: 'a' },
  { namespace: 'ns', name: 'b' },
];

describe('remote clusters', () => {
  it('share a connection among those who reach them in the same way', () => {
    const { clusters, opened } = scenario();
    const first = clusters.use(a, config('one'));
    expect(clusters.use(b, config('one')).client).toBe(first.client);
    expect(clusters.use(a, config('one'))).toBe(first);
    expect(clusters.of(b)?.key).toBe('one');
    expect(opened).toEqual(['one']);
  });

  it('are closed when the last one leaves', () => {
    const { clusters, closed } = scenario();
    clusters.use(a, config('one'));
    clusters.use(b, config('one'));
    clusters.use(a, config('two'));
    expect(closed).toEqual([]);
    clusters.release(b);
    expect(closed).toEqual(['one']);
    clusters.release(b);
    clusters.release(a);
    expect(closed).toEqual(['one', 'two']);
    expect(clusters.of(a)).toBeUndefined();
  });

  it('are opened anew for somebody who comes back', () => {
    const { clusters, opened } = scenario();
    clusters.use(a, config('one'));
    clusters.release(a);
    clusters.use(a, config('one'));
    expect(opened).toEqual(['one', 'one']);
  });

  it('are all closed at the end', async () => {
    const { clusters, closed } = scenario();
    clusters.use(a, config('one'));
    clusters.use(b, config('two'));
    await clusters.stop();
    expect(closed).toEqual(['one', 'two']);
    expect(clusters.of(a)).toBeUndefined();
  });
});
