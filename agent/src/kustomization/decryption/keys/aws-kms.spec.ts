import { createHash, createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MasterKeyOf } from '@flotilla/common/sops/master-key';
import { AwsKmsKeys, parseAwsCredentials } from './aws-kms.js';
import {
  startFakeService,
  type FakeService,
  type ReceivedRequest,
} from '../../../cloud/fake-service.fixture.js';
import { signAws, type AwsCredentials } from '../../../cloud/sign-aws.js';

const dataKey = Buffer.alloc(32, 6);
const signal = new AbortController().signal;
const now = (): number => Date.UTC(2024, 4, 1, 12);
const secrets: Record<string, string> = { AKIDUSER: 'user/secret', AKIDROLE: 'role/secret' };

const key: MasterKeyOf<'kms'> = {
  type: 'kms',
  arn: 'arn:aws:kms:eu-west-1:111122223333:key/1234',
  context: {},
  encrypted: 'Y2lwaGVy',
};

/** Verifies a request as the service does: from what arrived, not from what was meant. */
function verifySignature({ method, path, headers, body }: ReceivedRequest): { id: string; service: string } {
  const [, id, day, region, service, names, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d+)\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const hmac = (secret: string | Buffer, text: string): Buffer =>
    createHmac('sha256', secret).update(text).digest();
  const list = names!.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  for (const name of ['host', 'x-amz-date', 'content-type']) expect(names!.split(';')).toContain(name);
  const canonical = `${method}\n${path}\n\n${list.join('')}\n${names}\n${hash(body)}`;
  const time = String(headers['x-amz-date']);
  const text = `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/${service}/aws4_request\n${hash(canonical)}`;
  const signing = hmac(hmac(hmac(hmac(`AWS4${secrets[id!]}`, day!), region!), service!), 'aws4_request');
  if (hmac(signing, text).toString('hex') !== signature) throw new Error('SignatureDoesNotMatch');
  return { id: id!, service: service! };
}

describe('signAws', () => {
  // The example `post-vanilla` of the test suite that AWS publishes for Signature Version 4.
  it('gives the signature of the published example', () => {
    const credentials = {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    };
    const request = {
      region: 'us-east-1',
      service: 'service',
      url: 'https://example.amazonaws.com/',
      headers: {},
      body: '',
    };
    expect(signAws(request, credentials, Date.UTC(2015, 7, 30, 12, 36)).authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    );
  });
});

describe('AWS KMS keys (flux-compat 3.4)', () => {
  let aws: FakeService;
  beforeEach(async () => {
    aws = await startFakeService((request) => {
      const { id, service } = verifySignature(request);
      if (service === 'sts') {
        return {
          body: `<AssumeRoleResponse><AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>${secrets['AKIDROLE']}</SecretAccessKey><SessionToken>session</SessionToken></AssumeRoleResponse>`,
        };
      }
      const { CiphertextBlob } = JSON.parse(request.body) as { CiphertextBlob: string };
      if (CiphertextBlob !== key.encrypted) {
        return { status: 400, body: { __type: 'InvalidCiphertextException', message: 'no such key' } };
      }
      return { body: { Plaintext: dataKey.toString('base64'), KeyId: id } };
    });
  });
  afterEach(() => aws.stop());

  const keys = (accessKeyId = 'AKIDUSER', sessionToken?: string): AwsKmsKeys =>
    new AwsKmsKeys(
      {
        accessKeyId,
        secretAccessKey: secrets[accessKeyId] ?? 'wrong',
        ...(sessionToken ? { sessionToken } : {}),
      },
      aws.send,
      now,
    );

  it('are decrypted in the region of the ARN, with the encryption context', async () => {
    const decrypted = await keys('AKIDUSER', 'token').decrypt({ ...key, context: { app: 'web' } }, signal);
    expect(Buffer.from(decrypted)).toEqual(dataKey);
    const [request] = aws.requests;
    expect(request).toMatchObject({ method: 'POST', host: 'kms.eu-west-1.amazonaws.com', path: '/' });
    expect(request?.headers).toMatchObject({
      'x-amz-target': 'TrentService.Decrypt',
      'x-amz-security-token': 'token',
    });
    expect(JSON.parse(request!.body)).toEqual({
      CiphertextBlob: key.encrypted,
      KeyId: key.arn,
      EncryptionContext: { app: 'web' },
    });
  });

  it('are decrypted in China at the hosts of that partition', async () => {
    await keys().decrypt({ ...key, arn: 'arn:aws-cn:kms:cn-north-1:1:alias/x' }, signal);
    expect(aws.requests[0]?.host).toBe('kms.cn-north-1.amazonaws.com.cn');
  });

  it('are decrypted as the role that the file names', async () => {
    const role = 'arn:aws:iam::111122223333:role/sops';
    expect(Buffer.from(await keys().decrypt({ ...key, role }, signal))).toEqual(dataKey);
    const [sts, kms] = aws.requests;
    expect(sts?.host).toBe('sts.eu-west-1.amazonaws.com');
    const form = new URLSearchParams(sts?.body);
    expect([form.get('Action'), form.get('RoleArn')]).toEqual(['AssumeRole', role]);
    expect(form.get('RoleSessionName')).toMatch(/^sops@[\w=,.@-]*$/);
    expect(kms?.headers['x-amz-security-token']).toBe('session');
  });

  it('fail with the message of the service, which holds no secret', async () => {
    const failed = keys().decrypt({ ...key, encrypted: 'b3RoZXI=' }, signal);
    await expect(failed).rejects.toThrow(
      'decryption with AWS KMS failed: status 400: InvalidCiphertextException: no such key',
    );
    await expect(keys('AKIDOTHER').decrypt(key, signal)).rejects.toThrow('status 500: SignatureDoesNotMatch');
  });

  it('are decrypted by workload identity where the Secret has no credentials, in the region of the ARN', async () => {
    const asked: unknown[] = [];
    const identity = async (place: unknown): Promise<AwsCredentials> => {
      asked.push(place);
      return { accessKeyId: 'AKIDROLE', secretAccessKey: secrets['AKIDROLE']!, sessionToken: 'session' };
    };
    const services = new AwsKmsKeys(undefined, aws.send, now, identity);
    expect(Buffer.from(await services.decrypt(key, signal))).toEqual(dataKey);
    expect(asked).toEqual([{ region: 'eu-west-1', domain: 'amazonaws.com' }]);
    expect(aws.requests[0]?.headers['x-amz-security-token']).toBe('session');
  });

  it('say why there is neither a Secret nor an identity', async () => {
    const identity = () => Promise.reject(new Error('the agent has no identity in AWS'));
    const services = new AwsKmsKeys(undefined, aws.send, now, identity);
    await expect(services.decrypt(key, signal)).rejects.toThrow(
      'no AWS credentials: the decryption Secret (spec.decryption.secretRef) has no key sops.aws-kms, and the agent has no identity in AWS',
    );
  });

  it('need credentials and an ARN', async () => {
    await expect(new AwsKmsKeys(undefined, aws.send, now).decrypt(key, signal)).rejects.toThrow(
      'sops.aws-kms',
    );
    await expect(keys().decrypt({ ...key, arn: 'arn:aws:kms:a@evil.com/#:1:key/x' }, signal)).rejects.toThrow(
      'no valid ARN found',
    );
    expect(aws.requests).toHaveLength(0);
  });
});

describe('parseAwsCredentials', () => {
  it('reads YAML', () => {
    const text = 'aws_access_key_id: A\naws_secret_access_key: B\naws_session_token: C\n';
    expect(parseAwsCredentials(text)).toEqual({ accessKeyId: 'A', secretAccessKey: 'B', sessionToken: 'C' });
  });

  it('names the field that is missing', () => {
    expect(() => parseAwsCredentials('aws_access_key_id: A')).toThrow('aws_secret_access_key is missing');
  });
});
