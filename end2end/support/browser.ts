// The settings of Debian's Chromium, in the form without a window, which is about twice as fast as the whole browser.
import type { PlaywrightTestConfig } from '@playwright/test';

/** The browser, for all test configurations. */
export const browser: NonNullable<PlaywrightTestConfig['use']> = {
  browserName: 'chromium',
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  },
  viewport: { width: 1280, height: 800 },
  locale: 'en-GB',
  timezoneId: 'UTC',
  reducedMotion: 'reduce',
  permissions: ['clipboard-read', 'clipboard-write'],
  actionTimeout: 7_000,
  navigationTimeout: 10_000,
  screenshot: 'only-on-failure',
};
