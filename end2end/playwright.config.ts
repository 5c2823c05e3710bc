// Tests the real server (../dist/roundtable) in Debian's Chromium. `.ci/build` builds the binary.
import { defineConfig } from '@playwright/test';

import { browser } from './support/browser.ts';
import { ON_POSTGRES, postgres } from './support/postgres.ts';
import { ports, url } from './support/server.ts';

export default defineConfig({
  testDir: 'tests',
  globalSetup: './support/global-setup.ts',
  outputDir: 'test-results',
  workers: 2,
  // One retry on a busy machine. The report lists a test that needed it as flaky.
  retries: process.env.CI ? 1 : 0,
  fullyParallel: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['html', { open: 'never' }]],
  use: { ...browser, baseURL: url(ports.sqlite) },
  // Tests tagged @plain also run without JavaScript. Tests tagged @store also run on Postgres.
  projects: [
    { name: 'script on' },
    { name: 'script off', grep: /@plain/, use: { javaScriptEnabled: false } },
    ...(postgres ? [{ name: ON_POSTGRES, grep: /@store/, use: { baseURL: url(ports.postgres) } }] : []),
  ],
});
