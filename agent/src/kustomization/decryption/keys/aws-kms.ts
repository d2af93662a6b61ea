import { hostname } from 'node:os';
import { z } from 'zod';
import { parseYaml } from '@flotilla/common/yaml/parse';
import type { KeyService } from '@flotilla/common/sops/key-service';
import type { MasterKey, MasterKeyOf } from '@flotilla/common/sops/master-key';
import { fieldsOf, textField, type SendHttp } from '../../../cloud/http-json.js';
import { awsDomain, element, type AwsPlace } from '../../../cloud/aws-identity.js';
import { signAws, type AwsCredentials } from '../../../cloud/sign-aws.js';

const Credentials = z.object({
  aws_access_key_id: z.string().min(1),
  aws_secret_access_key: z.string().min(1),
  aws_session_token: z.string().nullish(),
});
const arn = /^arn:(aws[\w-]*):kms:([a-z0-9-]+):[0-9]+:(?:key|alias)\/.+$/;

/** Reads the key `sops.aws-kms` of the decryption Secret. @throws Error that names the field */
export function parseAwsCredentials(text: string): AwsCredentials {
  const parsed = Credentials.safeParse(parseYaml(text));
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path[0] ?? 'aws_access_key_id';
    throw new Error(`failed to read AWS credentials: ${String(field)} is missing`);
  }
  const { aws_access_key_id, aws_secret_access_key, aws_session_token } = parsed.data;
  return {
    accessKeyId: aws_access_key_id,
    secretAccessKey: aws_secret_access_key,
    ...(aws_session_token ? { sessionToken: aws_session_token } : {}),
  };
}

/** Decrypts data keys with AWS KMS. */
export class AwsKmsKeys implements KeyService {
  constructor(
    /** Undefined when the decryption Secret has none. */
    readonly credentials: AwsCredentials | undefined,
    readonly send: SendHttp,
    readonly now: () => number,
    /** Credentials by workload identity, where the Secret has none. */
    readonly identity?: (place: AwsPlace, signal: AbortSignal) => Promise<AwsCredentials>,
  ) {}

  canDecrypt(key: MasterKey): boolean {
    return key.type === 'kms';
  }

  async decrypt(key: MasterKeyOf<'kms'>, signal: AbortSignal): Promise<Uint8Array> {
    const [, partition, region] = arn.exec(key.arn) ?? [];
    if (!partition || !region) throw new Error(`no valid ARN found in '${key.arn}'`);
    const place = { region, domain: awsDomain(partition) };
    const own = this.credentials ?? (await this.#identify(place, signal));
    const credentials = key.role ? await this.#assumeRole(key.role, place, own, signal) : own;
    return await this.#decrypt(key, place, credentials, signal);
  }

  async #identify(place: AwsPlace, signal: AbortSignal): Promise<AwsCredentials> {
    const missing =
      'no AWS credentials: the decryption Secret (spec.decryption.secretRef) has no key sops.aws-kms';
    if (!this.identity) throw new Error(missing);
    return await this.identity(place, signal).catch((error: unknown) => {
      throw new Error(`${missing}, and ${(error as Error).message}`, { cause: error });
    });
  }

  async #decrypt(
    key: MasterKeyOf<'kms'>,
    { region, domain }: AwsPlace,
    credentials: AwsCredentials,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const what = 'decryption with AWS KMS';
    const request = {
      region,
      service: 'kms',
      url: `https://kms.${region}.${domain}/`,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' },
      body: JSON.stringify({
        CiphertextBlob: key.encrypted,
        KeyId: key.arn,
        ...(Object.keys(key.context).length > 0 ? { EncryptionContext: key.context } : {}),
      }),
    };
    const headers = signAws(request, credentials, this.now());
    const answer = await this.send({ ...request, method: 'POST', headers, signal });
    return Buffer.from(textField(fieldsOf(answer, what), 'Plaintext', what), 'base64');
  }

  async #assumeRole(
    role: string,
    { region, domain }: AwsPlace,
    credentials: AwsCredentials,
    signal: AbortSignal,
  ): Promise<AwsCredentials> {
    const body = new URLSearchParams({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: `sops@${hostname().replaceAll(/[^\w=,.@-]/g, '')}`.slice(0, 64),
    }).toString();
    const request = {
      region,
      service: 'sts',
      url: `https://sts.${region}.${domain}/`,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body,
    };
    const headers = signAws(request, credentials, this.now());
    const answer = await this.send({ ...request, method: 'POST', headers, signal });
    if (answer.status !== 200) throw new Error(`failed to assume role '${role}': status ${answer.status}`);
    return {
      accessKeyId: element(answer.text, 'AccessKeyId'),
      secretAccessKey: element(answer.text, 'SecretAccessKey'),
      sessionToken: element(answer.text, 'SessionToken'),
    };
  }
}
