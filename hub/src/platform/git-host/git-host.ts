import { OutgoingError, quoted } from '../outgoing/outgoing-error.js';
import type { OutgoingHttp, OutgoingQuestion } from '../outgoing/outgoing-http.js';
import { readRepositoryAddress } from '../git/repository-address.js';

export type GitHostKind = 'github' | 'gitlab' | 'gitea';

/** A repository at a Git host, and how its REST API is reached. */
export interface GitHostPlace {
  readonly provider: GitHostKind;
  /** Of the repository. */
  readonly url: string;
  readonly apiUrl?: string | undefined;
  readonly token?: string | undefined;
}

/** A server said no. */
export class GitHostError extends OutgoingError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const versions: Readonly<Record<GitHostKind, string>> = {
  github: '/api/v3',
  gitlab: '/api/v4',
  gitea: '/api/v1',
};
const noHeaders = {};

/** Asks the REST API of a Git host about one repository. */
export class GitHost {
  /** The repository in the paths of the API. */
  readonly repository: string;
  readonly owner: string;
  private readonly base: string;

  constructor(
    private readonly http: OutgoingHttp,
    readonly place: GitHostPlace,
    private readonly signal: AbortSignal,
  ) {
    const { provider, url } = place;
    const path = readRepositoryAddress(url)?.path ?? '';
    const parts = path.split('/');
    if (parts.length < 2 || (provider === 'github' && parts.length > 2))
      throw new OutgoingError(`${url} is not the address of a repository at ${provider}`);
    // A Gitea below a path of its server has the owner as the last but one part.
    const [owner = '', name = ''] = parts.slice(-2);
    this.owner = owner;
    this.repository =
      provider === 'gitlab'
        ? `/projects/${encodeURIComponent(path)}`
        : `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
    this.base = apiOf(place, parts.slice(0, -2));
  }

  /** The answer in JSON. @throws GitHostError for 4xx and 5xx; OutgoingError without an answer */
  async ask(
    method: OutgoingQuestion['method'],
    path: string,
    body?: object,
  ): Promise<{ readonly json: unknown; readonly more: boolean }> {
    const { token } = this.place;
    const { status, json, headers } = await this.http.askJson({
      method,
      url: `${this.base}${this.repository}${path}`,
      headers: {
        ...this.authorization(),
        ...(this.place.provider === 'github' && {
          accept: 'application/vnd.github+json',
          'x-github-api-version': '2022-11-28',
        }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: this.signal,
      secrets: [token],
    });
    if (status >= 300) throw new GitHostError(status, this.refusal(status, json));
    return { json, more: String(headers['link'] ?? '').includes('rel="next"') };
  }

  private authorization(): Readonly<Record<string, string>> {
    const { provider, token } = this.place;
    if (token === undefined) return noHeaders;
    if (provider === 'gitlab') return { 'private-token': token };
    return { authorization: provider === 'gitea' ? `token ${token}` : `Bearer ${token}` };
  }

  private refusal(status: number, json: unknown): string {
    const { host } = new URL(this.base);
    const said = messageOf(json);
    const detail = said === '' ? '' : `: ${quoted(said, [this.place.token])}`;
    if (status === 401 || (status === 403 && !/rate limit/i.test(said)))
      return `${host} refuses the credentials (${status})${detail}`;
    if (status === 404)
      return `${host} does not know it, or does not show it with these credentials (404)${detail}`;
    return `${host} answered ${status}${detail}`;
  }
}

function apiOf({ provider, url, apiUrl }: GitHostPlace, before: readonly string[]): string {
  if (apiUrl !== undefined) return apiUrl.replace(/\/+$/, '');
  const { origin, host } = new URL(url);
  if (provider === 'github' && host === 'github.com') return 'https://api.github.com';
  const folder = provider === 'gitea' ? before.map((part) => `/${part}`).join('') : '';
  return `${origin}${folder}${versions[provider]}`;
}

/** GitHub and Gitea say `message` (and `errors[].message`), GitLab `message` of several shapes, or `error`. */
function messageOf(json: unknown): string {
  if (typeof json !== 'object' || json === null) return '';
  const { message, error, errors } = json as Readonly<Record<string, unknown>>;
  const parts = [message ?? error, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return parts.map(textOf).filter(Boolean).join('; ');
}

function textOf(part: unknown): string {
  if (typeof part === 'string') return part;
  if (typeof part !== 'object' || part === null) return '';
  const { message } = part as { readonly message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(part);
}
