import type { FreezeScope } from '@flotilla/common/fleet-api/freeze';
import { describe, expect, it } from 'vitest';
import { holdsCluster, holdsSource } from './freeze-scope.js';

const app = { kind: 'GitRepository' as const, namespace: 'flux-system', name: 'app' };
const members = new Map([['prod', new Set(['c1'])]]);
const c1 = { id: 'c1', name: 'one' };

describe('a freeze', () => {
  it.each<readonly [string, FreezeScope, boolean]>([
    ['of the organisation holds every cluster', { organisation: true }, true],
    ['of a source alone holds every cluster', { source: app }, true],
    ['of its environment holds a cluster', { environment: 'prod' }, true],
    ['of another environment does not', { environment: 'dev' }, false],
    ['of a source in another environment does not', { environment: 'dev', source: app }, false],
    ['of the cluster, by its name, holds it', { cluster: 'one' }, true],
    ['of another cluster does not', { cluster: 'c1' }, false],
  ])('%s', (_sentence, scope, holds) => {
    expect(holdsCluster(scope, c1, members)).toBe(holds);
  });

  it.each<readonly [string, FreezeScope, readonly (typeof app)[] | undefined, boolean]>([
    ['without a source is about any', { organisation: true }, [app], true],
    ['of a source is about that one', { source: app }, [{ ...app, name: 'x' }, app], true],
    ['of a source is not about one of another name', { source: app }, [{ ...app, name: 'x' }], false],
    [
      'of a source is not about one of another namespace',
      { source: app },
      [{ ...app, namespace: 'x' }],
      false,
    ],
    ['of a source is about a cluster whose sources nobody named', { source: app }, undefined, true],
    ['of a source is not about no source', { source: app }, [], false],
  ])('%s', (_sentence, scope, sources, holds) => {
    expect(holdsSource(scope, sources)).toBe(holds);
  });
});
