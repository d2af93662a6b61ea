import { boolean, durationMs, httpAddress, oneOf, serverAddress } from '@flotilla/common/flags/flag-schemas';
import type { Flag } from '@flotilla/common/flags/flag';

/** What the process shows of itself, and which of several replicas works (flux-compat 8.1). */
export const processFlags = {
  metricsAddr: {
    name: 'metrics-addr',
    description: 'Address of /metrics; 0 switches it off.',
    value: 'host:port',
    schema: serverAddress,
    default: ':8080',
  },
  healthAddr: {
    name: 'health-addr',
    description: 'Address of /healthz and /readyz; 0 switches it off.',
    value: 'host:port',
    schema: serverAddress,
    default: ':9440',
  },
  eventsAddr: {
    name: 'events-addr',
    description: 'Address of a notification controller that events are posted to.',
    value: 'url',
    schema: httpAddress,
  },
  logLevel: {
    name: 'log-level',
    description: 'trace, debug, info or error.',
    value: 'level',
    schema: oneOf('trace', 'debug', 'info', 'error'),
    default: 'info',
  },
  logEncoding: {
    name: 'log-encoding',
    description: 'json or console.',
    value: 'encoding',
    schema: oneOf('json', 'console'),
    default: 'json',
  },
  enableLeaderElection: {
    name: 'enable-leader-election',
    description: 'Work only while holding the lease; needed with several replicas.',
    schema: boolean,
    default: 'false',
  },
  leaderElectionReleaseOnCancel: {
    name: 'leader-election-release-on-cancel',
    description: 'Give the lease up when the agent stops.',
    schema: boolean,
    default: 'true',
  },
  leaderElectionLeaseDurationMs: {
    name: 'leader-election-lease-duration',
    description: 'How long others wait for a leader that is silent.',
    value: 'duration',
    schema: durationMs,
    default: '35s',
  },
  leaderElectionRenewDeadlineMs: {
    name: 'leader-election-renew-deadline',
    description: 'How long a leader that cannot renew goes on.',
    value: 'duration',
    schema: durationMs,
    default: '30s',
  },
  leaderElectionRetryPeriodMs: {
    name: 'leader-election-retry-period',
    description: 'Time between two attempts.',
    value: 'duration',
    schema: durationMs,
    default: '5s',
  },
} as const satisfies Record<string, Flag<unknown>>;
