/** Where the programs of the test rig are. */
export interface RigPrograms {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubectl: string;
  readonly helm: string;
}

/** Makes everything that tests and demos need ready: packages, control-plane binaries, kubectl and helm. */
export function prepare(): Promise<RigPrograms>;
