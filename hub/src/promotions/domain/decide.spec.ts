import { describe, expect, it } from 'vitest';
import type { Gate } from '@flotilla/common/fleet-api/gates';
import { decide } from './decide.js';
import type { PromotionEvent } from './events.js';
import { after, noFacts, noon, observationOf, promotionOf, setupOf } from './promotion.fixture.js';
import type { DeliveryState, Promotion } from './promotion.js';
import { isEnd } from './promotion-state.js';

const observed = (change: Parameters<typeof observationOf>[0] = {}): PromotionEvent => ({
  type: 'observed',
  observation: observationOf(change),
});
const told = (
  state: 'Running' | 'RollingBack' | 'Succeeded' | 'Failed' | 'Aborted' | 'RolledBack',
): PromotionEvent => ({
  type: 'rollout',
  news: { state, reason: `it ${state}` },
});
const approval: Gate = { type: 'approval', required: 1, groups: [], authorMayApprove: false };
const hook = { type: 'webhook', url: 'https://x.example', interval: '1m', timeout: '1h' } as const;
const git = setupOf({ delivery: 'git' });
const delivery = (phase: DeliveryState['phase'], more: Partial<DeliveryState> = {}): DeliveryState => ({
  phase,
  message: `git ${phase}`,
  until: null,
  askedAt: noon,
  revisions: [],
  memory: null,
  ...more,
});
const wish = { end: 'Aborted', reason: 'aborted by ada: no' } as const;

interface Row {
  readonly from: Partial<Promotion>;
  readonly event: PromotionEvent;
  readonly at?: Date;
  readonly to: string;
  /** reason, or what it waits for */
  readonly says?: string;
  readonly does?: readonly string[];
}
const rows: Readonly<Record<string, Row>> = {
  'starts when it is its turn and nothing holds it': {
    from: {},
    event: observed(),
    to: 'RollingOut',
    does: ['start'],
  },
  'waits for its turn': {
    from: {},
    event: observed({ turn: false, behind: 'waits for web-1' }),
    to: 'Queued',
    says: 'waits for web-1',
  },
  'goes back to the queue when another one goes first': {
    from: { state: 'Gating' },
    event: observed({ turn: false, behind: 'waits for web-9' }),
    to: 'Queued',
    says: 'waits for web-9',
  },
  'waits for a gate': {
    from: {},
    event: observed({ setup: setupOf({ before: [approval] }) }),
    to: 'Gating',
    says: 'approval: 0 of 1 approvals',
  },
  'waits for two gates, and says the later time': {
    from: {},
    event: observed({
      setup: setupOf({ before: [{ type: 'soak', duration: '1h' }] }),
      facts: { ...noFacts, freezes: [{ name: 'sale', reason: 'sale', until: after(90) }] },
    }),
    to: 'Gating',
    says: `soak: the release exists since ${noon.toISOString()}; soaks for 1h; freeze: freeze sale until ${after(90).toISOString()}: sale`,
    does: [`wake ${after(60).toISOString()}`],
  },
  'asks the outside': {
    from: {},
    event: observed({ setup: setupOf({ before: [hook] }) }),
    to: 'Gating',
    does: ['ask webhook'],
  },
  'waits for what else is in its way': {
    from: {},
    event: observed({ obstacles: ['pipeline shop moves it'] }),
    to: 'Gating',
    says: 'pipeline shop moves it',
  },
  'fails when its release is vetoed': {
    from: {},
    event: observed({ vetoed: 'it burns' }),
    to: 'Failed',
    says: 'web-2 is vetoed: it burns',
  },
  'gives way when it should not come by itself any more': {
    from: { state: 'Gating' },
    event: observed({ outrun: 'staging has gone back to web-1' }),
    to: 'Superseded',
    says: 'staging has gone back to web-1',
  },
  'ends when its environment leaves the pipeline': {
    from: { state: 'Gating' },
    event: observed({ setup: null }),
    to: 'Aborted',
    says: 'prod is no environment of pipeline web any more',
  },
  'gives way to a newer one while it waits': {
    from: { state: 'Gating' },
    event: { type: 'superseded', reason: 'superseded by web-3' },
    to: 'Superseded',
    says: 'superseded by web-3',
  },
  'does not give way while it moves': {
    from: { state: 'RollingOut' },
    event: { type: 'superseded', reason: 'superseded by web-3' },
    to: 'RollingOut',
  },
  'writes Git when all gates pass': {
    from: {},
    event: observed({ setup: git }),
    to: 'Delivering',
    does: ['deliver'],
  },
  'looks again how far Git is': {
    from: { state: 'Delivering', delivery: delivery('wait') },
    event: observed({ setup: git }),
    at: new Date(noon.getTime() + 10_000),
    to: 'Delivering',
    says: 'git wait',
    does: [`wake ${after(0.5).toISOString()}`],
  },
  'rolls out what Git holds': {
    from: { state: 'Delivering', delivery: delivery('done') },
    event: observed({ setup: git }),
    to: 'RollingOut',
    does: ['start'],
  },
  'asks its gates again once Git holds it': {
    from: { state: 'Delivering', delivery: delivery('done') },
    event: observed({ setup: setupOf({ delivery: 'git', before: [approval] }) }),
    to: 'Gating',
    says: 'approval: 0 of 1 approvals',
  },
  'waits for what moves by now once Git holds it': {
    from: { state: 'Delivering', delivery: delivery('done') },
    event: observed({ setup: git, turn: false, behind: 'waits for web-1' }),
    to: 'Queued',
    says: 'waits for web-1',
  },
  'goes on without Git when the pipeline does not deliver by it any more': {
    from: { state: 'Delivering', delivery: delivery('wait') },
    event: observed(),
    to: 'RollingOut',
    does: ['start'],
  },
  'asks its gates when the pipeline does not deliver by Git any more': {
    from: { state: 'Delivering', delivery: delivery('wait') },
    event: observed({ setup: setupOf({ before: [approval] }) }),
    to: 'Gating',
    says: 'approval: 0 of 1 approvals',
  },
  'fails when Git cannot be written': {
    from: { state: 'Delivering', delivery: delivery('fail') },
    event: observed({ setup: git }),
    to: 'Failed',
    says: 'git fail',
  },
  'is rejected while it waits': {
    from: { state: 'Gating' },
    event: { type: 'rejected', by: 'ada', reason: 'no' },
    to: 'Aborted',
    says: 'rejected by ada: no',
  },
  'goes back when it is rejected after its rollout': {
    from: { state: 'Verifying', onFailure: 'rollback' },
    event: { type: 'rejected', by: 'ada', reason: 'no' },
    to: 'RollingBack',
    does: ['rollback rejected by ada: no'],
  },
  'ends when it is rejected after its rollout and does not go back': {
    from: { state: 'Verifying', onFailure: 'abort' },
    event: { type: 'rejected', by: 'ada', reason: 'no' },
    to: 'Aborted',
    says: 'rejected by ada: no',
  },
  'stops its rollout when it is aborted': {
    from: { state: 'RollingOut' },
    event: { type: 'aborted', by: 'ada', reason: 'no' },
    to: 'RollingOut',
    says: 'the rollout stops',
    does: ['abort aborted by ada: no'],
  },
  'ends when the rollout has stopped': {
    from: { state: 'RollingOut', wish },
    event: told('Aborted'),
    to: 'Aborted',
    says: 'aborted by ada: no',
  },
  'ends as aborted although the rollout was done first': {
    from: { state: 'RollingOut', wish },
    event: told('Succeeded'),
    to: 'Aborted',
    says: 'aborted by ada: no; the rollout had succeeded already',
  },
  'says why the rollout failed, not why somebody wanted it to stop': {
    from: { state: 'RollingOut', wish },
    event: told('Failed'),
    to: 'Failed',
    says: 'it Failed',
  },
  'is verified when the rollout has succeeded': {
    from: { state: 'RollingOut' },
    event: told('Succeeded'),
    to: 'Verifying',
  },
  'is promoted when nothing is left to verify': {
    from: { state: 'Verifying' },
    event: observed(),
    to: 'Promoted',
    says: 'web-2 is in prod',
  },
  'goes back when its release is vetoed before it is promoted': {
    from: { state: 'Verifying', onFailure: 'rollback' },
    event: observed({ vetoed: 'it burns' }),
    to: 'RollingBack',
    does: ['rollback web-2 is vetoed: it burns'],
  },
  'fails when its release is vetoed before it is promoted and does not go back': {
    from: { state: 'Verifying', onFailure: 'pause' },
    event: observed({ vetoed: 'it burns' }),
    to: 'Failed',
    says: 'web-2 is vetoed: it burns',
  },
  'is rolled back with its rollout': {
    from: { state: 'RollingOut' },
    event: told('RolledBack'),
    to: 'RolledBack',
    says: 'it RolledBack',
  },
  'cannot go back': {
    from: { state: 'RollingBack' },
    event: told('Failed'),
    to: 'Failed',
    says: 'the clusters did not go back: it Failed',
  },
  'is refused by the rollout': {
    from: { state: 'RollingOut' },
    event: { type: 'refused', reason: 'wave canary is empty' },
    to: 'Failed',
    says: 'wave canary is empty',
  },
  'moves again when somebody retries what failed': {
    from: { state: 'Failed', reason: 'x', endedAt: noon },
    event: told('Running'),
    to: 'RollingOut',
    says: 'the rollout',
  },
  'goes back after it was promoted': {
    from: { state: 'Promoted', reason: 'x', endedAt: noon },
    event: told('RolledBack'),
    to: 'RolledBack',
    says: 'it RolledBack',
  },
};

describe('a promotion', () => {
  it.each(Object.entries(rows))('%s', (_sentence, { from, event, at = noon, to, says, does = [] }) => {
    const { state, actions } = decide(promotionOf(from), event, at);
    const done = actions.map((action) => {
      if (action.type === 'wake') return `wake ${action.at.toISOString()}`;
      if (action.type === 'ask') return `ask ${action.gate}`;
      return action.type === 'command' ? `${action.command} ${action.reason}` : action.type;
    });
    expect([state.state, done]).toEqual([to, does]);
    if (says !== undefined) expect(isEnd(state.state) ? state.reason : state.waitingFor).toBe(says);
    expect(state.endedAt !== null).toBe(isEnd(state.state));
    if (isEnd(state.state)) expect(state.reason).not.toBe('');
  });

  it('asks again right before the rollout what passed long ago', () => {
    const observation = observationOf({ setup: setupOf({ before: [hook] }) });
    let { state } = decide(promotionOf(), { type: 'observed', observation }, noon);
    const answer = { phase: 'pass', message: 'green', until: null, memory: null } as const;
    ({ state } = decide(state, { type: 'answered', stage: 'before', gate: 'webhook', answer }, noon));
    const late = decide(state, { type: 'observed', observation }, after(5));
    expect([late.state.state, late.state.waitingFor, late.actions]).toEqual([
      'Gating',
      'gates are asked once more',
      [{ type: 'ask', stage: 'before', gate: 'webhook' }],
    ]);
    expect(decide(state, { type: 'observed', observation }, after(1)).state.state).toBe('RollingOut');
  });

  it.each([
    ['keeps what Git holds where that moves', 'git', 'done', 'done'],
    ['forgets what Git holds where that does not move', 'pins', 'done', undefined],
    ['keeps what is still to be taken back', 'pins', 'wait', 'wait'],
  ] as const)('%s', (_sentence, by, phase, kept) => {
    const from = promotionOf({ state: 'Gating', delivery: delivery(phase) });
    const { state } = decide(from, observed({ setup: setupOf({ delivery: by }) }), noon);
    expect([state.state, state.delivery?.phase]).toEqual(['RollingOut', kept]);
  });

  it('takes approvals only of its own release', () => {
    const person = { tokenId: 't', name: 'ada', emails: [], groups: [] };
    const given = { stage: 'before', releaseId: 'r1', person, comment: '', at: noon } as const;
    expect(decide(promotionOf(), { type: 'approved', approval: given }, noon).state.approvals).toEqual([]);
  });
});
