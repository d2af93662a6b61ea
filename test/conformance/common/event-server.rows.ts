import type { ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const subject = 'GitRepository';
const files = { 'a.yaml': 'a: 1\n' };
const told = { reason: 'NewArtifact', severity: 'info' };

const refusing = (statuses: readonly number[]) => async (world: World) => {
  world.rig.events.refuse(world.namespace, statuses);
};
const attempts = ({ rig, namespace }: World): number =>
  rig.events.posts(namespace).filter(({ reason }) => reason === told.reason).length;

const toldOnce = (behaviour: string, status: number): ScenarioRow => ({
  section: '1.5',
  behaviour,
  given: { subject, files, before: refusing([status]) },
  expect: { ready: 'True' },
  steps: [
    {
      does: (world) => world.pause(4_000),
      expect: { ready: 'True', noEvents: [told], check: expectAttempts(1) },
    },
  ],
});

const expectAttempts = (wanted: number) => (world: World) => {
  if (attempts(world) !== wanted) throw new Error(`${attempts(world)} attempts`);
};

/** A receiver of events that does not take them at once (flux-compat 1.5). */
export const eventServerRows: readonly ScenarioRow[] = [
  toldOnce('an event server that answers 429 has the event already: nothing is sent again', 429),
  {
    section: '1.5',
    behaviour: 'an event server that fails or hangs up is asked again, and has the event once in the end',
    given: { subject, files, before: refusing([500, 0]) },
    expect: { ready: 'True', events: [told], check: expectAttempts(3) },
  },
  toldOnce('an event that the server refuses is sent once; the object is not troubled by it', 400),
  toldOnce('an event server that answers 501 cannot take events: it is not asked again', 501),
];
