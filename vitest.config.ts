import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'test/harness/compiled-code.ts',
    // Most tests wait for processes they have started: one worker would leave a core idle. More than two do not save time, and
    // tests that measure come to their limits.
    maxWorkers: 2,
    // For a machine that is several times slower than usual: what hangs is found all the same.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 150_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['test/slow/**', 'test/xen-lab/**', '**/node_modules/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: ['tooling/**/*.test.ts', 'test/slow/**/*.test.ts', 'test/xen-lab/**/*.test.ts'],
        },
      },
    ],
  },
});
