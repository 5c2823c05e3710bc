// Network failures, several tabs, the back button and double clicks.
import { OLIVIA, awake, beginCreating, beginRevoking, closeReveal, createKey, openKey, row, sheet, shownKey, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('a network failure does not lose the input, and a retry works', async ({ page, context, guard }) => {
  guard.expects(/ERR_INTERNET_DISCONNECTED/);
  await signIn(page, OLIVIA);
  const name = unique('In a tunnel');
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill(name);
  await context.setOffline(true);
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(form.getByText('No response from the server')).toBeVisible();
  await expect(form.getByLabel('Name')).toHaveValue(name);
  await context.setOffline(false);
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(shownKey(page, true)).toBeVisible();
  await sheet(page, true).getByRole('button', { name: 'Copy', exact: true }).click();
  await closeReveal(page, true);
  await expect(row(page, name)).toHaveCount(1);
  await beginRevoking(page, name, true);
  await context.setOffline(true);
  await sheet(page, true).getByRole('button', { name: 'Revoke key' }).click();
  await expect(sheet(page, true).getByRole('alert')).toHaveText(/^No response from the serverThe change may or may not have been made/);
  await context.setOffline(false);
  await sheet(page, true).getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByRole('status').filter({ hasText: name })).toBeVisible();
});

test('going back and forward shows the current list and no key', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Back and forth');
  const key = await createKey(page, name, true);
  await openKey(page, name);
  await page.goBack();
  await awake(page, true);
  await expect(row(page, name)).toHaveCount(1);
  expect(await page.content()).not.toContain(key);
  await page.goForward();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await page.goBack();
  await awake(page, true);
  await beginRevoking(page, name, true);
  await page.goBack();
  await page.goForward();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('a tab shows that another tab has revoked a key', async ({ page, context }) => {
  await signIn(page, OLIVIA);
  const name = unique('In two tabs');
  await createKey(page, name, true);
  const other = await context.newPage();
  await other.goto('/settings/api-keys');
  await awake(other, true);
  await beginRevoking(other, name, true);
  const form = await beginRevoking(page, name, true);
  await form.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByRole('status').filter({ hasText: name })).toBeVisible();
  await sheet(other, true).getByRole('button', { name: 'Revoke key' }).click();
  await expect(other.getByRole('status').filter({ hasText: name })).toContainText('already revoked');
});

test('a prefetched page does not show the state before a change', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Ahead');
  await createKey(page, name, true);
  await awake(page, true);
  // The pointer hovers over the link to this page until the browser prefetches it.
  const nav = page.getByRole('navigation', { name: 'Settings' });
  await nav.getByRole('link', { name: 'API Keys' }).hover();
  await page.waitForTimeout(600);
  const form = await beginRevoking(page, name, true);
  await form.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByRole('status').filter({ hasText: name })).toBeVisible();
  await expect(row(page, name)).toHaveCount(0);
  await nav.getByRole('link', { name: 'API Keys' }).click();
  await expect(row(page, name)).toHaveCount(0);
});

test('a double click on Rotate creates one successor and shows it', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Twice');
  await createKey(page, name, true);
  await openKey(page, name);
  await page.getByRole('link', { name: 'Rotate…' }).click();
  await awake(page, true);
  await page.getByRole('button', { name: 'Rotate', exact: true }).dblclick();
  await expect(page.getByRole('textbox', { name: /Key for/ })).toBeVisible();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByRole('link', { name: 'Done' }).click();
  await expect(page.getByText('Rotation in progress')).toBeVisible();
  await page.goto('/settings/api-keys');
  await expect(row(page, name)).toHaveCount(2);
});

test('rows can be selected and opened with the keyboard, and shortcuts can be turned off', async ({ page }) => {
  await signIn(page, OLIVIA);
  const names = [unique('Walk one'), unique('Walk two')];
  for (const name of names) await createKey(page, name, true);
  await page.goto(`/settings/api-keys`);
  await awake(page, true);
  const link = (name: string) => row(page, name).getByRole('link', { name, exact: true });
  await page.keyboard.press('j');
  const first = page.locator('.table tbody th a').first();
  await expect(first).toBeFocused();
  // The newest key is first, so the older one is not the first row.
  await link(names[0]).focus();
  await page.keyboard.press('ArrowUp');
  await expect(link(names[0])).not.toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(link(names[0])).toBeFocused();
  await page.keyboard.press('x');
  await expect(row(page, names[0]).getByRole('checkbox')).toBeChecked();
  await expect(page.getByText('1 selected')).toBeVisible();
  await page.getByRole('checkbox', { name: 'Select all keys on this page' }).check();
  const all = await page.locator('tbody .pick input').count();
  await expect(page.getByText(`${all} selected`)).toBeVisible();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(page.getByRole('button', { name: /Revoke selected/ })).toBeHidden();
  await page.getByRole('checkbox', { name: 'Select all keys on this page' }).check();
  await page.getByRole('checkbox', { name: 'Select all keys on this page' }).uncheck();
  await expect(page.getByRole('button', { name: /Revoke selected/ })).toBeHidden();
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await page.getByLabel('Use these shortcuts in this browser').uncheck();
  await page.getByRole('button', { name: 'Close' }).last().click();
  await page.keyboard.press('c');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.reload();
  await awake(page, true);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await page.getByLabel('Use these shortcuts in this browser').check();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await link(names[0]).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: names[0], level: 1 })).toBeVisible();
});

test('permissions can be searched, and Enter in the search field does not submit the form', async ({ page }) => {
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill(unique('Searched'));
  await form.getByRole('radio', { name: /^Custom/ }).check();
  const rows = form.locator('.picks tbody tr');
  const before = await rows.filter({ visible: true }).count();
  await form.getByRole('searchbox', { name: 'Search permissions' }).fill('audit');
  await expect(rows.filter({ visible: true })).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(form.getByRole('button', { name: 'Generate' })).toBeVisible();
  await form.getByRole('searchbox', { name: 'Search permissions' }).fill('');
  await expect(rows.filter({ visible: true })).toHaveCount(before);
});

test('the narrow list can be sorted', { tag: '@plain' }, async ({ page, scripted }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await signIn(page, OLIVIA);
  await createKey(page, unique('Narrow'), scripted);
  await page.getByRole('button', { name: 'Filters' }).click();
  await page.locator('summary').filter({ hasText: 'Sort' }).click();
  await page.getByRole('link', { name: 'Name', exact: true }).click();
  await expect(page).toHaveURL(/[?&]sort=name/);
});
