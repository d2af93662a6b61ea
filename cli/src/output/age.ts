/** How long ago something was, for people: `45s`, `3m20s`, `12m`, `5h10m`, `3d`. A time to come is `0s`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  return `${Math.floor(hours / 24)}d`;
}

function withRest(whole: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`;
}

/** `45s ago`; `never` without a time. */
export function ago(time: string | null | undefined, now: Date): string {
  return time ? `${formatAge(now.getTime() - Date.parse(time))} ago` : 'never';
}

/** A point in time for people of any time zone: `2026-01-01 21:00 UTC (in 9h)`; seconds only where there are some. */
export function pointInTime(time: string | null | undefined, now: Date): string {
  if (!time) return '-';
  const at = Date.parse(time);
  const [date = '', clock = ''] = new Date(at).toISOString().slice(0, 19).split('T');
  const distance = at - now.getTime();
  const relative = distance > 0 ? `in ${formatAge(distance)}` : `${formatAge(-distance)} ago`;
  return `${date} ${clock.replace(/:00$/, '')} UTC (${relative})`;
}

/** `in 2h`; `now` for what is due; `-` without a time. */
export function due(time: string | null | undefined, now: Date): string {
  if (!time) return '-';
  const distance = Date.parse(time) - now.getTime();
  return distance > 0 ? `in ${formatAge(distance)}` : 'now';
}
