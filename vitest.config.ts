import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript source, so that tests need no build. Vitest hands these conditions to
// Node, where they hold for `require` too: `import` or `module` here would give CommonJS packages ES modules.
const conditions = ['source', 'node', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{common,agent,hub,cli,scripts}/**/*.spec.ts'],
          exclude: ['**/dist/**', '**/node_modules/**'],
          // Properties over thousands of random inputs take seconds where others use the machine too.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/**/*.spec.ts'],
          globalSetup: ['test/servers/shared/global-setup.ts'],
          exclude: ['**/dist/**', '**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Control planes are heavy; two cores take one file at a time.
          fileParallelism: false,
        },
      },
    ],
  },
});
