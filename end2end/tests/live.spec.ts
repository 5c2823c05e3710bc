// Live updates of open pages: uses, the first request with a new key, and changes of the list.
import type { Page } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import { inspect } from '../support/looks.ts';
import { test as alone } from '../support/own.ts';
import {
  ADAM, MINA, OLIVIA, awake, beginCreating, beginRevoking, confirmRevoking, createKey, find, finish, createKeyAndStay, openKey, row, sheet, shownKey, signIn, unique,
} from '../support/people.ts';
import { ports, startServer } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

const WAITING = 'Waiting for the first request…';
const CHANGED = 'This list has changed.';

/** Creates a key on one page, and waits until it is in the list of another page. */
async function sharedKey(page: Page, other: Page, name: string): Promise<string> {
  await signIn(page, OLIVIA);
  const key = await createKey(page, name, true);
  await signIn(other, ADAM);
  for (const one of [page, other]) {
    await find(one, name);
    await connected(one);
  }
  return key;
}

/** Waits until the page receives live updates. */
async function connected(page: Page) {
  await awake(page, true);
  await expect.poll(() => streams(page)).toBeGreaterThan(0);
}

/** The last use in the row of a key. */
const lastUsed = (page: Page, name: string) => row(page, name).locator('[data-last-used]');

/** The color of the name of a key. */
const colorOf = (page: Page, name: string) => row(page, name).getByRole('rowheader').getByRole('link').first().evaluate((link) => getComputedStyle(link).color);

const opened = new WeakMap<Page, number>();

function streams(page: Page): number {
  return opened.get(page) ?? 0;
}

/** Counts the open event streams of a page. */
function count(page: Page) {
  const add = (n: number) => opened.set(page, streams(page) + n);
  const live = (url: string) => /\/o\/[^/]+\/live\?/.test(url);
  page.on('response', (response) => live(response.url()) && response.status() === 200 && add(1));
  for (const ended of ['requestfinished', 'requestfailed'] as const) {
    page.on(ended as 'requestfinished', (request) => live(request.url()) && streams(page) > 0 && add(-1));
  }
}

const use = async (baseURL: string | undefined, key: string) =>
  expect((await curl(`${baseURL}/api/v1/me`, '-A', 'deploy/1.0', ...bearer(key))).status).toBe(200);

test.beforeEach(({ page }) => count(page));

test('“Last used” is updated for everyone who can see the key', { tag: '@store' }, async ({ page, browser, baseURL, guard }) => {
  test.slow();
  const context = await browser.newContext({ baseURL });
  guard.watch(context);
  const other = await context.newPage();
  count(other);
  const name = unique('Moving');
  const key = await sharedKey(page, other, name);
  await openKey(other, name);
  await connected(other);
  await expect(lastUsed(page, name)).toHaveText('Never used');
  await expect(other.getByText('Never used')).toBeVisible();
  await use(baseURL, key);
  const cell = lastUsed(page, name).locator('time');
  await expect(cell).toHaveText('just now');
  await expect(cell).toHaveAttribute('datetime', /^\d{4}-\d\d-\d\dT[\d:]+Z$/);
  await expect(cell).toHaveAttribute('title', /UTC$/);
  await expect(other.locator('dd').filter({ hasText: 'just now from' })).toHaveText(/just now\s+from\s+127\.0\.0\.1\s*deploy\/1\.0/);
  // The dialog that revokes the key is updated too.
  const form = await beginRevoking(page, name, true);
  await expect(form).toContainText('just now');
  await expect(form.getByLabel(/^Type .* to confirm/)).toBeVisible();
  await form.getByRole('link', { name: 'Cancel' }).click();
  await expect(form).toHaveCount(0);
  // The server renders the same text.
  await page.reload();
  await expect(lastUsed(page, name)).toHaveText('just now');
  await context.close();
});

test('a used test key is revoked without typing its name', async ({ page, baseURL }) => {
  const name = unique('Harmless');
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill(name);
  await form.getByRole('radio', { name: /^Test/ }).check();
  const key = await finish(page, form, true);
  await find(page, name);
  await connected(page);
  await use(baseURL, key);
  await expect(lastUsed(page, name).locator('time')).toHaveText('just now');
  const asked = await beginRevoking(page, name, true);
  await expect(asked).toContainText('just now');
  await expect(asked.getByLabel(/^Type .* to confirm/)).toHaveCount(0);
  await confirmRevoking(page, asked, name);
});

alone('the dialog of a new key tells of its first request', { tag: '@store' }, async ({ own, browserOf }) => {
  const page = await browserOf();
  count(page);
  await signIn(page, OLIVIA);
  await connected(page);
  const key = await createKeyAndStay(page, unique('First'), true);
  const status = page.getByRole('dialog').getByRole('status').filter({ hasText: 'request' });
  await expect(status).toHaveText(WAITING);
  await inspect(page, 'waiting');
  await use(own.url, key);
  await expect(status).toHaveText('First request from 127.0.0.1, just now.');
  await inspect(page, 'first-request');
  // Further requests do not change the line.
  await status.locator('span').evaluate((line) => (line.textContent = 'An untouched request'));
  await use(own.url, key);
  await page.waitForTimeout(1_500);
  await expect(status).toHaveText('An untouched request');
});

test('the page of a successor shows the first request too', async ({ page, baseURL }) => {
  const name = unique('Rotated');
  await signIn(page, OLIVIA);
  await createKey(page, name, true);
  await openKey(page, name);
  await page.getByRole('link', { name: 'Rotate…' }).click();
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  const key = await shownKey(page, true).inputValue();
  await expect(page.getByText(WAITING)).toBeVisible();
  await use(baseURL, key);
  await expect(page.getByText('First request from 127.0.0.1, just now.')).toBeVisible();
  await sheet(page, true).getByRole('button', { name: 'Copy', exact: true }).click();
});

alone('a key that another person revokes is grey within seconds, and shifts nothing', { tag: '@store' }, async ({ own, browserOf }) => {
  test.slow();
  const [page, other] = [await browserOf(), await browserOf()];
  count(page);
  count(other);
  const name = unique('Changing');
  const key = await sharedKey(page, other, name);
  const detail = await browserOf();
  count(detail);
  await signIn(detail, OLIVIA);
  await openKey(detail, name);
  await connected(detail);
  // A use does not change the list.
  await use(own.url, key);
  for (const one of [page, other]) {
    await expect(lastUsed(one, name)).toHaveText('just now');
    await expect(one.getByText(CHANGED)).toHaveCount(0);
  }
  const [before, color] = [await row(other, name).boundingBox(), await colorOf(other, name)];
  const form = await beginRevoking(page, name, true);
  await confirmRevoking(page, form, name);
  const revoked = row(other, name);
  await expect(revoked.getByText('Revoked')).toBeVisible();
  expect(await colorOf(other, name)).not.toBe(color);
  await expect(revoked.getByRole('link', { name: /^Revoke/ })).toHaveCount(0);
  await expect(revoked.getByRole('checkbox')).toHaveCount(0);
  expect(await revoked.boundingBox()).toEqual(before);
  await inspect(other, 'key-revoked');
  await expect(other.getByText(CHANGED)).toHaveCount(0);
  // The page of the key says so too.
  const line = detail.getByRole('status').filter({ hasText: 'This key is no longer active.' });
  await line.getByRole('link', { name: 'Reload' }).click();
  await expect(detail.getByText('Revoked', { exact: true }).first()).toBeVisible();
  // A page that shows the end of the key does not tell of it, even if it hears of it later.
  await expect(detail.locator('.news')).toHaveCount(0);
});

alone('a change by another person shows one line', async ({ browserOf }) => {
  test.slow();
  const [page, other] = [await browserOf(), await browserOf()];
  count(page);
  count(other);
  await sharedKey(page, other, unique('Before'));
  await createKey(page, unique('After'), true);
  const line = other.getByRole('status').filter({ hasText: CHANGED });
  await expect(line).toHaveCount(1);
  await inspect(other, 'list-changed');
  // There is no second line, and a page with the current list has none.
  await createKey(page, unique('Another'), true);
  await expect(line).toHaveCount(1);
  await connected(page);
  await page.waitForTimeout(1_000);
  await expect(page.getByText(CHANGED)).toHaveCount(0);
  await line.getByRole('link', { name: 'Reload' }).click();
  await expect(other.getByText(CHANGED)).toHaveCount(0);
});

alone('a member does not hear of the keys of others', async ({ own, as, browserOf }) => {
  const other = await browserOf();
  count(other);
  await signIn(other, MINA);
  await connected(other);
  const page = await as(OLIVIA);
  const key = await createKey(page, unique('Hidden'), true);
  await use(own.url, key);
  await other.waitForTimeout(1_500);
  await expect(other.getByText(CHANGED)).toHaveCount(0);
});

test('without JavaScript the page shows the current state when it is loaded', { tag: '@plain' }, async ({ page, baseURL, scripted }) => {
  const name = unique('Plain');
  await signIn(page, OLIVIA);
  const key = await createKeyAndStay(page, name, scripted);
  await expect(page.getByText(WAITING)).toBeVisible({ visible: scripted });
  if (scripted) return sheet(page, true).getByRole('button', { name: 'Copy', exact: true }).click();
  await use(baseURL, key);
  await page.getByText('Done', { exact: true }).click();
  await expect(lastUsed(page, name)).toHaveText('just now');
});

test('a hidden page receives no live updates', async ({ page, baseURL }) => {
  const name = unique('Out of sight');
  await signIn(page, OLIVIA);
  const key = await createKey(page, name, true);
  await find(page, name);
  await connected(page);
  const see = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    }, hidden);
  await see(true);
  await expect.poll(() => streams(page)).toBe(0);
  await use(baseURL, key);
  await page.waitForTimeout(1_000);
  await expect(lastUsed(page, name)).toHaveText('Never used');
  await see(false);
  await expect(lastUsed(page, name)).toHaveText('just now');
  await expect.poll(() => streams(page)).toBe(1);
});

test('a page that is opened with the back button is updated', async ({ page, baseURL }) => {
  const name = unique('Back');
  await signIn(page, OLIVIA);
  const key = await createKey(page, name, true);
  await find(page, name);
  await openKey(page, name);
  await connected(page);
  await page.goBack();
  await expect(row(page, name)).toBeVisible();
  await connected(page);
  await use(baseURL, key);
  await expect(lastUsed(page, name)).toHaveText('just now');
  await expect.poll(() => streams(page)).toBe(1);
});

alone('a session that is revoked elsewhere closes the stream without errors', async ({ as }) => {
  const [page, phone] = [await as(OLIVIA), await as(OLIVIA)];
  count(page);
  await page.reload();
  await connected(page);
  await phone.goto('/account');
  await phone.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect.poll(() => streams(page)).toBe(0);
  const last = await page.waitForResponse(/\/live\?/);
  expect(last.status()).toBe(204);
  // It does not reconnect.
  const asked = page.waitForRequest(/\/live\?/, { timeout: 4_000 }).catch(() => 'never');
  expect(await asked).toBe('never');
});

test('the server stops within a second without errors in the browser', async ({ browser, guard }, info) => {
  const server = await startServer(ports.empty(info.parallelIndex), { demo: true });
  const context = await browser.newContext({ baseURL: server.url });
  guard.watch(context);
  const page = await context.newPage();
  count(page);
  await signIn(page, OLIVIA);
  await connected(page);
  const begun = Date.now();
  expect(await server.stop()).toEqual([]);
  expect(Date.now() - begun).toBeLessThan(1_000);
  await page.waitForTimeout(5_000);
  expect(streams(page)).toBe(0);
  await context.close();
});
