import { describe, expect, it } from 'vitest';
import { DocumentError, parseFleetDocument } from './document.js';

const prod = { name: 'prod' };
const withGate = (gate: object) => ({ environments: [{ ...prod, gates: { before: [gate] } }] });
const withRollout = (rollout: object) => ({ environments: [{ ...prod, rollout }] });
const window = { type: 'window', periods: [{ days: ['mon'], from: '09:00', to: '10:00' }] };

const rows: readonly (readonly [sentence: string, spec: object, problem: string])[] = [
  [
    'a field that there is not',
    { environments: [{ ...prod, gate: [] }] },
    'spec.environments[0].gate: there is no such field; look at its spelling and at the indentation',
  ],
  [
    'a gate of an unknown type',
    withGate({ type: 'aproval' }),
    'spec.environments[0].gates.before[0].type: must be one of soak, health, approval, window, freeze, webhook, prometheus, commitStatus, not "aproval"',
  ],
  [
    'a gate without a type',
    withGate({}),
    'spec.environments[0].gates.before[0].type: is missing: must be one of soak, health, approval, window, freeze, webhook, prometheus, commitStatus',
  ],
  [
    'a day that is none',
    withGate({ ...window, periods: [{ ...window.periods[0], days: ['monday'] }] }),
    'spec.environments[0].gates.before[0].periods[0].days[0]: must be one of mon, tue, wed, thu, fri, sat, sun, not "monday"',
  ],
  [
    'an unknown time zone',
    withGate({ ...window, timeZone: 'Europe/Berln' }),
    'spec.environments[0].gates.before[0].timeZone: "Europe/Berln" is not an IANA time zone such as Europe/Berlin',
  ],
  [
    'a text where a number belongs',
    withGate({ type: 'approval', required: 'two' }),
    'spec.environments[0].gates.before[0].required: must be a number, not "two"',
  ],
  [
    'a number that is too small',
    withGate({ type: 'approval', required: 0 }),
    'spec.environments[0].gates.before[0].required: must be at least 1, not 0',
  ],
  [
    'a window without periods',
    withGate({ ...window, periods: [] }),
    'spec.environments[0].gates.before[0].periods: must have at least one entry',
  ],
  ['no sources', { sources: [] }, 'spec.sources: must have at least one entry'],
  ['an environment without a name', { environments: [{}] }, 'spec.environments[0].name: is missing'],
  [
    'a text where a map belongs',
    { environments: ['prod'] },
    'spec.environments[0]: must be a map of fields, not "prod"',
  ],
  [
    'a count that is no count',
    withRollout({ failureBudget: true }),
    'spec.environments[0].rollout.failureBudget: must be a number or a text, not true',
  ],
  [
    'a word that means nothing',
    withRollout({ onFailure: 'stop' }),
    'spec.environments[0].rollout.onFailure: must be one of rollback, pause, abort, not "stop"',
  ],
];

describe('a pipeline is refused in words of the document', () => {
  it.each(rows)('%s', (_sentence, more, problem) => {
    const spec = { sources: [{ name: 'apps' }], environments: [prod], ...more };
    const document = {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'Pipeline',
      metadata: { name: 'shop' },
      spec,
    };
    let said = '';
    try {
      parseFleetDocument(document);
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      said = error.message;
    }
    expect(said).toBe(`Pipeline/shop: ${problem}`);
  });
});
