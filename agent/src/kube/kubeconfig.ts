import { load } from 'js-yaml';
import { z } from 'zod';

const clusterSchema = z.object({
  server: z.string().min(1),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.string().optional(),
});

const userSchema = z.object({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  as: z.string().optional(),
  'as-groups': z.array(z.string()).optional(),
  'as-uid': z.string().optional(),
  exec: z.record(z.string(), z.unknown()).nullish(),
  'auth-provider': z.record(z.string(), z.unknown()).nullish(),
});

const contextSchema = z.object({
  cluster: z.string(),
  user: z.string().default(''),
  namespace: z.string().optional(),
});

const kubeconfigSchema = z.object({
  clusters: z.array(z.object({ name: z.string(), cluster: clusterSchema })).nullish(),
  users: z.array(z.object({ name: z.string(), user: userSchema.nullish() })).nullish(),
  contexts: z.array(z.object({ name: z.string(), context: contextSchema })).nullish(),
  'current-context': z.string().nullish(),
});

export type KubeconfigCluster = z.infer<typeof clusterSchema>;
export type KubeconfigUser = z.infer<typeof userSchema>;

/** One context of a kubeconfig with the cluster and user it names. */
export interface KubeconfigContext {
  name: string;
  namespace?: string;
  cluster: KubeconfigCluster;
  userName: string;
  user: KubeconfigUser;
}

type Kubeconfig = z.infer<typeof kubeconfigSchema>;

/** Parses one kubeconfig. @throws Error that names the origin and the field; never a value of it. */
function parseKubeconfig(text: string, origin: string): Kubeconfig {
  let document: unknown;
  try {
    document = load(text);
  } catch (error) {
    // The parser quotes the line it stumbled over, and that may hold a token.
    const line = (error as { mark?: { line?: number } }).mark?.line;
    throw new Error(`${origin}: not valid YAML${line === undefined ? '' : ` (line ${line + 1})`}`, {
      cause: undefined,
    });
  }
  const parsed = kubeconfigSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(
    `${origin}: not a kubeconfig: ${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'invalid'}`,
  );
}

/**
 * Reads the chosen context. With several files (KUBECONFIG), the first that says something about a name wins, as in
 * kubectl.
 */
export function readContext(
  files: ReadonlyArray<{ text: string; origin: string; resolvePath?: (path: string) => string }>,
  context?: string,
): KubeconfigContext {
  const parsed = files.map((file) => ({ ...file, config: parseKubeconfig(file.text, file.origin) }));
  const origin = files.map((file) => file.origin).join(', ');
  const name = context ?? parsed.map((file) => file.config['current-context']).find((value) => value) ?? '';
  const chosen = parsed
    .flatMap((file) => file.config.contexts ?? [])
    .find((entry) => entry.name === name)?.context;
  if (!chosen)
    throw new Error(name ? `${origin}: no context "${name}"` : `${origin}: current-context is not set`);
  const cluster = firstNamed(parsed, (config) => config.clusters, chosen.cluster);
  if (!cluster)
    throw new Error(`${origin}: context "${name}" names cluster "${chosen.cluster}", which is not there`);
  const user = chosen.user === '' ? undefined : firstNamed(parsed, (config) => config.users, chosen.user);
  if (!user && chosen.user !== '') {
    throw new Error(`${origin}: context "${name}" names user "${chosen.user}", which is not there`);
  }
  return {
    name,
    ...(chosen.namespace ? { namespace: chosen.namespace } : {}),
    cluster: withPaths(cluster.entry.cluster, cluster.resolvePath, ['certificate-authority']),
    userName: chosen.user,
    user: withPaths(user?.entry.user ?? {}, user?.resolvePath, [
      'tokenFile',
      'client-certificate',
      'client-key',
    ]),
  };
}

interface ParsedFile {
  config: Kubeconfig;
  resolvePath?: (path: string) => string;
}

function firstNamed<T extends { name: string }>(
  files: readonly ParsedFile[],
  entries: (config: Kubeconfig) => readonly T[] | null | undefined,
  name: string,
): { entry: T; resolvePath: ParsedFile['resolvePath'] } | undefined {
  for (const file of files) {
    const entry = entries(file.config)?.find((candidate) => candidate.name === name);
    if (entry) return { entry, resolvePath: file.resolvePath };
  }
  return undefined;
}

/** File references are relative to the kubeconfig that holds them. */
function withPaths<T extends object>(
  entry: T,
  resolvePath: ((path: string) => string) | undefined,
  fields: ReadonlyArray<keyof T>,
): T {
  const resolved = { ...entry };
  for (const field of fields) {
    const path = resolved[field];
    if (typeof path === 'string' && path !== '' && resolvePath)
      resolved[field] = resolvePath(path) as T[typeof field];
  }
  return resolved;
}
