import type { Tone } from '../../output/paint.js';
import type { Cell } from '../../output/table.js';

/** What is known of a thing, and how fresh that is. */
interface Axes {
  readonly sync: string;
  readonly health: string;
  readonly freshness: string;
}

/** Green is only what is known now; a word of a stale cluster is faint, whatever it says. */
function toned(text: string, tones: Readonly<Record<string, Tone>>, freshness: string): Cell {
  if (freshness !== 'Live') return { text, tone: 'faint' };
  return { text, tone: tones[text] ?? 'warning' };
}

export function readyCell(ready: boolean, { freshness }: Axes): Cell {
  return toned(ready ? 'True' : 'False', { True: 'good', False: 'bad' }, freshness);
}

export function syncCell({ sync, freshness }: Axes): Cell {
  return toned(sync, { Synced: 'good', Failed: 'bad' }, freshness);
}

export function healthCell({ health, freshness }: Axes): Cell {
  return toned(health, { Healthy: 'good', Unhealthy: 'bad', Suspended: 'plain' }, freshness);
}

export function freshnessCell(freshness: string): Cell {
  return { text: freshness, tone: freshness === 'Live' ? 'good' : freshness === 'Stale' ? 'warning' : 'bad' };
}
