// The result of an action as a toast, the page below a dialog, and pages that do not arrive.
import type { Page } from '@playwright/test';

import { expectNoAxeViolations, inspect } from '../support/looks.ts';
import { test as alone } from '../support/own.ts';
import {
  OLIVIA, awake, beginCreating, beginRevoking, confirmRevoking, createKey, find, finish, openRowMenu, row, signIn, unique,
} from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const toast = (page: Page) => page.locator('.main > .toast');

/** Keeps the toast for as long as its pictures take. */
async function inspectToast(page: Page, name: string) {
  const stays = (on: boolean) => page.locator('.toast').evaluate((toast, on) => toast.classList.toggle('stays', on), on);
  await stays(true);
  await inspect(page, name);
  await stays(false);
}

/** Marks the document, which a load of the page would replace. */
const mark = (page: Page) => page.evaluate(() => document.documentElement.setAttribute('data-mark', ''));
const isMarked = (page: Page) => page.evaluate(() => document.documentElement.hasAttribute('data-mark'));

test('the result of an action is a toast with script, and a block above the page without', { tag: '@plain' }, async ({ page, scripted }) => {
  await signIn(page, OLIVIA);
  const names = [unique('Toasted'), unique('Burnt')];
  for (const name of names) await createKey(page, name, scripted);
  await confirmRevoking(page, await beginRevoking(page, names[0], scripted), names[0]);
  const close = toast(page).getByRole('button', { name: 'Close' });
  const box = (await toast(page).boundingBox())!;
  const title = (await page.getByRole('heading', { level: 1 }).boundingBox())!;
  if (!scripted) {
    expect(box.y + box.height).toBeLessThan(title.y);
    await expect(close).toBeHidden();
    return;
  }
  await inspectToast(page, 'toast');
  expect(box.y).toBeGreaterThan(700);
  // It takes no space: the page below is where it is without a toast.
  const y = title.y;
  const leaves = () => toast(page).evaluate((toast) => toast.getAnimations().length);
  expect(await leaves()).toBe(1);
  // It stays while it is in use.
  await toast(page).hover();
  expect(await leaves()).toBe(0);
  await page.mouse.move(640, 10);
  expect(await leaves()).toBe(1);
  await toast(page).getByRole('link', { name: 'View in the audit log' }).focus();
  expect(await leaves()).toBe(0);
  await toast(page).evaluate((toast) => (toast as HTMLElement).focus());
  await toast(page).evaluate((toast) => toast.getAnimations()[0].finish());
  await expect(toast(page)).toBeHidden();
  expect((await page.getByRole('heading', { level: 1 }).boundingBox())!.y).toBe(y);
  await confirmRevoking(page, await beginRevoking(page, names[1], true), names[1]);
  await close.click();
  await expect(toast(page)).toHaveCount(0);
  await expect(page.getByRole('main')).toBeFocused();
});

test('a toast moves for less than 150 ms, and not at all if the person prefers that', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Moved');
  await createKey(page, name, true);
  await confirmRevoking(page, await beginRevoking(page, name, true), name);
  const motion = () =>
    toast(page).evaluate((toast) => {
      const { animationDuration, transitionDuration } = getComputedStyle(toast);
      return [animationDuration, ...transitionDuration.split(', ')].map((time) => Number.parseFloat(time) * (time.endsWith('ms') ? 1 : 1000));
    });
  expect(Math.max(...(await motion()))).toBeLessThanOrEqual(1);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  const moving = await motion();
  expect(Math.max(...moving)).toBeLessThan(150);
  expect(Math.max(...moving)).toBeGreaterThan(1);
});

alone('the list has a new key without being loaded again', async ({ as }) => {
  const page = await as(OLIVIA);
  await awake(page, true);
  await mark(page);
  for (const name of [unique('At once'), unique('Once more')]) {
    await createKey(page, name, true);
    await expect(row(page, name)).toHaveClass(/fresh/);
    await expect(page.getByRole('link', { name: 'Create API Key' }).first()).toBeFocused();
  }
  // The page listens as before.
  await page.keyboard.press('c');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await expect(page.locator('.table tbody th a').first()).toBeFocused();
  expect(await isMarked(page)).toBe(true);
  // Its own change is no news to it.
  await page.waitForTimeout(2_500);
  await expect(page.locator('.news')).toBeEmpty();
});

test('a form that is being filled in survives a change of the list, and succeeds', async ({ page }) => {
  await signIn(page, OLIVIA);
  const [first, second] = [unique('Before'), unique('Meanwhile')];
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill(first);
  await form.getByRole('radio', { name: /^Full access/ }).check();
  // The list arrives only after the next form is open.
  let arrive = () => {};
  const held = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/settings/api-keys', async (route) => {
    await held;
    await route.continue();
  });
  await finish(page, form, true);
  const next = await beginCreating(page, true);
  await next.getByLabel('Name').fill(second);
  arrive();
  await expect(page.locator('tr.fresh')).toContainText(first);
  await expect(next.getByLabel('Name')).toHaveValue(second);
  await next.getByRole('radio', { name: /^Full access/ }).check();
  await finish(page, next, true);
  await expect(row(page, second)).toHaveCount(1);
});

test('after a dialog, the list is where it was', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('In place');
  await createKey(page, name, true);
  await find(page, name);
  await awake(page, true);
  await mark(page);
  const address = page.url();
  await openRowMenu(row(page, name));
  await row(page, name).getByRole('link', { name: 'Rename…' }).click();
  const dialog = page.getByRole('dialog', { name: /^Rename/ });
  await dialog.getByLabel('Name').fill(`${name} again`);
  await dialog.getByRole('button', { name: 'Save name' }).click();
  await expect(row(page, `${name} again`)).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(toast(page)).toHaveText('Key renamed.');
  await expect(row(page, `${name} again`).getByRole('link', { name: `${name} again`, exact: true })).toBeFocused();
  expect(page.url()).toBe(address);
  expect(await isMarked(page)).toBe(true);
});

test('a dialog over the panel of a key changes the panel, which shows the result', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Panelled');
  await createKey(page, name, true);
  await row(page, name).getByRole('link', { name, exact: true }).click();
  const panel = page.locator('.key-panel');
  await mark(page);
  await panel.getByRole('link', { name: 'Rename…' }).click();
  const dialog = page.getByRole('dialog', { name: /^Rename/ });
  await dialog.getByLabel('Name').fill(`${name} renamed`);
  await dialog.getByRole('button', { name: 'Save name' }).click();
  await expect(panel.getByRole('heading', { level: 1 })).toHaveText(`${name} renamed`);
  await expect(panel.getByText('Key renamed.')).toBeVisible();
  await inspectToast(page, 'panel-toast');
  await panel.locator('.toast').getByRole('button', { name: 'Close' }).click();
  await expect(panel.locator('.toast')).toHaveCount(0);
  expect(await isMarked(page)).toBe(true);
});

test('a page that does not arrive keeps no other dialog from opening, and can be opened by itself', async ({ page, guard }) => {
  await signIn(page, OLIVIA);
  const name = unique('Stalled');
  await createKey(page, name, true);
  guard.expects(/ERR_ABORTED|ERR_FAILED/);
  await page.route('**/revoke', () => {});
  const revoke = row(page, name).getByRole('link', { name: /^Revoke/ });
  await revoke.click();
  await openRowMenu(row(page, name));
  await row(page, name).getByRole('link', { name: 'Rename…' }).click();
  await expect(page.getByRole('dialog', { name: /^Rename/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await revoke.click();
  const lost = page.getByRole('dialog', { name: 'No response from the server' });
  await expect(lost).toContainText('nothing was changed', { timeout: 20_000 });
  await inspect(page, 'no-response');
  await page.unroute('**/revoke');
  await lost.getByRole('link', { name: 'Open as page' }).click();
  await expect(page.getByRole('main').getByRole('heading', { name: /^Revoke “/ })).toBeVisible();
});

test('a form that never gets its response keeps no other dialog from opening', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Unanswered');
  await createKey(page, name, true);
  await page.route('**/ui/rename_key', () => {});
  await openRowMenu(row(page, name));
  await row(page, name).getByRole('link', { name: 'Rename…' }).click();
  const dialog = page.getByRole('dialog', { name: /^Rename/ });
  await dialog.getByLabel('Name').fill(`${name} never`);
  await dialog.getByRole('button', { name: 'Save name' }).click();
  await expect(dialog.getByRole('button', { name: /Sav/ })).toHaveAttribute('aria-busy', 'true');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await confirmRevoking(page, await beginRevoking(page, name, true), name);
  await expectNoAxeViolations(page, 'the list after a form without response');
});
