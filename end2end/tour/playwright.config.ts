// Takes the screenshots of docs/tour. `make tour` runs it.
import { defineConfig } from '@playwright/test';

import { browser } from '../support/browser.ts';

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results/tour',
  workers: 1,
  timeout: 300_000,
  reporter: [['list']],
  use: browser,
});
