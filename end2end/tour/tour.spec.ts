// Takes the screenshots of the tour from the real server.
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';

import { OLIVIA, awake, row, sheet, shownKey } from '../support/people.ts';
import { ports, startServer, type Server } from '../support/server.ts';
import { BUSY, TODAY, from, createHistory, visit } from './acme.ts';
import { Clock } from './clock.ts';
import { hideKey, picture } from './picture.ts';

const FIRST_DAY = '2026-05-04T08:00:00Z';
const PHONE = { width: 360, height: 720 };

let clock: Clock;
let server: Server;

test.beforeAll(async ({ browser }) => {
  clock = new Clock(FIRST_DAY);
  const env = { ...clock.env, RUST_LOG: 'warn', ROUNDTABLE_TRUSTED_PROXIES: '1' };
  server = await startServer(ports.tour, { demo: true, env });
  await createHistory(server, browser, clock);
});

test.afterAll(async () => {
  await server?.stop();
  clock?.remove();
});

test('the tour', async ({ browser }) => {
  const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB', reducedMotion: 'reduce', extraHTTPHeaders: from(OLIVIA) });
  await context.clock.setFixedTime(TODAY);
  const page = await context.newPage();
  const shots = new Shots(page);

  await page.goto('/sign-in');
  await shots.take('sign-in');
  const organization = await visit(page);
  const settings = `/o/${organization}/settings`;

  await page.goto(`/o/${organization}`);
  await shots.everywhere('overview', 960);

  await page.goto(`${settings}/api-keys`);
  await awake(page, true);
  await shots.everywhere('api-keys');
  await shots.take('api-keys-phone-dark', { ...PHONE, theme: 'dark' });
  await shots.take('api-keys', { file: 'api-keys.png' });

  await page.getByRole('link', { name: 'Create API Key' }).first().click();
  const form = sheet(page, true);
  await form.getByLabel('Name').fill('Invoice service');
  await shots.take('create');
  await shots.take('create-phone', { ...PHONE, theme: 'dark' });
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(shownKey(page, true)).toBeVisible();
  await hideKey(page);
  await shots.take('reveal');

  await page.goto(`${settings}/api-keys`);
  await awake(page, true);
  const link = row(page, BUSY).getByRole('link', { name: BUSY, exact: true });
  const path = (await link.getAttribute('href')) ?? '';
  await link.click();
  await expect(page.getByRole('heading', { name: BUSY, level: 1 })).toBeVisible();
  await shots.take('panel');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').getByRole('searchbox').fill('report');
  await expect(page.getByRole('dialog').getByRole('heading', { name: 'API Keys' })).toBeVisible();
  await shots.take('search');
  await page.goto(path);
  await awake(page, true);
  await shots.everywhere('key');
  await page.getByRole('link', { name: 'Rotate…' }).first().click();
  await expect(page.getByRole('heading', { name: `Rotate “${BUSY}”` })).toBeVisible();
  await shots.take('rotate');

  await page.goto(`${settings}/api-keys`);
  await awake(page, true);
  await row(page, BUSY).getByRole('link', { name: /^Revoke/ }).click();
  await expect(sheet(page, true).getByRole('heading', { name: /^Revoke “/ })).toBeVisible();
  await shots.take('revoke');

  for (const name of ['members', 'service-accounts', 'audit-log']) {
    await page.goto(`${settings}/${name}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await shots.take(name);
  }
  await shots.take('audit-log-dark', { theme: 'dark' });
  await context.close();
});

class Shots {
  constructor(private readonly page: Page) {}

  take(name: string, options: Parameters<typeof picture>[2] = {}) {
    return picture(this.page, name, options);
  }

  /** Takes screenshots in the light theme, in the dark theme, and at the width of a phone. */
  async everywhere(name: string, height = 800) {
    await this.take(name, { height });
    await this.take(`${name}-dark`, { height, theme: 'dark' });
    await this.take(`${name}-phone`, PHONE);
  }
}
