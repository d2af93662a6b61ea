import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../runtime/fake-clock.js';
import { clusterFromKubeconfig, loadCluster } from './cluster.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cluster-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Parts {
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  context?: string;
}

function kubeconfig({ cluster, user, context = 'main' }: Parts = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [{ name: 'c', cluster: { server: 'https://c.test:6443/', ...cluster } }],
    users: [{ name: 'u', user: { token: 'secret-token', ...user } }],
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: 'apps' } }],
  });
}

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('finding the cluster', () => {
  it('takes --kubeconfig before everything else', async () => {
    const path = write(
      'config',
      kubeconfig({ cluster: { 'certificate-authority-data': base64('CA'), 'tls-server-name': 'x' } }),
    );
    const cluster = await loadCluster({ kubeconfig: path, env: { KUBECONFIG: '/nowhere' } });
    expect(cluster).toMatchObject({
      server: 'https://c.test:6443',
      namespace: 'apps',
      tls: { ca: 'CA', servername: 'x' },
    });
    expect(await cluster.credentials.read()).toEqual({ headers: { authorization: 'Bearer secret-token' } });
  });

  it('merges the files of KUBECONFIG; the first to say something wins', async () => {
    const first = write('first', kubeconfig({ cluster: { server: 'https://first' } }));
    const second = write('second', kubeconfig({ cluster: { server: 'https://second' } }));
    const cluster = await loadCluster({
      env: { KUBECONFIG: `${first}:${join(folder, 'missing')}:${second}` },
    });
    expect(cluster.server).toBe('https://first');
  });

  it('uses the ServiceAccount of the Pod, and reads its token again when it is rotated', async () => {
    const clock = createFakeClock();
    write('token', 'one\n');
    write('ca.crt', 'CA');
    write('namespace', 'flux-system');
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443', HOME: folder };
    const cluster = await loadCluster({ env, clock, serviceAccountRoot: folder });
    expect(cluster).toMatchObject({
      server: 'https://[fd00::1]:443',
      namespace: 'flux-system',
      tls: { ca: 'CA' },
    });
    const token = async () => (await cluster.credentials.read()).headers['authorization'];
    expect(await token()).toBe('Bearer one');
    write('token', 'two');
    expect(await token()).toBe('Bearer one');
    await clock.advance(60_000);
    expect(await token()).toBe('Bearer two');
    write('token', 'three');
    cluster.credentials.invalidate();
    expect(await token()).toBe('Bearer three');
    rmSync(join(folder, 'token'));
    await clock.advance(60_000);
    expect(await token()).toBe('Bearer three');
  });

  it('resolves file references beside the kubeconfig that holds them', async () => {
    write('cert.pem', 'CERT');
    write('key.pem', 'KEY');
    write('token', 'from-file\n');
    const path = write(
      'config',
      kubeconfig({
        user: {
          token: undefined,
          tokenFile: 'token',
          'client-certificate': 'cert.pem',
          'client-key': 'key.pem',
        },
      }),
    );
    const { credentials } = await loadCluster({ kubeconfig: path });
    expect(await credentials.read()).toEqual({
      headers: { authorization: 'Bearer from-file' },
      cert: 'CERT',
      key: 'KEY',
    });
  });

  it('runs an exec plug-in', async () => {
    const answer = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'from-plugin' },
    };
    const exec = {
      apiVersion: answer.apiVersion,
      command: process.execPath,
      args: ['-e', `console.log(${JSON.stringify(JSON.stringify(answer))})`],
    };
    const { credentials } = await loadCluster({
      kubeconfig: write('config', kubeconfig({ user: { token: undefined, exec } })),
    });
    expect(await credentials.read()).toEqual({ headers: { authorization: 'Bearer from-plugin' } });
  });

  it('runs a plug-in once for requests that start together, and again when its token was refused', async () => {
    const counter = write('runs', '');
    const script = `require('fs').appendFileSync(${JSON.stringify(counter)}, 'x'); console.log(JSON.stringify({status: {token: 't'}}))`;
    const exec = { command: process.execPath, args: ['-e', script] };
    const { credentials } = await loadCluster({
      kubeconfig: write('config', kubeconfig({ user: { token: undefined, exec } })),
    });
    await Promise.all([credentials.read(), credentials.read(), credentials.read()]);
    await credentials.read();
    expect(readFileSync(counter, 'utf8')).toBe('x');
    credentials.invalidate();
    await credentials.read();
    expect(readFileSync(counter, 'utf8')).toBe('xx');
  });

  it('says what a plug-in said when it failed', async () => {
    const exec = {
      command: process.execPath,
      args: ['-e', 'console.error("log in first"); process.exit(3)'],
    };
    const { credentials } = await loadCluster({
      kubeconfig: write('config', kubeconfig({ user: { token: undefined, exec } })),
    });
    await expect(credentials.read()).rejects.toThrow(
      'kubeconfig user "u": credential plug-in failed: log in first',
    );
  });

  it('honours impersonation and basic authentication of a kubeconfig', async () => {
    const user = { token: undefined, username: 'a', password: 'b', as: 'jane', 'as-groups': ['x', 'y'] };
    const cluster = await loadCluster({ kubeconfig: write('config', kubeconfig({ user })) });
    expect(cluster.headers).toEqual({ 'impersonate-user': 'jane', 'impersonate-group': ['x', 'y'] });
    expect(await cluster.credentials.read()).toEqual({
      headers: { authorization: `Basic ${base64('a:b')}` },
    });
  });

  it.each<[string, string, RegExp]>([
    ['no YAML', 'clusters: [}\ntoken: hunter2', /not valid YAML \(line 1\)$/],
    ['no kubeconfig', '[]', /not a kubeconfig: document: /],
    ['a wrong type', 'clusters: 7', /not a kubeconfig: clusters: /],
    ['no context', 'clusters: []', /current-context is not set$/],
    ['an unknown context', kubeconfig({ context: 'other' }), /no context "other"$/],
    [
      'an address that is none',
      kubeconfig({ cluster: { server: 'c.test' } }),
      /clusters\.cluster\.server is not a URL/,
    ],
  ])('says what is wrong with %s, and quotes no secret', async (_name, text, expected) => {
    const failed = await loadCluster({ kubeconfig: write('config', text) }).catch(
      (error: Error) => error.message,
    );
    expect(failed).toMatch(expected);
    expect(failed).not.toMatch(/hunter2|secret-token/);
  });

  it('names the remedy when there is no cluster', async () => {
    await expect(loadCluster({ env: { HOME: folder }, serviceAccountRoot: folder })).rejects.toThrow(
      'no cluster found: pass --kubeconfig, set KUBECONFIG, or run inside a cluster with a ServiceAccount',
    );
  });
});

describe('a kubeconfig from a Secret (flux-compat 3.10)', () => {
  it('drops insecure TLS unless it is allowed', async () => {
    const text = kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } });
    expect((await clusterFromKubeconfig(text)).tls).toEqual({});
    expect((await clusterFromKubeconfig(text, { allowInsecureTls: true })).tls).toEqual({ insecure: true });
  });

  it('drops plug-ins unless they are allowed', async () => {
    const exec = { command: '/bin/false' };
    const withToken = await clusterFromKubeconfig(kubeconfig({ user: { exec } }));
    expect(await withToken.credentials.read()).toEqual({ headers: { authorization: 'Bearer secret-token' } });
    const allowed = await clusterFromKubeconfig(kubeconfig({ user: { token: undefined, exec } }), {
      allowExec: true,
    });
    await expect(allowed.credentials.read()).rejects.toThrow(/credential plug-in failed/);
    await expect(clusterFromKubeconfig(kubeconfig({ user: { token: undefined, exec } }))).rejects.toThrow(
      /gets its credential from exec, which is not allowed here/,
    );
    const provider = { 'auth-provider': { name: 'gcp', config: { 'cmd-path': '/bin/sh' } } };
    await expect(
      clusterFromKubeconfig(kubeconfig({ user: { token: undefined, ...provider } })),
    ).rejects.toThrow(/gets its credential from auth-provider/);
  });

  it.each([
    ['certificate-authority', { cluster: { 'certificate-authority': '/etc/passwd' } }],
    ['client-certificate', { user: { 'client-certificate': '/etc/passwd' } }],
    ['client-key', { user: { 'client-key': '/etc/passwd' } }],
    ['tokenFile', { user: { tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token' } }],
  ] as const)('refuses %s, which would send a file of the agent to a stranger', async (field, parts) => {
    await expect(clusterFromKubeconfig(kubeconfig(parts))).rejects.toThrow(
      `kubeconfig: ${field} refers to a file, which is not allowed here`,
    );
  });
});
