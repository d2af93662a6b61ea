import { BenchCluster } from '../bench-cluster.js';
import { applicationObjects, folderOf, gitRepository, kustomization } from '../manifests.js';

export const objectsOfApplication = 4;

/** The namespace of what the Kustomizations of a fleet apply. */
export const workNamespace = 'work';

export interface Fleet {
  readonly cluster: BenchCluster;
  readonly size: number;
  /** Each serves an equal share of the Kustomizations. */
  readonly sources: readonly FleetSource[];
}

export interface FleetSource {
  readonly name: string;
  readonly applications: readonly string[];
  /** Commits another value for one of the applications; gives the commit. */
  change(application: string, value: string): Promise<string>;
  /** Commits a file that no Kustomization reads. */
  changeNothing(text: string): Promise<string>;
}

export interface FleetWish {
  readonly size: number;
  readonly sources: number;
  readonly intervalSeconds: number;
  readonly profiles: string | undefined;
}

/** Many small Kustomizations, in the cluster but not reconciled yet: no agent runs. */
export async function makeFleet({ size, sources, intervalSeconds, profiles }: FleetWish): Promise<Fleet> {
  const cluster = await BenchCluster.start({ profiles });
  await cluster.createNamespace(workNamespace);
  const made: FleetSource[] = [];
  for (let index = 1; index <= sources; index++) {
    made.push(await makeSource(cluster, `source-${index}`, size / sources, intervalSeconds));
  }
  return { cluster, size, sources: made };
}

async function makeSource(
  cluster: BenchCluster,
  name: string,
  count: number,
  intervalSeconds: number,
): Promise<FleetSource> {
  const applications = Array.from({ length: count }, (_, i) => `${name}-${String(i + 1).padStart(4, '0')}`);
  const files = (application: string, value: string) =>
    folderOf(`apps/${application}`, applicationObjects(application, value));
  const repository = await cluster.repository(
    name,
    Object.assign({}, ...applications.map((application) => files(application, 'one'))) as Record<
      string,
      string
    >,
  );
  await cluster.create([
    gitRepository(name, repository.url),
    ...applications.map((application) =>
      kustomization({
        name: application,
        source: name,
        path: `./apps/${application}`,
        targetNamespace: workNamespace,
        interval: `${intervalSeconds}s`,
      }),
    ),
  ]);
  return {
    name,
    applications,
    change: (application, value) => repository.commit(files(application, value)),
    changeNothing: (text) => repository.commit({ 'README.md': text }),
  };
}
