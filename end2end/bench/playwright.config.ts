// Measures the keys page of the real server without parallel tests. `make bench` runs it.
import { defineConfig } from '@playwright/test';

import { browser } from '../support/browser.ts';

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results/bench',
  workers: 1,
  timeout: 600_000,
  reporter: [['list']],
  use: { ...browser, screenshot: 'off' },
});
