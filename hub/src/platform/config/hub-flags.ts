import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Flag, Values } from '@flotilla/common/flags/flag';
import { endpoint, listenAddress, list, seconds, wholeNumber } from '@flotilla/common/flags/flag-schemas';
import { addressRanges } from './address-ranges.js';

/** Root has no home that a PostgreSQL process of another user could enter. */
function defaultDataDir(): string {
  return process.getuid?.() === 0
    ? '/var/lib/flotilla-hub'
    : join(homedir(), '.local', 'share', 'flotilla-hub');
}

const optionalText = z.string().optional();
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Of webhooks for pull requests. */
function hookSecret<Name extends string>(provider: Name, title: string) {
  return {
    name: `hook-secret-${provider}`,
    description: `Secret of the webhook for pull requests of ${title}; without it deliveries are refused.`,
    value: 'text',
    schema: z.string().min(8, 'expected 8 or more characters').optional(),
    secret: true,
  } as const;
}

function hookToken<Name extends string>(provider: Name, title: string) {
  return {
    name: `hook-token-${provider}`,
    description: `Access token with which the hub posts commit statuses to ${title}; without it none are posted.`,
    value: 'text',
    schema: optionalText,
    secret: true,
  } as const;
}

function hookApi<Name extends string>(provider: Name, title: string, address: string) {
  return {
    name: `hook-api-${provider}`,
    description: `Address of the API of ${title} for commit statuses${address ? '' : ', e.g. https://git.example.com/api/v1'}.`,
    value: 'https://…',
    schema: z
      .string()
      .regex(/^(https?:\/\/[^\s]+)?$/, 'expected an address that begins with https:// or http://')
      .transform((text) => text.replace(/\/+$/, '')),
    default: address,
  } as const;
}

/** Every setting of the hub: a flag, and the environment variable FLOTILLA_HUB_<FLAG>. */
export const hubFlags = {
  httpAddr: {
    name: 'http-addr',
    description: 'Address of the REST API, the health checks and the metrics; port 0 takes a free one.',
    value: 'host:port',
    schema: listenAddress,
    default: ':8080',
  },
  grpcAddr: {
    name: 'grpc-addr',
    description: 'Address for agents with a client certificate (mutual TLS).',
    value: 'host:port',
    schema: listenAddress,
    default: ':8443',
  },
  enrollAddr: {
    name: 'enroll-addr',
    description: 'Address where agents enrol with a join token (server TLS only).',
    value: 'host:port',
    schema: listenAddress,
    default: ':8444',
  },
  dataDir: {
    name: 'data-dir',
    description: 'Folder of the certificate authority, the first admin token and the embedded PostgreSQL.',
    value: 'path',
    schema: z.string().min(1, 'expected a path'),
    default: defaultDataDir(),
  },
  adminToken: {
    name: 'admin-token',
    description:
      'API token of an admin; without it the hub makes one at its first start, in the data folder.',
    value: 'text',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{32,512}$/, 'expected 32 or more characters without blanks')
      .optional(),
    secret: true,
  },
  databaseUrl: {
    name: 'database-url',
    description: 'PostgreSQL 14 or newer; without it the hub starts an embedded one in the data folder.',
    value: 'postgres://…',
    schema: z
      .url({ protocol: /^postgres(ql)?$/, error: 'expected postgres://user:password@host:port/database' })
      .optional(),
    env: ['DATABASE_URL'],
    secret: true,
  },
  databasePool: {
    name: 'database-pool',
    description: 'Database connections of this replica at most; background work takes up to 16 more.',
    value: 'n',
    schema: wholeNumber(2, 500),
    default: '10',
  },
  publicEndpoint: {
    name: 'public-endpoint',
    description: 'host:port under which agents reach --grpc-addr; told to them when they enrol.',
    value: 'host:port',
    schema: endpoint.optional(),
  },
  tlsNames: {
    name: 'tls-name',
    description: 'More DNS names and IP addresses of the server certificate; may be given several times.',
    value: 'name',
    schema: list,
    default: '',
    repeatable: true,
  },
  caCert: {
    name: 'ca-cert',
    description: 'PEM file of the certificate authority; without it the hub makes one in the data folder.',
    value: 'path',
    schema: optionalText,
  },
  caKey: {
    name: 'ca-key',
    description: 'PEM file of its key: EC (P-256 or P-384) or RSA, in PKCS#8, PKCS#1 or SEC 1.',
    value: 'path',
    schema: optionalText,
  },
  certificateTtlMs: {
    name: 'certificate-ttl',
    description: 'Lifetime of an agent certificate in seconds; agents renew theirs after two thirds of it.',
    value: 'seconds',
    schema: seconds(60, 90 * 86_400),
    default: '86400',
  },
  heartbeatMs: {
    name: 'heartbeat',
    description: 'How often an agent confirms its state, in seconds.',
    value: 'seconds',
    schema: seconds(1, 15),
    default: '5',
  },
  configGitUrl: {
    name: 'config-git-url',
    description:
      'Git repository with documents (Environment, Pipeline, Freeze) that the hub keeps itself to.',
    value: 'https://…',
    schema: z
      .url({ protocol: /^https?$/, error: 'expected an address that begins with https:// or http://' })
      .refine(
        (text) => !URL.canParse(text) || `${new URL(text).username}${new URL(text).password}` === '',
        'must not hold a user or password; see --config-git-username and --config-git-password',
      )
      .optional(),
  },
  configGitBranch: {
    name: 'config-git-branch',
    description: 'Branch of that repository.',
    value: 'name',
    schema: z.string().regex(/^(?!-)[^\s~^:?*[\\]+$/, 'expected the name of a branch'),
    default: 'main',
  },
  configGitPath: {
    name: 'config-git-path',
    description: 'Folder of that repository; without it all of it.',
    value: 'path',
    schema: z
      .string()
      .regex(/^(?!\/)(?!.*\.\.)[^\0]*$/, 'expected a path inside the repository')
      .transform((text) => text.replace(/^(?:\.\/)+|\/+$|^\.$/g, '')),
    default: '',
  },
  configGitIntervalMs: {
    name: 'config-git-interval',
    description: 'How often it is looked at, in seconds.',
    value: 'seconds',
    schema: seconds(1, 86_400),
    default: '60',
  },
  configGitUsername: {
    name: 'config-git-username',
    description: 'User for that repository.',
    value: 'name',
    schema: optionalText,
  },
  configGitPassword: {
    name: 'config-git-password',
    description: 'Password or access token for that repository.',
    value: 'text',
    schema: optionalText,
    secret: true,
  },
  outgoingHosts: {
    name: 'outgoing-host',
    description:
      'Hosts (name, name:port or *.domain) that gates, delivery by Git, watches of pipelines and --config-git-url may talk to; without it all. May be given several times.',
    value: 'host',
    schema: list,
    default: '',
    repeatable: true,
  },
  trustedProxies: {
    name: 'trusted-proxy',
    description:
      'Addresses or ranges of the Ingress or load balancer in front of the REST API: of requests from there the last address in X-Forwarded-For that is not one of them counts as the sender, in the log and for limits. May be given several times.',
    value: 'range',
    schema: addressRanges,
    default: '',
    repeatable: true,
  },
  deliveryAuthor: {
    name: 'delivery-author',
    description: 'Author of the commits of promotions with delivery by Git.',
    value: 'Name <email>',
    schema: z.string().regex(/^[^<>\0\r\n]*[^<>\s][^<>\0\r\n]* <[^<>\s]+>$/, 'expected Name <email>'),
    default: 'Flotilla <flotilla@localhost>',
  },
  hookSecretGithub: hookSecret('github', 'GitHub'),
  hookSecretGitlab: hookSecret('gitlab', 'GitLab'),
  hookSecretGitea: hookSecret('gitea', 'Gitea'),
  hookTokenGithub: hookToken('github', 'GitHub'),
  hookTokenGitlab: hookToken('gitlab', 'GitLab'),
  hookTokenGitea: hookToken('gitea', 'Gitea'),
  hookApiGithub: hookApi('github', 'GitHub', 'https://api.github.com'),
  hookApiGitlab: hookApi('gitlab', 'GitLab', 'https://gitlab.com/api/v4'),
  hookApiGitea: hookApi('gitea', 'Gitea', ''),
  eventRetentionMs: {
    name: 'event-retention',
    description: 'How long events of clusters are kept, in seconds.',
    value: 'seconds',
    schema: seconds(60, 10 * 365 * 86_400),
    default: '604800',
  },
  replicaName: {
    name: 'replica-name',
    description: 'Name of this process among the replicas, for logs and metrics.',
    value: 'name',
    schema: z.string().min(1, 'expected a name'),
    default: hostname(),
  },
  logLevel: {
    name: 'log-level',
    description: logLevels.join(', ') + '.',
    value: 'level',
    schema: z.enum(logLevels, { error: `expected one of ${logLevels.join(', ')}` }),
    default: 'info',
  },
} as const satisfies Record<string, Flag<unknown>>;

/** The settings of one hub process, checked. */
export type HubConfig = Values<typeof hubFlags>;
