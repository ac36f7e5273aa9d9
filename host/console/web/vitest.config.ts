// Two kinds of tests: of logic, which need nothing but Node, and of the built pages in a browser.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'logic', include: ['tests/logic/*.test.ts'] } },
      {
        test: {
          name: 'browser',
          include: ['tests/browser/*.test.ts'],
          // One browser at a time: what is measured must not wait for another test.
          fileParallelism: false,
          testTimeout: 120_000,
          // Chromium itself fails to start now and then on a machine that has other work.
          retry: 1,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
