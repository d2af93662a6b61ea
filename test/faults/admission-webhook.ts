// A real validating webhook: an HTTPS server that the API server asks about every ConfigMap with a certain label.
import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../servers/certificates.js';
import type { KubeRequester } from '../servers/kube-request.js';

export interface Admission {
  readonly uid: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly namespace: string;
  readonly name: string;
  readonly dryRun: boolean;
}

/** What becomes of a request: an answer after some time, a refusal with this text, silence, or a broken connection. */
export type Verdict = { readonly allowAfterMs: number } | { readonly refuse: string } | 'silence' | 'hang up';

export interface AdmissionWebhook {
  /** Objects with this label are asked about. */
  readonly label: Readonly<Record<string, string>>;
  readonly name: string;
  /** Decides from now on. Default: all is allowed at once. */
  decide(verdictOf: (admission: Admission) => Verdict): void;
  allow(): void;
  stop(): Promise<void>;
}

/** Starts the server and tells the cluster to ask it. The API server gives up after `timeoutSeconds`. */
export async function startAdmissionWebhook(
  kube: KubeRequester,
  name: string,
  timeoutSeconds: number,
): Promise<AdmissionWebhook> {
  const authority = await createAuthority();
  let decide: (admission: Admission) => Verdict = allowed;
  const server = createServer(await authority.issue(name), (incoming, response) => {
    void (async () => {
      const { request } = JSON.parse(await readAll(incoming)) as { request: Admission };
      const verdict = decide(request);
      if (verdict === 'silence') return;
      if (verdict === 'hang up') return void response.destroy();
      if ('allowAfterMs' in verdict) await sleep(verdict.allowAfterMs);
      const refusal = 'refuse' in verdict ? { status: { message: verdict.refuse } } : {};
      const answer = { uid: request.uid, allowed: 'allowAfterMs' in verdict, ...refusal };
      const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(review));
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/validate`;
  const label = { webhook: name };
  await kube.call({
    method: 'POST',
    path: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    body: configuration({ name, url, caBundle: authority.cert, label, timeoutSeconds }),
  });
  return {
    name: `${name}.example.test`,
    label,
    decide: (verdictOf) => void (decide = verdictOf),
    allow: () => void (decide = allowed),
    stop() {
      authority.remove();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

const allowed = (): Verdict => ({ allowAfterMs: 0 });

function configuration(options: {
  name: string;
  url: string;
  caBundle: string;
  label: Readonly<Record<string, string>>;
  timeoutSeconds: number;
}): unknown {
  const { name, url, caBundle, label, timeoutSeconds } = options;
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.test`,
        clientConfig: { url, caBundle: Buffer.from(caBundle).toString('base64') },
        rules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            resources: ['configmaps'],
            operations: ['CREATE', 'UPDATE', 'DELETE'],
          },
        ],
        objectSelector: { matchLabels: label },
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        timeoutSeconds,
      },
    ],
  };
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
