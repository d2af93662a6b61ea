import { createHash, createHmac } from 'node:crypto';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface AwsRequest {
  /** Default: POST. */
  method?: 'GET' | 'POST';
  region: string;
  service: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** The headers of a request without a query with those of Signature Version 4 added. `now` is in milliseconds. */
export function signAws(
  request: AwsRequest,
  credentials: AwsCredentials,
  now: number,
): Record<string, string> {
  const { region, service, url, body, method = 'POST' } = request;
  const { host, pathname } = new URL(url);
  const time = timeOf(now);
  const headers: Record<string, string> = {
    ...request.headers,
    host,
    'x-amz-date': time,
    ...(credentials.sessionToken ? { 'x-amz-security-token': credentials.sessionToken } : {}),
  };
  const names = Object.keys(headers).toSorted();
  const lines = names.map((name) => `${name}:${headers[name]!.trim()}\n`);
  const signed = names.join(';');
  const canonical = [method, pathname, '', lines.join(''), signed, sha256(body)].join('\n');
  const scope = scopeOf(time, region, service);
  const signature = signatureOf(credentials, time, scope, canonical);
  const credential = `${credentials.accessKeyId}/${scope}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`,
  };
}

export interface PresignedRequest {
  region: string;
  service: string;
  /** Without a query. */
  url: string;
  query: Readonly<Record<string, string>>;
  /** Headers that whoever uses the address has to send. */
  headers: Readonly<Record<string, string>>;
  expiresSeconds: number;
}

/** An address that lets whoever has it send one GET request as the owner of the credentials. */
export function presignAws(request: PresignedRequest, credentials: AwsCredentials, now: number): string {
  const { region, service, url, expiresSeconds } = request;
  const { host, pathname } = new URL(url);
  const time = timeOf(now);
  const scope = scopeOf(time, region, service);
  const headers: Record<string, string> = { ...request.headers, host };
  const names = Object.keys(headers).toSorted();
  const query: Record<string, string> = {
    ...request.query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expiresSeconds),
    ...(credentials.sessionToken ? { 'X-Amz-Security-Token': credentials.sessionToken } : {}),
    'X-Amz-SignedHeaders': names.join(';'),
  };
  const pairs = Object.keys(query).toSorted();
  const text = pairs.map((name) => `${encode(name)}=${encode(query[name]!)}`).join('&');
  const lines = names.map((name) => `${name}:${headers[name]!.trim()}\n`);
  const canonical = ['GET', pathname, text, lines.join(''), names.join(';'), sha256('')].join('\n');
  return `${url}?${text}&X-Amz-Signature=${signatureOf(credentials, time, scope, canonical)}`;
}

/** `20240501T120000Z` */
export function timeOf(now: number): string {
  return new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

export function scopeOf(time: string, region: string, service: string): string {
  return `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
}

/** The signature of a canonical request; `time` is what stands in the text that is signed. */
export function signatureOf(
  { secretAccessKey }: AwsCredentials,
  time: string,
  scope: string,
  canonical: string,
): string {
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>(
      (previous, part) => createHmac('sha256', previous).update(part).digest(),
      `AWS4${secretAccessKey}`,
    );
  return createHmac('sha256', key).update(text).digest('hex');
}

/** As RFC 3986 wants it: encodeURIComponent leaves five characters more alone. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
