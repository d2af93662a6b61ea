import { formatName, formatRef } from '@flotilla/common/kube/object';
import type { Paint, Tone } from '../../output/paint.js';
import { prettyJson } from '../../output/json.js';
import { plain } from '../../output/table.js';
import type { Plan, PlannedChange } from '../plan-schema.js';

/** How each action looks: the sign before the object, and its tone. */
const signs: Readonly<
  Record<string, { readonly sign: string; readonly tone: Tone; readonly after?: string }>
> = {
  Create: { sign: '+', tone: 'good' },
  Configure: { sign: '~', tone: 'warning' },
  Delete: { sign: '-', tone: 'bad' },
  Recreate: { sign: '±', tone: 'bad', after: ' (deleted and created anew)' },
};
const mostNamed = 8;
/** Lines that are shown around what differs in a long text. */
const contextLines = 2;

/** A plan for people: each change once, with the clusters that it applies to. */
export function planLines(plan: Plan, paint: Paint): string[] {
  return [
    ...plan.groups.flatMap((group) => [
      paint('strong', `Kustomization ${formatName(group.kustomization)} on ${clusterText(group.clusters)}`),
      ...group.changes.flatMap((change) => changeLines(change, paint)),
      '',
    ]),
    ...plan.failures.flatMap(({ kustomization, clusters, message }) => [
      paint(
        'bad',
        `✗ Kustomization ${formatName(kustomization)} on ${clusterText(clusters)} cannot be built or applied:`,
      ),
      ...message.split('\n').map((line) => `    ${plain(line)}`),
      '',
    ]),
    ...plan.notes.map(
      ({ kustomization, clusters, message }) =>
        `Note: Kustomization ${formatName(kustomization)} on ${clusterText(clusters)}: ${plain(message)}`,
    ),
    ...(plan.notes.length > 0 ? [''] : []),
    totalText(plan),
  ];
}

function changeLines({ action, object, fields, omittedFields }: PlannedChange, paint: Paint): string[] {
  const { sign, tone, after = '' } = signs[action] ?? { sign: '?', tone: 'plain' as const };
  const name = plain(formatRef(object));
  const more = omittedFields > 0 ? [`      … and ${omittedFields} more fields`] : [];
  return [
    `  ${paint(tone, sign)} ${name}${after}`,
    ...fields.flatMap((field) => fieldLines(field, paint)),
    ...more,
  ];
}

function fieldLines({ path, before, after }: PlannedChange['fields'][number], paint: Paint): string[] {
  const head = `      ${plain(path)}`;
  if (isLong(before) || isLong(after)) return [`${head}:`, ...textLines(before, after, paint)];
  if (before === undefined) return [`${head}: ${valueText(after)}`];
  if (after === undefined) return [`${head}: ${valueText(before)} ${paint('bad', '(removed)')}`];
  return [`${head}: ${valueText(before)} -> ${valueText(after)}`];
}

function isLong(value: unknown): value is string {
  return typeof value === 'string' && value.trimEnd().includes('\n');
}

function valueText(value: unknown): string {
  return plain(prettyJson(value).trim()).replaceAll(/\s+/g, ' ');
}

/** Texts of several lines: what differs, with a little of what surrounds it. */
function textLines(before: unknown, after: unknown, paint: Paint): string[] {
  const [old, wanted] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && start < wanted.length && old[start] === wanted[start]) start += 1;
  let end = 0;
  const most = Math.min(old.length, wanted.length) - start;
  while (end < most && old[old.length - 1 - end] === wanted[wanted.length - 1 - end]) end += 1;
  const line = (sign: string, tone: Tone) => (text: string) =>
    paint(tone, `        ${sign} ${plainLine(text)}`);
  return [
    ...old.slice(Math.max(0, start - contextLines), start).map(line(' ', 'faint')),
    ...old.slice(start, old.length - end).map(line('-', 'bad')),
    ...wanted.slice(start, wanted.length - end).map(line('+', 'good')),
    ...old.slice(old.length - end, old.length - end + contextLines).map(line(' ', 'faint')),
  ];
}

function linesOf(value: unknown): string[] {
  if (value === undefined) return [];
  return (typeof value === 'string' ? value : prettyJson(value)).trimEnd().split('\n');
}

/** The space at the beginning of a line means something. */
function plainLine(text: string): string {
  const indent = /^ */.exec(text)?.[0] ?? '';
  return `${indent}${plain(text)}`;
}

/** `dev, prod and 3 more`. */
function clusterText(names: readonly string[]): string {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return `${names.slice(0, mostNamed).map(plain).join(', ')}${more}`;
}

const words: Readonly<Record<string, string>> = {
  Create: 'to create',
  Configure: 'to configure',
  Delete: 'to delete',
  Recreate: 'to recreate',
};

/** `3 to configure, 1 to delete; 4 objects on 2 clusters, 12 unchanged`. */
export function totalText({ totals }: Plan): string {
  const { objects, clusters, actions, unchanged, omitted } = totals;
  if (objects === 0) return `No changes; ${unchanged} objects unchanged`;
  const parts = Object.entries(actions)
    .filter(([, count]) => count > 0)
    .map(([action, count]) => `${count} ${words[action] ?? action}`);
  const where = `${plural(objects, 'object')} on ${plural(clusters, 'cluster')}, ${unchanged} unchanged`;
  const missing = omitted > 0 ? `; ${omitted} changes are not shown` : '';
  return `Plan: ${parts.join(', ')}; ${where}${missing}`;
}

function plural(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
