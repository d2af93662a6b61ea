// Counts rows by section of the behaviour contract, from vitest's JSON. Pure.

/** Names of the sections, in their order. */
const sections = {
  0: 'API versions',
  1.1: 'Conditions and life cycle',
  1.2: 'Requests, finalizers, labels',
  1.3: 'Controls of managed objects',
  1.4: 'Field managers',
  1.5: 'Events',
  1.6: 'Requeue and back-off',
  1.7: 'Cross-namespace lock',
  1.8: 'CEL',
  2.1: 'Artifact and storage',
  2.2: 'Conditions of sources',
  2.3: 'GitRepository',
  3.1: 'Kustomization fields',
  3.2: 'Kustomization pipeline',
  3.3: 'Build',
  3.4: 'SOPS decryption',
  3.5: 'Substitution',
  3.6: 'Apply',
  3.7: 'Prune',
  3.8: 'Health',
  3.9: 'Delete',
  '3.10': 'Remote clusters and impersonation',
  7: 'Metrics, health and logs',
  8.1: 'Flags and feature gates',
  8.2: 'Multi-tenancy lock-down',
  8.3: 'Sharding',
};

/** `{passed, total, sections: [{section, title, passed, total}], failures: [{section, behaviour, error}], broken}` */
export function reportOf({ testResults }) {
  const rows = testResults.flatMap(({ assertionResults }) => assertionResults.flatMap(rowOf));
  const known = [...new Set(rows.map(({ section }) => section))].toSorted(bySection);
  return {
    passed: count(rows),
    total: rows.length,
    sections: known.map((section) => {
      const own = rows.filter((row) => row.section === section);
      return { section, title: sections[section] ?? '', passed: count(own), total: own.length };
    }),
    failures: rows
      .filter(({ passed }) => !passed)
      .map(({ section, behaviour, error }) => ({ section, behaviour, error })),
    // A file that could not even start has no rows that failed.
    broken: testResults
      .filter(({ status, assertionResults }) => status === 'failed' && assertionResults.every(isFine))
      .map(({ name, message }) => ({ file: name.replace(/^.*\/test\//, 'test/'), message })),
  };
}

const isFine = ({ status }) => status !== 'failed';
const count = (rows) => rows.filter(({ passed }) => passed).length;

/** Tests that are no rows, and rows that `-t` left out, are not counted. */
function rowOf({ title, status, failureMessages }) {
  const [, section, behaviour] = /^\[([\d.]+)\] (.*)$/s.exec(title) ?? [];
  if (section === undefined || status === 'skipped' || status === 'pending') return [];
  return [
    { section, behaviour, passed: status === 'passed', error: failureMessages?.[0]?.split('\n')[0] ?? '' },
  ];
}

function bySection(a, b) {
  const [x, y] = [a, b].map((section) => section.split('.').map(Number));
  return x[0] - y[0] || (x[1] ?? 0) - (y[1] ?? 0);
}

/** For people: a line for each section, then what failed. */
export function reportText({ passed, total, sections: counted, failures, broken }) {
  const lines = counted.map(
    ({ section, title, passed: good, total: all }) =>
      `${section.padEnd(6)}${title.padEnd(38)}${String(good).padStart(4)} of ${String(all).padStart(3)}${good === all ? '' : '  <-'}`,
  );
  const failed = failures.map(({ section, behaviour, error }) => `\n[${section}] ${behaviour}\n    ${error}`);
  const lost = broken.map(({ file, message }) => `\n${file} did not run: ${message}`);
  return `${[...lines, '', `${passed} of ${total} rows passed`, ...failed, ...lost].join('\n')}\n`;
}
