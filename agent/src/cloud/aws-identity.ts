import { createHash } from 'node:crypto';
import { annotationOf, type CloudAccount } from './cloud-account.js';
import type { CloudDeps, Lasting } from './cloud-deps.js';
import { fieldsOf, textField } from './http-json.js';
import type { AwsCredentials } from './sign-aws.js';

const audience = 'sts.amazonaws.com';
const roleAnnotation = 'eks.amazonaws.com/role-arn';

/** The domain of AWS in a partition. */
export function awsDomain(partition: string): string {
  return partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
}

export interface AwsPlace {
  region: string;
  domain: string;
}

/**
 * Credentials of the role that the ServiceAccount names, or of the agent itself: a role with a token file, an agent of
 * the cluster that hands credentials out, or keys in the environment.
 * @throws Error that says what is missing
 */
export async function awsIdentity(
  deps: CloudDeps,
  account: CloudAccount | undefined,
  place: AwsPlace,
  signal: AbortSignal,
): Promise<Lasting<AwsCredentials>> {
  if (account) {
    const token = (): Promise<string> => account.token(audience, signal);
    const session = sessionName(`${account.name.namespace}.${account.name.name}`);
    return await assumeWithToken(
      deps,
      annotationOf(account, roleAnnotation),
      session,
      await token(),
      place,
      signal,
    );
  }
  const { env } = deps;
  const [role, file] = [env['AWS_ROLE_ARN'], env['AWS_WEB_IDENTITY_TOKEN_FILE']];
  if (role && file) {
    const token = (await deps.readFile(file)).trim();
    return await assumeWithToken(deps, role, sessionName('flotilla-agent'), token, place, signal);
  }
  const address = env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (address) return await containerCredentials(deps, address, signal);
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']];
  if (accessKeyId && secretAccessKey) {
    const sessionToken = env['AWS_SESSION_TOKEN'];
    const value = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
    return { value, until: Number.POSITIVE_INFINITY };
  }
  throw new Error(
    'the agent has no identity in AWS: neither a role with a token file (AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE) nor EKS Pod Identity nor keys are in its environment',
  );
}

async function assumeWithToken(
  { send, now }: CloudDeps,
  role: string,
  session: string,
  token: string,
  { region, domain }: AwsPlace,
  signal: AbortSignal,
): Promise<Lasting<AwsCredentials>> {
  const answer = await send({
    method: 'POST',
    url: `https://sts.${region}.${domain}/`,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: session,
      WebIdentityToken: token,
    }).toString(),
    signal,
  });
  if (answer.status !== 200) {
    const said = /<Message>([^<]{1,200})/.exec(answer.text)?.[1];
    throw new Error(`failed to assume role '${role}': status ${answer.status}${said ? `: ${said}` : ''}`);
  }
  const value = {
    accessKeyId: element(answer.text, 'AccessKeyId'),
    secretAccessKey: element(answer.text, 'SecretAccessKey'),
    sessionToken: element(answer.text, 'SessionToken'),
  };
  return { value, until: timeIn(element(answer.text, 'Expiration'), now()) };
}

async function containerCredentials(
  { send, env, readFile, now }: CloudDeps,
  url: string,
  signal: AbortSignal,
): Promise<Lasting<AwsCredentials>> {
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const authorization = file ? (await readFile(file)).trim() : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  const headers: Record<string, string> = authorization ? { authorization } : {};
  const what = 'login to AWS';
  const fields = fieldsOf(await send({ method: 'GET', url, headers, signal }), what);
  const value = {
    accessKeyId: textField(fields, 'AccessKeyId', what),
    secretAccessKey: textField(fields, 'SecretAccessKey', what),
    sessionToken: textField(fields, 'Token', what),
  };
  return { value, until: timeIn(textField(fields, 'Expiration', what), now()) };
}

/** The texts in question hold no markup. @throws Error when it is not there */
export function element(xml: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  if (!found) throw new Error(`failed to assume a role: the answer has no ${name}`);
  return found;
}

/** AWS takes 64 characters; what is longer keeps a part that tells it apart. */
function sessionName(text: string): string {
  const name = text.replaceAll(/[^\w=,.@-]/g, '-');
  if (name.length <= 64) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, 55)}-${digest}`;
}

/** A time that cannot be read gives credentials for one use. */
function timeIn(text: string, now: number): number {
  const time = Date.parse(text);
  return Number.isNaN(time) ? now : time;
}
