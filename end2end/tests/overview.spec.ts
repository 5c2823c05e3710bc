// The overview of an organization, and the banner above the list of keys. Each test has a separate installation,
// because the existing keys matter.
import type { Page } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import { inspect } from '../support/looks.ts';
import { test } from '../support/own.ts';
import { MINA, OLIVIA, awake, closeReveal, beginCreating, createKey, organizationOf, row, shownKey } from '../support/people.ts';
import { expect } from '../support/test.ts';

test.describe.configure({ timeout: 90_000 });

const LONG = 'A rather long name of a key that was given by someone who likes to explain everything in one line';
const ARABIC = 'مفتاح التقارير الشهرية';

/** Creates a key that expires in seven days. */
async function createShort(page: Page, name: string, scripted: boolean): Promise<string> {
  const form = await beginCreating(page, scripted);
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Expiration').selectOption('7 days');
  await form.getByRole('button', { name: 'Generate' }).click();
  const field = shownKey(page, scripted);
  const key = await field.inputValue();
  if (scripted) await page.getByRole('dialog').getByRole('button', { name: 'Copy', exact: true }).click();
  await closeReveal(page, scripted);
  await expect(row(page, name)).toHaveCount(1);
  return key;
}

const expose = (url: string, key: string) => curl(`${url}/api/v1/workspaces?api_key=${key}`);

async function openOverview(page: Page) {
  await page.goto(`/o/${organizationOf(page)}`);
  await expect(page.getByRole('heading', { name: 'Overview', level: 1 })).toBeVisible();
}

const panel = (page: Page, name: string) => page.getByRole('region', { name });

// RU-15, RU-21..RU-24, RK-29, KE-30, KE-36
test('a list without keys has advice and links to the documentation', { tag: '@plain' }, async ({ as }) => {
  const page = await as(OLIVIA);
  const main = page.getByRole('main');
  for (const advice of ['every 90 days', 'version control or client-side code', 'Production deploy script', 'a teammate leaves', 'its own key']) {
    await expect(main).toContainText(advice);
  }
  await expect(main.getByRole('link', { name: 'API reference' })).toHaveAttribute('href', '/docs/api');
  await expect(main.getByRole('link', { name: 'How to rotate a key' })).toHaveAttribute('href', '/docs/api-keys#regular-rotation');
});

test('an organization without keys has a link to create the first one', { tag: '@plain' }, async ({ as, scripted }) => {
  const page = await as(OLIVIA);
  await openOverview(page);
  await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible();
  await expect(panel(page, 'Latest events')).toContainText('Olivia Owens');
  if (scripted) await inspect(page, 'overview-empty');
  await page.getByRole('main').getByRole('link', { name: 'Create API Key' }).click();
  await expect(page.getByRole('heading', { name: 'Create API Key' })).toBeVisible();
});

test('an owner sees the keys that need attention, with links to the next step', { tag: '@plain' }, async ({ as, own, scripted, guard }) => {
  const page = await as(OLIVIA);
  const calling = await createKey(page, LONG, scripted);
  await createShort(page, ARABIC, scripted);
  const leaked = await createShort(page, 'Nightly export', scripted);
  for (let n = 0; n < 3; n += 1) await curl(`${own.url}/api/v1/workspaces`, ...bearer(calling));
  expect((await expose(own.url, leaked)).status).toBe(400);

  await page.goto('/settings/api-keys');
  const line = page.getByRole('region', { name: 'Needs attention' });
  // The expiration of a key that was created for 7 days is no surprise.
  await expect(line).toContainText('1 key needs attention: it is exposed.');
  await awake(page, scripted);
  if (scripted) await inspect(page, 'api-keys-nudge');
  await line.getByRole('link', { name: 'Review' }).click();

  await expect(page.getByRole('heading', { name: 'Overview', level: 1 })).toBeVisible();
  const nav = page.getByRole('navigation', { name: 'Settings' });
  await expect(nav.getByRole('link', { name: 'Overview' })).toHaveAttribute('aria-current', 'page');
  const rows = panel(page, 'Needs attention').getByRole('listitem');
  await expect(rows).toHaveCount(1);
  await expect(rows.nth(0)).toContainText('Nightly export');
  await expect(rows.nth(0)).toContainText('It was sent in a URL and may be in logs.');

  const counts = panel(page, 'Keys by status');
  await expect(counts.getByRole('link', { name: '3 Active' })).toBeVisible();
  await expect(counts.getByRole('link', { name: '1 Exposed' })).toBeVisible();
  const calls = panel(page, 'Calls per day');
  await expect(calls.getByRole('img', { name: /^3 calls and 1 refusal in the last 30 days/ })).toBeVisible();
  const tip = calls.getByText(/: 3 calls, 1 refused$/);
  await expect(tip).toBeHidden();
  await calls.locator('.bars .refused').last().hover();
  await expect(tip).toBeVisible();
  await calls.getByText('Daily usage').click();
  await expect(calls.getByRole('row')).toHaveCount(31);
  await expect(calls.getByRole('row').nth(1)).toContainText(/2\d{3}31$/);
  await expect(panel(page, 'Latest events').getByRole('listitem')).toHaveCount(5);
  if (scripted) await inspect(page, 'overview');

  await counts.getByRole('link', { name: '2 Expire soon' }).click();
  await expect(page.getByRole('rowheader')).toHaveText([/^Nightly export ?Exposed$/, ARABIC]);
  await page.goBack();
  await rows.nth(0).getByRole('link', { name: 'Rotate… Nightly export' }).click();
  await expect(page.getByRole('heading', { name: 'Rotate “Nightly export”' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('Nightly export');
});

test('the overview of a member shows their own keys', { tag: '@plain' }, async ({ as, scripted }) => {
  const olivia = await as(OLIVIA);
  await createShort(olivia, 'Ledger sync', scripted);
  const page = await as(MINA);
  await expect(page.getByText('needs attention')).toHaveCount(0);
  await createKey(page, 'Member script', scripted);
  await openOverview(page);
  await expect(panel(page, 'Needs attention')).toContainText('No key needs attention.');
  await expect(page.getByRole('link', { name: '1 Active' })).toBeVisible();
  await expect(page.getByText('Ledger sync')).toHaveCount(0);
  await expect(panel(page, 'Latest events')).toHaveCount(0);
  if (scripted) await inspect(page, 'overview-member');
});

test('a dismissed banner returns with another reason', { tag: '@plain' }, async ({ as, own, scripted }) => {
  const page = await as(MINA);
  const [first, second] = [await createShort(page, 'Nightly export', scripted), await createShort(page, 'Ledger sync', scripted)];
  const line = page.getByRole('region', { name: 'Needs attention' });
  await page.goto('/settings/api-keys');
  await expect(line).toHaveCount(0);
  await expose(own.url, first);
  await page.reload();
  await expect(line).toContainText('1 key needs attention: it is exposed.');
  const list = page.url();
  await line.getByRole('button', { name: 'Dismiss' }).click();
  await expect(line).toHaveCount(0);
  expect(page.url()).toBe(list);
  await page.reload();
  await expect(line).toHaveCount(0);
  await expose(own.url, second);
  await page.reload();
  await expect(line).toContainText('2 keys need attention: 2 are exposed.');
});

test('a member without a key sees the first steps', { tag: '@plain' }, async ({ as, scripted }) => {
  const page = await as(MINA);
  await openOverview(page);
  await expect(page).toHaveTitle('Overview · Acme · Roundtable');
  const steps = panel(page, 'No API keys yet').getByRole('listitem');
  await expect(steps).toHaveCount(3);
  await expect(steps.nth(1).getByRole('link')).toHaveAttribute('href', '/docs/quickstart');
  await expect(page.getByRole('link', { name: '0 Active' })).toHaveCount(0);
  if (scripted) await inspect(page, 'overview-first-steps');
  await steps.nth(0).getByRole('link', { name: 'Create API Key' }).click();
  await expect(page.getByRole('heading', { name: 'Create API Key' })).toBeVisible();
});

test('the overview can be used with the keyboard', async ({ as, own }) => {
  const page = await as(MINA);
  await expose(own.url, await createShort(page, 'Nightly export', true));
  await openOverview(page);
  const reached: string[] = [];
  for (let n = 0; n < 40; n += 1) {
    await page.keyboard.press('Tab');
    const focus = page.locator(':focus');
    if ((await focus.count()) === 0) break;
    reached.push((await focus.innerText()).replace(/\s+/g, ' ').trim());
    if (reached.at(-1)?.startsWith('Rotate…')) break;
  }
  expect(reached[0]).toBe('Skip to content');
  const seen = reached.slice(reached.findIndex((text) => text.endsWith('Active')));
  expect(seen).toEqual(['1 Active', '1 Exposed', '1 Expire soon', '0 Unused for 90 days', '0 Expired', '0 Revoked', 'Nightly export', 'Rotate… Nightly export']);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Rotate “Nightly export”' })).toBeVisible();
});
