import { annotationOf, type CloudAccount } from './cloud-account.js';
import type { CloudDeps, Lasting } from './cloud-deps.js';
import { fieldsOf, textField } from './http-json.js';

const audience = 'api://AzureADTokenExchange';
const defaultAuthority = 'https://login.microsoftonline.com';

interface Application {
  tenant: string;
  client: string;
  assertion: string;
}

/**
 * A token for a scope, as the application that the ServiceAccount names, or as that of the agent.
 * @throws Error that says what is missing
 */
export async function azureToken(
  deps: CloudDeps,
  account: CloudAccount | undefined,
  scope: string,
  signal: AbortSignal,
): Promise<Lasting<string>> {
  const { tenant, client, assertion } = account
    ? await applicationOf(account, signal)
    : await ownApplication(deps);
  const authority = (deps.env['AZURE_AUTHORITY_HOST'] || defaultAuthority).replace(/\/+$/, '');
  const what = 'login to Azure';
  const askedAt = deps.now();
  const answer = await deps.send({
    method: 'POST',
    url: `${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client,
      scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }).toString(),
    signal,
  });
  const fields = fieldsOf(answer, what);
  return { value: textField(fields, 'access_token', what), until: askedAt + secondsIn(fields) * 1_000 };
}

async function applicationOf(account: CloudAccount, signal: AbortSignal): Promise<Application> {
  const [tenant, client] = [
    annotationOf(account, 'azure.workload.identity/tenant-id'),
    annotationOf(account, 'azure.workload.identity/client-id'),
  ];
  return { tenant, client, assertion: await account.token(audience, signal) };
}

async function ownApplication({ env, readFile }: CloudDeps): Promise<Application> {
  const [tenant, client] = [env['AZURE_TENANT_ID'], env['AZURE_CLIENT_ID']];
  const file = env['AZURE_FEDERATED_TOKEN_FILE'];
  if (!tenant || !client || !file) {
    throw new Error(
      'the agent has no identity in Azure: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE are not in its environment',
    );
  }
  return { tenant, client, assertion: (await readFile(file)).trim() };
}

function secondsIn(fields: Readonly<Record<string, unknown>>): number {
  const seconds = Number(fields['expires_in']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}
