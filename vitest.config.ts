import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/build.ts',
    // Tests of whole runs train networks; a busy machine takes many times what an idle one does.
    testTimeout: 180_000,
    // Those tests start processes that keep a core busy each: more files at a time would only wait for each other.
    maxWorkers: 2,
  },
});
