import { followStatus, sawConditions } from '../rig/follow-status.js';
import type { ScenarioRow } from '../rig/scenario-row.js';

const subject = 'GitRepository';
const files = { 'a.yaml': 'a: 1\n' };

/** What is seen of a source while it works (flux-compat 2.2, start and new content). */
export const progressRows: readonly ScenarioRow[] = [
  {
    section: '2.2',
    behaviour: 'a new generation is told with the old and the new one, and Ready keeps its old value',
    given: { subject, files, before: (world) => followStatus(world) },
    expect: { ready: 'True' },
    steps: [
      {
        spec: { interval: '2h' },
        expect: {
          ready: 'True',
          status: { observedGeneration: 2 },
          check: (world) =>
            sawConditions(world, {
              Ready: { status: 'True', message: "stored artifact for revision '<revision>'" },
              Reconciling: {
                status: 'True',
                reason: 'Progressing',
                message: 'processing object: new generation 1 -> 2',
              },
            }),
        },
      },
    ],
  },
  {
    section: '2.2',
    behaviour: 'a request is told as a reconcile in progress, and Ready stays True meanwhile',
    given: { subject, files, before: (world) => followStatus(world) },
    expect: { ready: 'True' },
    steps: [
      {
        request: true,
        expect: {
          ready: 'True',
          check: (world) =>
            sawConditions(world, {
              Ready: { status: 'True', reason: 'Succeeded' },
              Reconciling: { reason: 'Progressing', message: 'reconciliation in progress' },
            }),
        },
      },
    ],
  },
  {
    section: '2.2',
    behaviour: 'a Ready that is False stays so while the next attempt is under way',
    given: { subject, files, before: (world) => followStatus(world) },
    expect: { ready: 'True' },
    steps: [
      { spec: { ref: { branch: 'gone' } }, expect: { ready: 'False' } },
      {
        request: true,
        expect: {
          ready: 'False',
          check: (world) =>
            sawConditions(world, {
              Ready: { status: 'False', reason: 'GitOperationFailed' },
              Reconciling: { reason: 'Progressing', message: 'processing object: new generation 1 -> 2' },
            }),
        },
      },
    ],
  },
  {
    section: '2.2',
    behaviour: 'new content: ArtifactOutdated, and Ready is Unknown while the artifact is built',
    given: { subject, files, before: (world) => followStatus(world) },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'b.yaml': 'b: 1\n' },
        expect: {
          ready: 'True',
          conditions: { ArtifactOutdated: null },
          check: (world) =>
            sawConditions(world, {
              Ready: { status: 'Unknown', message: /^building artifact: / },
              Reconciling: { reason: 'Progressing', message: /^building artifact: / },
              ArtifactOutdated: { status: 'True', reason: 'NewRevision' },
            }),
        },
      },
    ],
  },
  {
    section: '2.2',
    behaviour: 'without an artifact Ready is Unknown from the start',
    given: { subject, files, before: (world) => followStatus(world) },
    expect: {
      ready: 'True',
      check: (world) =>
        sawConditions(world, {
          Ready: { status: 'Unknown', reason: 'Progressing' },
          Reconciling: { status: 'True', reason: 'Progressing' },
        }),
    },
  },
];
