import type { ChangeTopic } from '../../platform/changes/change.js';

export const streamTopics = [
  'clusters',
  'objects',
  'events',
  'intents',
  'environments',
  'pipelines',
  'releases',
  'promotions',
  'rollouts',
  'freezes',
  'plans',
  'vetoes',
] as const;
export type StreamTopic = (typeof streamTopics)[number];

/** One server-sent event, before it has a number. */
export interface StreamEvent {
  readonly topic: StreamTopic;
  /** Events with the same key replace each other. */
  readonly key: string;
  /** The SSE event name. */
  readonly name: Exclude<ChangeTopic, 'standing'> | 'deleted' | 'reset';
  /** JSON on one line. */
  readonly data: string;
}

export interface NumberedEvent extends StreamEvent {
  readonly number: number;
}

/** An event in the format of text/event-stream. */
export function formatEvent(epoch: string, { number, name, data }: NumberedEvent): string {
  return `id: ${formatId(epoch, number)}\nevent: ${name}\ndata: ${data}\n\n`;
}

/** Ids are good for one run of one replica. */
export function formatId(epoch: string, number: number): string {
  return `${epoch}-${number}`;
}

/** The number of an id of this epoch; null for any other text. */
export function parseId(epoch: string, id: string): number | null {
  const prefix = `${epoch}-`;
  const digits = id.startsWith(prefix) ? id.slice(prefix.length) : '';
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null;
}
