import type { Row } from '../rig/row.js';

/** A line of the metrics after one success of each kind. */
export interface MetricRow extends Row {
  readonly line: RegExp;
}

const metric = (behaviour: string, line: RegExp): MetricRow => ({ section: '7', behaviour, line });
const number = String.raw`[0-9.e+-]+`;
/** Prometheus does not care for the order of labels. */
const labelled = (name: string, ...labels: string[]): RegExp =>
  new RegExp(`^${name}\\{${labels.map((label) => `(?=[^}]*${label})`).join('')}[^}]*\\} ${number}$`, 'm');

const of = (kind: string): string[] => [`kind="${kind}"`, 'name="(apps|fleet)"', 'namespace="<ns>"'];

/** The metrics that dashboards and alert rules use (flux-compat 7). */
export const metricRows: readonly MetricRow[] = [
  ...['Kustomization', 'GitRepository'].flatMap((kind) => [
    metric(
      `gotk_reconcile_duration_seconds: buckets of ${kind}`,
      labelled('gotk_reconcile_duration_seconds_bucket', ...of(kind), 'le="0.01"'),
    ),
    metric(
      `gotk_reconcile_duration_seconds: the last bucket of ${kind} ends at half an hour`,
      labelled(
        'gotk_reconcile_duration_seconds_bucket',
        ...of(kind),
        'le="(1800|1800\\.0\\d*|1799\\.9\\d*)"',
      ),
    ),
    metric(
      `gotk_reconcile_duration_seconds: sum of ${kind}`,
      labelled('gotk_reconcile_duration_seconds_sum', ...of(kind)),
    ),
    metric(
      `gotk_reconcile_duration_seconds: count of ${kind}`,
      labelled('gotk_reconcile_duration_seconds_count', ...of(kind)),
    ),
    metric(
      `gotk_reconcile_condition: Ready of ${kind}`,
      labelled('gotk_reconcile_condition', ...of(kind), 'type="Ready"', 'status="True"'),
    ),
    metric(`gotk_suspend_status of ${kind}`, labelled('gotk_suspend_status', ...of(kind))),
    metric(
      `controller_runtime_reconcile_total of ${kind}`,
      labelled(
        'controller_runtime_reconcile_total',
        `controller="${kind.toLowerCase()}"`,
        'result="[a-z_]+"',
      ),
    ),
    metric(
      `controller_runtime_reconcile_time_seconds of ${kind}`,
      labelled('controller_runtime_reconcile_time_seconds_count', `controller="${kind.toLowerCase()}"`),
    ),
    metric(
      `controller_runtime_active_workers of ${kind}`,
      labelled('controller_runtime_active_workers', `controller="${kind.toLowerCase()}"`),
    ),
    metric(
      `controller_runtime_max_concurrent_reconciles of ${kind}`,
      labelled('controller_runtime_max_concurrent_reconciles', `controller="${kind.toLowerCase()}"`),
    ),
    ...[
      'workqueue_depth',
      'workqueue_adds_total',
      'workqueue_queue_duration_seconds_count',
      'workqueue_work_duration_seconds_count',
      'workqueue_retries_total',
      'workqueue_unfinished_work_seconds',
      'workqueue_longest_running_processor_seconds',
    ].map((name) => metric(`${name} of ${kind}`, labelled(name, `name="${kind.toLowerCase()}"`))),
  ]),
  metric(
    'controller_runtime_reconcile_errors_total',
    labelled('controller_runtime_reconcile_errors_total', 'controller="[a-z]+"'),
  ),
  metric(
    'controller_runtime_terminal_reconcile_errors_total',
    labelled('controller_runtime_terminal_reconcile_errors_total', 'controller="[a-z]+"'),
  ),
  metric(
    'rest_client_requests_total by code, host and method',
    labelled('rest_client_requests_total', 'code="200"', 'host="127\\.0\\.0\\.1:\\d+"', 'method="[A-Z]+"'),
  ),
  metric('process_* of the process', /^process_(cpu_seconds_total|resident_memory_bytes) [0-9.e+-]+$/m),
];

/** A flag of the command line with its default, as the help shows it. */
export interface FlagRow extends Row {
  readonly flag: string;
  readonly fallback?: string;
}

const flag = (name: string, fallback?: string): FlagRow => ({
  section: '8.1',
  behaviour: `--${name}${fallback === undefined ? '' : ` is ${fallback} by default`}`,
  flag: name,
  ...(fallback === undefined ? {} : { fallback }),
});

/** Flags of source-controller and kustomize-controller (flux-compat 8.1). */
export const flagRows: readonly FlagRow[] = [
  flag('metrics-addr', ':8080'),
  flag('health-addr', ':9440'),
  flag('events-addr'),
  flag('concurrent', '4'),
  flag('requeue-dependency', '30s'),
  flag('kube-api-qps', '50'),
  flag('kube-api-burst', '300'),
  flag('log-level', 'info'),
  flag('log-encoding', 'json'),
  flag('enable-leader-election', 'false'),
  flag('leader-election-release-on-cancel', 'true'),
  flag('leader-election-lease-duration', '35s'),
  flag('leader-election-renew-deadline', '30s'),
  flag('leader-election-retry-period', '5s'),
  flag('min-retry-delay', '750ms'),
  flag('max-retry-delay', '15m'),
  flag('watch-all-namespaces', 'true'),
  flag('watch-label-selector'),
  flag('watch-configs-label-selector', 'reconcile.fluxcd.io/watch=Enabled'),
  flag('interval-jitter-percentage', '5'),
  flag('feature-gates'),
  flag('no-cross-namespace-refs', 'false'),
  flag('default-service-account'),
  flag('default-kubeconfig-service-account'),
  flag('token-cache-max-size'),
  flag('token-cache-max-duration', '1h'),
  flag('storage-path'),
  flag('storage-addr', ':9090'),
  flag('storage-adv-addr'),
  flag('artifact-retention-ttl', '60s'),
  flag('artifact-retention-records', '2'),
  flag('artifact-digest-algo', 'sha256'),
  flag('ssh-kex-algos'),
  flag('ssh-hostkey-algos'),
  flag('concurrent-ssa', '4'),
  flag('http-retry', '9'),
  flag('no-remote-bases', 'false'),
  flag('override-manager'),
  flag('custom-apply-stage-kinds'),
  flag('sops-age-secret'),
  flag('sops-vault-configmap'),
  flag('default-decryption-service-account'),
  flag('insecure-kubeconfig-exec', 'false'),
  flag('insecure-kubeconfig-tls', 'false'),
];

export interface GateRow extends Row {
  readonly gate: string;
}

/** Feature gates that installs may set (flux-compat 8.1). */
export const gateRows: readonly GateRow[] = [
  'CacheSecretsAndConfigMaps',
  'DisableStatusPollerCache',
  'DisableFailFastBehavior',
  'StrictPostBuildSubstitutions',
  'GroupChangeLog',
  'AdditiveCELDependencyCheck',
  'ExternalArtifact',
  'CancelHealthCheckOnNewRevision',
  'DisableConfigWatchers',
  'DirectSourceFetch',
  'MigrateAPIVersion',
  'ObjectLevelWorkloadIdentity',
].map((gate) => ({ section: '8.1', behaviour: `--feature-gates=${gate}=true is accepted`, gate }));

/** A field of the log lines of a reconcile. */
export interface LogRow extends Row {
  readonly field: string;
  readonly is: RegExp;
  /** Only of lines with this message. */
  readonly msg?: string;
}

const log = (field: string, is: RegExp, behaviour = `log lines of a reconcile have ${field}`): LogRow => ({
  section: '7',
  behaviour,
  field,
  is,
});

export const logRows: readonly LogRow[] = [
  log('level', /^(trace|debug|info|error)$/),
  log('ts', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
  log('msg', /./),
  log('controller', /^kustomization$/),
  log('controllerGroup', /^kustomize\.toolkit\.fluxcd\.io$/),
  log('controllerKind', /^Kustomization$/),
  log('Kustomization', /"name":"apps"/, 'log lines of a reconcile have the object under its kind'),
  log('namespace', /^<ns>$/),
  log('name', /^apps$/),
  log('reconcileID', /^[0-9a-f]{8}-[0-9a-f]{4}-/),
  {
    section: '8.1',
    behaviour: 'GroupChangeLog: the log line of an apply lists objects by what happened to them',
    field: 'output',
    is: /^\{"created":\["ConfigMap\/<ns>\/a"\]\}$/,
    msg: 'server-side apply completed',
  },
];

export interface EndpointRow extends Row {
  readonly path: string;
}

export const endpointRows: readonly EndpointRow[] = [
  { section: '7', behaviour: '/healthz answers while the process is alive', path: '/healthz' },
  { section: '7', behaviour: '/readyz answers once the caches are filled', path: '/readyz' },
];
