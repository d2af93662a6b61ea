import { describe, expect, it } from 'vitest';
import { kustomizeMessage } from './kustomize-message.js';

describe('what kustomize said', () => {
  it.each([
    ['of kustomize', 'Error: no matches for Id web', 'no matches for Id web'],
    ['of kubectl', 'error: no matches for Id web', 'no matches for Id web'],
    ['after a warning', "# Warning: 'commonLabels' is deprecated.\nError: no such file", 'no such file'],
    [
      'as a line of a log',
      'E1120 15:47:15.012974   23103 run.go:72] "command failed" err="no resource matches \\"web\\":\\n\\tsecond line"',
      'no resource matches "web":\n\tsecond line',
    ],
    [
      'as a line of a log with bytes that are no text',
      'E1120 15:47:15.012974 7 run.go:72] "command failed" err="yaml: \\"\\xff\\" is invalid"',
      'yaml: "\\xff" is invalid',
    ],
  ])('is told without what surrounds it: %s', (_, stderr, message) => {
    expect(kustomizeMessage(stderr)).toBe(message);
  });
});
