import {
  EVENT_ID,
  SCALAR_STYLE,
  YAMLException,
  getScalarValue,
  type AliasEvent,
  type Event,
  type MappingEvent,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml';
import { readPlainScalar } from '../../yaml/plain-scalar.js';
import { readEvents } from '../../yaml/read-events.js';
import { SopsError } from '../sops-error.js';
import { isBranch, isComment, isList, type SopsBranch, type SopsItem, type SopsValue } from '../tree.js';
import { YamlComments } from './yaml-comments.js';

/** Far above any real document, far below what a nest of aliases can blow up to. */
const maxNodes = 1_000_000;
/** Booleans of YAML 1.1 are texts to SOPS. */
const oldBoolean = /^(?:y|yes|on|n|no|off)$/i;

/** Reads YAML documents with their keys in order and their comments where they stand. @throws SopsError */
export function readYaml(text: string): SopsBranch[] {
  try {
    const { events, source } = readEvents(text);
    return new Reader(source, events).documents();
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark ? ` in line ${error.mark.line + 1}` : '';
    throw new SopsError(`invalid YAML${line}: ${error.reason}`, { cause: error });
  }
}

class Reader {
  #at = 0;
  #nodes = 0;
  readonly #anchors = new Map<string, SopsValue>();
  readonly #comments: YamlComments;
  /** For each event, where in the text the next node starts. */
  readonly #starts: readonly number[];

  constructor(
    readonly text: string,
    readonly events: readonly Event[],
  ) {
    this.#comments = new YamlComments(text, events);
    this.#starts = startsOf(text, events);
  }

  documents(): SopsBranch[] {
    const branches: SopsBranch[] = [];
    while (this.#at < this.events.length) {
      this.#at += 1; // the event that starts the document
      this.#anchors.clear();
      const value = this.#peek().type === EVENT_ID.POP ? null : this.#node(-1);
      this.#at += 1; // the one that ends it
      if (value !== null && !isBranch(value)) {
        throw new SopsError('YAML documents that are not mappings are not supported');
      }
      branches.push(value ?? { kind: 'branch', items: [] });
    }
    return branches;
  }

  #node(parentColumn: number): SopsValue {
    const event = this.#take();
    if (event.type === EVENT_ID.ALIAS) return this.#alias(event);
    if (event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) throw incomplete();
    this.#count(1);
    const value = this.#content(event, parentColumn);
    if (event.anchorStart >= 0) this.#anchors.set(this.text.slice(event.anchorStart, event.anchorEnd), value);
    return value;
  }

  #content(event: ScalarEvent | MappingEvent | SequenceEvent, parentColumn: number): SopsValue {
    if (event.type === EVENT_ID.SCALAR) return this.#scalar(event);
    const column = this.#comments.columnOf(event.start);
    if (event.type === EVENT_ID.MAPPING) return this.#mapping(column);
    return this.#sequence(Math.max(column, parentColumn + 1));
  }

  #mapping(column: number): SopsBranch {
    const items: SopsItem[] = [];
    const keys = new Set<string>();
    while (this.#peek().type !== EVENT_ID.POP) {
      this.#comments.takeBefore(this.#starts[this.#at]!, 0, items);
      const key = this.#key();
      if (keys.has(key)) throw new SopsError(`duplicate key ${JSON.stringify(key)}`);
      keys.add(key);
      items.push({ key, value: this.#node(column) });
    }
    this.#at += 1;
    this.#comments.takeBefore(this.#starts[this.#at]!, column, items);
    return { kind: 'branch', items };
  }

  #sequence(column: number): SopsValue[] {
    const items: SopsValue[] = [];
    while (this.#peek().type !== EVENT_ID.POP) {
      this.#comments.takeBefore(this.#starts[this.#at]!, 0, items);
      items.push(this.#node(column));
    }
    this.#at += 1;
    this.#comments.takeBefore(this.#starts[this.#at]!, column, items);
    return items;
  }

  #key(): string {
    const event = this.#take();
    if (event.type === EVENT_ID.SCALAR) return getScalarValue(this.text, event);
    throw new SopsError('a mapping key has to be a text');
  }

  #scalar(event: ScalarEvent): SopsValue {
    const value = getScalarValue(this.text, event);
    const tag = event.tagStart < 0 ? '' : this.text.slice(event.tagStart, event.tagEnd);
    if (event.style !== SCALAR_STYLE.PLAIN || tag === '!!str' || tag === '!') return value;
    return oldBoolean.test(value) ? value : readPlainScalar(value).value;
  }

  #alias(event: AliasEvent): SopsValue {
    const value = this.#anchors.get(this.text.slice(event.anchorStart, event.anchorEnd));
    if (value === undefined) throw new SopsError('an alias has no anchor before it');
    this.#count(sizeOf(value));
    return value;
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > maxNodes) throw new SopsError('aliases expand to too many nodes');
  }

  #peek(): Event {
    const event = this.events[this.#at];
    if (!event) throw incomplete();
    return event;
  }

  #take(): Event {
    const event = this.#peek();
    this.#at += 1;
    return event;
  }
}

function incomplete(): SopsError {
  return new SopsError('invalid YAML: a document is not complete');
}

function sizeOf(value: SopsValue): number {
  if (isList(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 1);
  if (!isBranch(value)) return 1;
  return value.items.reduce((sum, item) => sum + (isComment(item) ? 1 : sizeOf(item.value)), 1);
}

/** A document that is to come starts at its `---`: the comments before that belong to the one before. */
function startsOf(text: string, events: readonly Event[]): number[] {
  const starts = Array.from({ length: events.length + 1 }, () => text.length);
  for (let index = events.length - 1; index >= 0; index--) {
    const event = events[index]!;
    const next = starts[index + 1]!;
    if (event.type === EVENT_ID.POP) starts[index] = next;
    else if (event.type === EVENT_ID.SCALAR) starts[index] = event.valueStart;
    else if (event.type === EVENT_ID.ALIAS) starts[index] = event.anchorStart;
    else if (event.type !== EVENT_ID.DOCUMENT) starts[index] = event.start;
    else starts[index] = event.explicitStart ? markerBefore(text, next) : next;
  }
  return starts;
}

function markerBefore(text: string, offset: number): number {
  const marker = text.lastIndexOf('\n---', offset);
  return marker < 0 ? 0 : marker + 1;
}
