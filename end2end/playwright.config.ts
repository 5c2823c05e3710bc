// Drives the real server (../dist/roundtable) in Debian's Chromium. `.ci/build` makes the binary.
import { defineConfig } from '@playwright/test';

import { browser } from './support/browser.ts';
import { ON_POSTGRES, postgres } from './support/postgres.ts';
import { ports, url } from './support/server.ts';

export default defineConfig({
  testDir: 'tests',
  globalSetup: './support/house.ts',
  outputDir: 'test-results',
  workers: 2,
  // On a busy machine one more try; a test that needed it is named as flaky at the end.
  retries: process.env.CI ? 1 : 0,
  fullyParallel: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['html', { open: 'never' }]],
  use: { ...browser, baseURL: url(ports.sqlite) },
  // A test tagged @plain must hold without script too; one tagged @store must hold on both databases.
  projects: [
    { name: 'script on' },
    { name: 'script off', grep: /@plain/, use: { javaScriptEnabled: false } },
    ...(postgres ? [{ name: ON_POSTGRES, grep: /@store/, use: { baseURL: url(ports.postgres) } }] : []),
  ],
});
