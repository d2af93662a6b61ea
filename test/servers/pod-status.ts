// What a kubelet would report for a Pod, decided by the tags of its images alone:
//
//   fail             a server crashes in a loop, a run-to-completion Pod fails
//   missing          the image cannot be pulled
//   slow-<seconds>   becomes ready (or completes) after that time
//   anything else    ready (or completed) at once
//
// Pods with `restartPolicy: Never` or `OnFailure` (those of Jobs) complete instead of becoming ready.

export interface PodContainer {
  readonly name: string;
  readonly image: string;
}

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly restartPolicy?: string;
    readonly containers: readonly PodContainer[];
    readonly initContainers?: readonly PodContainer[];
  };
  readonly status?: { readonly phase?: string };
}

export type PodFate =
  | { readonly kind: 'ready' | 'completed'; readonly afterSeconds: number }
  | { readonly kind: 'crashing' | 'failed' | 'unpullable'; readonly afterSeconds: 0 };

/** Decides what becomes of a Pod. The worst image decides; delays do not add up. */
export function fateOf(pod: Pod): PodFate {
  const runsOnce = pod.spec.restartPolicy === 'Never' || pod.spec.restartPolicy === 'OnFailure';
  const tags = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ image }) => tagOf(image));
  if (tags.includes('missing')) return { kind: 'unpullable', afterSeconds: 0 };
  if (tags.includes('fail')) return { kind: runsOnce ? 'failed' : 'crashing', afterSeconds: 0 };
  const delays = tags.map((tag) => Number(/^slow-(\d+)$/.exec(tag)?.[1] ?? 0));
  return { kind: runsOnce ? 'completed' : 'ready', afterSeconds: Math.max(0, ...delays) };
}

/** `registry:5000/name:tag@sha256:…` -> `tag`. */
function tagOf(image: string): string {
  const name = image.split('@')[0]!;
  const last = name.slice(name.lastIndexOf('/') + 1);
  return last.includes(':') ? last.slice(last.indexOf(':') + 1) : 'latest';
}

interface Outcome {
  readonly phase: string;
  readonly ready: boolean;
  readonly reason?: string;
  readonly restarts: number;
  readonly state: (now: string) => Record<string, unknown>;
}

const outcomes: Record<PodFate['kind'] | 'starting', Outcome> = {
  ready: { phase: 'Running', ready: true, restarts: 0, state: (now) => ({ running: { startedAt: now } }) },
  completed: {
    phase: 'Succeeded',
    ready: false,
    reason: 'PodCompleted',
    restarts: 0,
    state: (now) => ({ terminated: { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now } }),
  },
  failed: {
    phase: 'Failed',
    ready: false,
    reason: 'ContainersNotReady',
    restarts: 0,
    state: (now) => ({ terminated: { exitCode: 1, reason: 'Error', startedAt: now, finishedAt: now } }),
  },
  crashing: {
    phase: 'Running',
    ready: false,
    reason: 'ContainersNotReady',
    restarts: 3,
    state: () => ({
      waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' },
    }),
  },
  unpullable: {
    phase: 'Pending',
    ready: false,
    reason: 'ContainersNotReady',
    restarts: 0,
    state: () => ({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } }),
  },
  starting: {
    phase: 'Pending',
    ready: false,
    reason: 'ContainersNotReady',
    restarts: 0,
    state: () => ({ waiting: { reason: 'ContainerCreating' } }),
  },
};

/** The status of a Pod that has reached `kind`, as a merge patch body. */
export function podStatus(
  pod: Pod,
  kind: keyof typeof outcomes,
  podIP: string,
  now: string,
): Record<string, unknown> {
  const { phase, ready, reason, restarts, state } = outcomes[kind];
  const condition = (type: string, holds: boolean) => ({
    type,
    status: holds ? 'True' : 'False',
    lastTransitionTime: now,
    ...(!holds && { reason }),
  });
  return {
    phase,
    hostIP: '127.0.0.1',
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: now,
    conditions: [
      condition('Initialized', true),
      condition('Ready', ready),
      condition('ContainersReady', ready),
      condition('PodScheduled', true),
    ],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: '',
      ready,
      started: ready,
      restartCount: restarts,
      state: state(now),
    })),
  };
}
