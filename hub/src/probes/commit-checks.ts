import { z } from 'zod';
import type { GitHost, GitHostKind } from '../platform/git-host/git-host.js';
import { GitHostError } from '../platform/git-host/git-host.js';
import { OutgoingError } from '../platform/outgoing/outgoing-error.js';
import { phaseOf } from './domain/commit-verdict.js';
import type { CommitCheck } from './domain/commit-verdict.js';

/** All checks of one name that a commit has now. A commit that the Git host does not know yet has none. */
export type ReadChecks = (host: GitHost, commit: string, context: string) => Promise<readonly CommitCheck[]>;

const Text = z.string().nullish();
const GitHubStatuses = z.object({
  statuses: z.array(z.object({ context: z.string(), state: z.string(), description: Text })),
});
const GitHubRuns = z.object({
  check_runs: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      conclusion: Text,
      output: z.object({ title: Text }).nullish(),
    }),
  ),
});
const GitLabStatuses = z.array(
  z.object({ id: z.number(), name: z.string(), ref: Text, status: z.string(), description: Text }),
);
const GiteaStatuses = z.array(
  z.object({
    id: z.number(),
    context: z.string(),
    // Older servers say `state`, newer ones `status`.
    status: z.string().optional(),
    state: z.string().optional(),
    description: Text,
  }),
);
/** Conclusions of a check run that GitHub itself takes for good; a job that GitLab skipped has checked nothing. */
const harmless = ['neutral', 'skipped'];
const pageSize = 100;
const giteaPageSize = 50;
const mostPages = 20;

/** How each Git host tells the checks of a commit. */
export const readChecks: Readonly<Record<GitHostKind, ReadChecks>> = {
  github: async (host, commit, context) => [
    ...(await githubStatuses(host, commit, context)),
    ...(await githubRuns(host, commit, context)),
  ],
  gitlab: async (host, commit, context) => {
    const query = `name=${encodeURIComponent(context)}&all=false&per_page=${pageSize}`;
    const path = `/repository/commits/${commit}/statuses?${query}`;
    const all = await pages(host, path, GitLabStatuses, (page) => page.length === pageSize);
    const named = all.flat().filter(({ name }) => name === context);
    return newest(named, ({ ref }) => ref ?? '').map(({ status, description }) => check(status, description));
  },
  gitea: async (host, commit, context) => {
    const path = `/commits/${commit}/statuses?limit=${giteaPageSize}`;
    const all = await pages(host, path, GiteaStatuses, (page) => page.length > 0);
    const named = all.flat().filter((one) => one.context === context);
    return newest(named, () => '').map(({ status, state, description }) =>
      check(status ?? state ?? 'pending', description),
    );
  },
};

/** Every page of the combined status holds the newest of each context. */
async function githubStatuses(
  host: GitHost,
  commit: string,
  context: string,
): Promise<readonly CommitCheck[]> {
  const path = `/commits/${commit}/status?per_page=${pageSize}`;
  const all = await pages(host, path, GitHubStatuses, ({ statuses }) => statuses.length === pageSize);
  return all
    .flatMap(({ statuses }) => statuses)
    .filter((one) => one.context === context)
    .map(({ state, description }) => check(state, description));
}

async function githubRuns(host: GitHost, commit: string, context: string): Promise<readonly CommitCheck[]> {
  const query = `check_name=${encodeURIComponent(context)}&filter=latest&per_page=${pageSize}`;
  const all = await pages(
    host,
    `/commits/${commit}/check-runs?${query}`,
    GitHubRuns,
    ({ check_runs: runs }) => runs.length === pageSize,
  );
  return all
    .flatMap(({ check_runs: runs }) => runs)
    .filter(({ name }) => name === context)
    .map(({ status, conclusion, output }) => {
      const found = check(conclusion ?? status, output?.title);
      return harmless.includes(found.state) ? { ...found, phase: 'pass' } : found;
    });
}

async function pages<Page>(
  host: GitHost,
  path: string,
  schema: z.ZodType<Page>,
  goesOn: (page: Page) => boolean,
): Promise<readonly Page[]> {
  const found: Page[] = [];
  for (let number = 1; number <= mostPages; number += 1) {
    const json = await pageOf(host, number === 1 ? path : `${path}&page=${number}`);
    if (json === unknownCommit) return [];
    const page = schema.safeParse(json);
    if (!page.success) throw new OutgoingError('the answer is not that of the API; is apiUrl right?');
    found.push(page.data);
    if (!goesOn(page.data)) break;
  }
  return found;
}

const unknownCommit = Symbol('unknown commit');

/** 422 is what GitHub says of a commit that it does not know (yet). */
async function pageOf(host: GitHost, path: string): Promise<unknown> {
  try {
    return (await host.ask('GET', path)).json;
  } catch (error) {
    if (error instanceof GitHostError && error.status === 422) return unknownCommit;
    throw error;
  }
}

function newest<One extends { readonly id: number }>(
  all: readonly One[],
  keyOf: (one: One) => string,
): readonly One[] {
  const found = new Map<string, One>();
  for (const one of all) {
    const known = found.get(keyOf(one));
    if (!known || known.id < one.id) found.set(keyOf(one), one);
  }
  return [...found.values()];
}

function check(state: string, description: string | null | undefined): CommitCheck {
  return { phase: phaseOf(state), state, description: description ?? '' };
}
