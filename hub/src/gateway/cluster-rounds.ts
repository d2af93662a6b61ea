/** Runs work for clusters, one run a cluster at a time; what is asked for meanwhile makes one more run. */
export class ClusterRounds {
  /** Clusters that are being served; true when there is more to do afterwards. */
  private readonly running = new Map<string, boolean>();

  constructor(
    private readonly serve: (clusterId: string) => Promise<void>,
    private readonly onFailure: (err: unknown, clusterId: string) => void,
  ) {}

  /** Never throws. */
  run(clusterId: string): void {
    if (this.running.has(clusterId)) return void this.running.set(clusterId, true);
    this.running.set(clusterId, false);
    void this.serve(clusterId)
      .catch((err: unknown) => this.onFailure(err, clusterId))
      .finally(() => {
        const again = this.running.get(clusterId);
        this.running.delete(clusterId);
        if (again) this.run(clusterId);
      });
  }
}
