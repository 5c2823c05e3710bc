import type { Page } from '@playwright/test';

import { OLIVIA, MINA, awake, beginCreating, row, signIn, unique, sheet } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

/** Presses Tab until the element has the focus. Returns the number of presses. */
async function tabTo(page: Page, target: ReturnType<Page['locator']>, most = 60) {
  for (let presses = 1; presses <= most; presses += 1) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) return presses;
  }
  throw new Error(`Tab does not reach ${target}`);
}

// RA-35
test('the first link skips to the content', { tag: '@plain' }, async ({ page }) => {
  const check = async (path: string) => {
    await page.goto(path);
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to content' });
    await expect(skip, path).toBeFocused();
    await expect(skip).toBeInViewport();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('main')).toBeFocused();
  };
  await check('/sign-in');
  const organization = await signIn(page, OLIVIA);
  for (const path of ['api-keys', 'audit-log']) await check(`/o/${organization}/settings/${path}`);
});

test('a key can be created and revoked with the keyboard; the focus returns to the opener', async ({ page, scripted }) => {
  const name = unique('Keyboard');
  await signIn(page, OLIVIA);
  await awake(page, scripted);
  const opener = page.getByRole('link', { name: 'Create API Key' }).first();
  await tabTo(page, opener);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Name')).toBeFocused();
  // The opener has the focus again after the dialog is closed.
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(opener).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.type(name);
  await tabTo(page, dialog.getByRole('button', { name: 'Generate' }));
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('button', { name: 'Copy', exact: true })).toBeFocused();
  // Elements behind the dialog cannot have the focus.
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null)).toBe(true);
  }
  await tabTo(page, dialog.getByRole('button', { name: 'Copy', exact: true }));
  await page.keyboard.press('Enter');
  await expect(sheet(page, true).getByText('Copied', { exact: true }).first()).toBeVisible();
  await tabTo(page, dialog.getByRole('button', { name: 'Done' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(row(page, name)).toHaveCount(1);
  await expect(page.getByRole('link', { name: 'Create API Key' }).first()).toBeFocused();

  await awake(page, scripted);
  const revoke = row(page, name).getByRole('link', { name: /^Revoke/ });
  await tabTo(page, revoke, 400);
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('button', { name: 'Cancel' }).or(dialog.getByRole('link', { name: 'Cancel' }))).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(revoke).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, dialog.getByLabel('Reason'));
  await page.keyboard.press('ArrowDown');
  await tabTo(page, dialog.getByRole('button', { name: 'Revoke key' }));
  await page.keyboard.press('Enter');
  // The row is gone, so the title has the focus. The toast, which is announced, is before it.
  await expect(page.getByRole('status').filter({ hasText: `“${name}” revoked.` })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await expect(row(page, name)).toHaveCount(0);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/audit-log\?object=key:/);
  await expect(page.getByRole('row').nth(1)).toContainText(name);
});

test('dialogs are labelled by their titles, and their buttons have names', async ({ page }) => {
  await signIn(page, OLIVIA);
  await beginCreating(page, true);
  await expect(page.getByRole('dialog', { name: 'Create API Key' })).toBeVisible();
  for (const button of await page.getByRole('button').all()) await expect(button).toHaveAccessibleName(/\S/);
});

test('the error of a form has the focus and is announced', { tag: '@plain' }, async ({ page, scripted, guard }) => {
  guard.expects(/422/);
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, scripted);
  await form.getByLabel('Name').fill('  ');
  await form.getByRole('button', { name: 'Generate' }).click();
  const field = form.getByLabel('Name');
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  const there = await page.evaluate(() => document.activeElement?.matches('[role=alert], [aria-invalid=true]'));
  expect(there).toBe(true);
});

test('hovering over a time shows the exact time in UTC', { tag: '@plain' }, async ({ page }) => {
  await signIn(page, OLIVIA);
  const time = page.getByRole('row').locator('time').first();
  const machine = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
  await page.getByRole('link', { name: 'Members' }).click();
  await expect(time).toHaveAttribute('title', /\d{4}.*\d{2}:\d{2}:\d{2} UTC/);
  await expect(time).toHaveAttribute('datetime', machine);
  // In a log, it is the other way round.
  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(time).toHaveText(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  await expect(time).toHaveAttribute('title', /ago|just now/);
  await expect(time).toHaveAttribute('datetime', machine);
});

test('every revoke button names its key', { tag: '@plain' }, async ({ page, scripted }) => {
  await signIn(page, MINA);
  const name = unique('Named');
  const form = await beginCreating(page, scripted);
  await form.getByLabel('Name').fill(name);
  await form.getByRole('button', { name: 'Generate' }).click();
  if (scripted) await page.getByRole('dialog').getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByText('Done', { exact: true }).click();
  await expect(row(page, name).getByRole('link', { name: `Revoke ${name}` })).toBeVisible();
});
