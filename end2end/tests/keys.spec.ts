// The form for a new key, the list of keys, and the actions on a key.
import { bearer, curl } from '../support/curl.ts';
import {
  ADAM, MINA, OLIVIA, awake, beginCreating, createKey, find, finish, openKey, row, sheet, findInactive, shownKey, signIn, unique,
} from '../support/people.ts';
import { expect, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

/** Creates a key with the template Automation, and opens its page. */
async function openAutomation(page: Page, name: string, scripted: boolean) {
  const form = await beginCreating(page, scripted);
  await form.getByLabel('Name').fill(name);
  await form.getByRole('radio', { name: /^Custom/ }).check();
  await form.getByRole('radio', { name: 'Automation' }).check();
  await finish(page, form, scripted);
  await openKey(page, name);
}

// RU-04..RU-13, RU-16
test('the form has a name, an environment, permissions and an expiration', { tag: '@plain' }, async ({ page, scripted }) => {
  const name = unique('Production deploy script');
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, scripted);
  await form.getByLabel('Name').fill(name); // RU-05
  for (const legend of ['Environment', 'Permissions']) await expect(form.getByRole('group', { name: legend })).toBeVisible();
  await expect(form.getByRole('radio', { name: /^Production/ })).toBeChecked(); // RU-06
  await expect(form.getByLabel('Expiration').locator('option:checked')).toHaveText('90 days'); // D17
  await expect(form.getByRole('radio', { name: /^Read only/ })).toBeChecked(); // Nothing powerful is preselected.
  await expect(form.getByText('Grant only the permissions the script needs.')).toBeVisible(); // RU-13
  if (scripted) await expect(form.getByText(/^Production · Read only · acts as .*Olivia Owens.* · expires \d+ \w+ \d{4}$/)).toBeVisible();
  await expect(form.getByText(/Expires on \d+ \w+ \d{4}/).filter({ visible: true })).toHaveCount(1);
  // RU-08: blank means never.
  await form.getByLabel('Expiration').selectOption('No expiration');
  await expect(form.getByText('Works until revoked.')).toBeVisible();
  // RU-12: a template. RU-16: its key begins with rt_live_.
  await form.getByRole('radio', { name: /^Custom/ }).check();
  await form.getByRole('radio', { name: 'CI/CD' }).check();
  if (scripted) {
    // One sees what the template means.
    await expect(form.getByRole('radio', { name: 'Runs: Write' })).toBeChecked();
    await expect(form.getByText(/2 permissions \(Workspaces read, Runs write\) · .* · no expiration$/)).toBeVisible();
  }
  const key = await finish(page, form, scripted);
  expect(key).toMatch(/^rt_live_/);
  await expect(row(page, name)).toContainText('2 permissions');
  await expect(row(page, name)).toContainText('Never');
});

// RU-07, RU-08, RU-11, RU-12, RU-17
test('a test key is created with single permissions and an expiration date', { tag: '@plain' }, async ({ page, baseURL, scripted }) => {
  const name = unique('Sandbox script');
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, scripted);
  await form.getByLabel('Name').fill(name);
  await expect(form.getByRole('table')).toBeHidden();
  await form.getByRole('radio', { name: /^Custom/ }).check();
  await expect(form.getByRole('radio', { name: 'Audit log: Read' })).toBeVisible();
  await form.getByRole('radio', { name: /^Test/ }).check();
  await expect(form.getByRole('radio', { name: 'Audit log: Read' })).toBeHidden();
  await expect(form.getByText('Test keys can access only workspaces, runs, workers and API keys.')).toBeVisible();
  await form.getByRole('radio', { name: 'Workspaces: Read' }).check();
  await form.getByRole('radio', { name: 'Runs: Write' }).check();
  if (scripted) await expect(form.getByText('2 permissions selected.')).toBeVisible();
  await form.getByLabel('Expiration').selectOption('On a date');
  const day = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10);
  await form.getByLabel('Last day (UTC)').fill(day);
  const key = await finish(page, form, scripted);
  expect(key).toMatch(/^rt_test_/);
  const mine = row(page, name);
  await expect(mine).toContainText('2 permissions');
  await expect(mine).toContainText(/in 4[01] days/);
  // The list of permissions can be expanded.
  await mine.getByText('2 permissions').click();
  await expect(mine.getByText('Read and write')).toBeVisible();
  expect((await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key))).status).toBe(200);
});

test('an incomplete form shows the missing fields and keeps the input', { tag: '@plain' }, async ({ page, scripted, guard }) => {
  guard.expects(/422/);
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, scripted);
  const name = unique('Half filled');
  await form.getByLabel('Name').fill(name);
  await form.getByRole('radio', { name: /^Custom/ }).check();
  await form.getByLabel('Expiration').selectOption('On a date');
  await form.getByRole('button', { name: 'Generate' }).click(); // RU-09, RK-10, D21
  await expect(form.getByText('Choose at least one permission.').last()).toBeVisible();
  await expect(form.getByText('Choose the day the key expires.').last()).toBeVisible();
  await expect(form.getByLabel('Name')).toHaveValue(name);
  await expect(form.getByRole('radio', { name: /^Custom/ })).toBeChecked();
  await expect(form.getByLabel('Expiration').locator('option:checked')).toHaveText('On a date');
  // Correcting the fields works.
  await form.getByRole('radio', { name: 'Runs: Read' }).check();
  await form.getByLabel('Expiration').selectOption('30 days');
  expect(await finish(page, form, scripted)).toMatch(/^rt_live_/);
});

test('an expiration date in the past is an error until another expiration is chosen', { tag: '@plain' }, async ({ page, scripted, guard }) => {
  guard.expects(/422/);
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, scripted);
  await form.getByLabel('Name').fill('x'.repeat(101));
  await form.getByLabel('Expiration').selectOption('On a date');
  await form.getByLabel('Last day (UTC)').fill('2020-01-01');
  await form.getByRole('button', { name: 'Generate' }).click();
  const fault = form.locator('.field-error').filter({ hasText: 'Choose a day in the future.' });
  await expect(fault).toBeVisible();
  await expect(form.getByLabel('Last day (UTC)')).toHaveValue('2020-01-01');
  await expect(form.getByLabel('Last day (UTC)')).toHaveAttribute('aria-invalid', 'true');
  // Changing a field removes its error; the errors of other fields stay.
  await form.getByLabel('Name').fill(unique('In time'));
  const long = form.locator('.field-error').filter({ hasText: 'Use at most 100 characters.' });
  if (scripted) {
    await expect(long).toBeHidden();
    await expect(form.getByLabel('Name')).not.toHaveAccessibleDescription(/at most 100/);
  }
  await expect(fault).toBeVisible();
  await form.getByLabel('Expiration').selectOption('90 days');
  if (scripted) await expect(fault).toBeHidden();
  await form.getByRole('radio', { name: /^Full access/ }).check();
  expect(await finish(page, form, scripted)).toMatch(/^rt_sk_/);
});

// RK-20, RU-03, KE-04
test('the search and the filters are in the URL', { tag: '@plain' }, async ({ page, scripted }) => {
  const word = unique('Findable').replace(' ', '-');
  const organization = await signIn(page, OLIVIA);
  for (const name of [`${word} a`, `${word} b`]) await createKey(page, name, scripted);
  await find(page, word.toUpperCase());
  await expect(page).toHaveURL(new RegExp(`/o/${organization}/settings/api-keys\\?q=`));
  await expect(page.getByRole('row')).toHaveCount(3);
  // Sorting by name in both directions keeps the search.
  for (const [order, first] of [['ascending', 'a'], ['descending', 'b']]) {
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('link').click();
    await expect(page.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', order);
    await expect(page.getByRole('rowheader').first()).toHaveText(`${word} ${first}`);
  }
  await page.getByText('Environment', { exact: true }).first().click();
  await page.getByRole('link', { name: 'Test', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'No keys match' })).toBeVisible();
  await expect(page.getByRole('searchbox')).toHaveValue(word.toUpperCase());
  await page.getByRole('main').getByRole('link', { name: 'Clear filters' }).first().click();
  await expect(page).toHaveURL(`/o/${organization}/settings/api-keys`);
});

test('searching for a pasted key finds it without putting the key in a URL', { tag: '@plain' }, async ({ page, scripted }) => {
  const name = unique('Pasted');
  const organization = await signIn(page, OLIVIA);
  const key = await createKey(page, name, scripted);
  const sent: string[] = [];
  page.on('request', (request) => sent.push(request.url(), scripted ? (request.postData() ?? '') : ''));
  await awake(page, scripted);
  await find(page, ` ${key} `);
  await expect(page.getByRole('rowheader')).toHaveText([name]);
  expect(new URL(page.url()).searchParams.get('q')).toBe(key.slice(0, 14));
  expect(sent.join('\n')).not.toContain(key.slice(14, 30));
  // Also without pasting.
  await page.goto(`/o/${organization}/settings/api-keys?q=${key}`);
  expect(page.url()).not.toContain(key.slice(14, 30));
  await expect(row(page, name)).toHaveCount(1);
});

// KE-24
test('admins can filter keys by creator, and members see no creators', { tag: '@plain' }, async ({ page, browser, baseURL, scripted }) => {
  const name = unique('By Mina');
  const away = await browser.newContext({ baseURL, javaScriptEnabled: true });
  const member = await away.newPage();
  await signIn(member, MINA);
  await createKey(member, name, true);
  await expect(member.getByText('Created by')).toHaveCount(0);
  await away.close();
  await signIn(page, ADAM);
  await createKey(page, unique('By Adam'), scripted);
  await page.locator('summary').filter({ hasText: 'Created by' }).click();
  await page.getByRole('link', { name: MINA }).click();
  await expect(row(page, name)).toHaveCount(1);
  await expect(page.getByRole('row').filter({ hasText: 'By Adam' })).toHaveCount(0);
});

// RK-22, RK-25, RU-19, RU-20
test('several keys are revoked together', { tag: '@plain' }, async ({ page, baseURL, scripted, guard }) => {
  test.slow();
  const names = [unique('Bulk one'), unique('Bulk two')];
  await signIn(page, OLIVIA);
  const keys = [];
  for (const name of names) keys.push(await createKey(page, name, scripted));
  await curl(`${baseURL}/api/v1/workspaces`, ...bearer(keys[0]));
  await expect(async () => {
    await page.reload();
    await expect(row(page, names[0])).not.toContainText('Never used', { timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await awake(page, scripted);
  await expect(page.getByRole('button', { name: /Revoke selected/ })).toBeHidden();
  for (const name of names) await row(page, name).getByRole('checkbox').check();
  if (scripted) await expect(page.getByText('2 selected')).toBeVisible();
  await page.getByRole('button', { name: 'Revoke selected' }).click();
  await expect(page.getByRole('heading', { name: 'Revoke 2 keys?' })).toBeVisible();
  const line = (name: string) => page.getByRole('listitem').filter({ hasText: name });
  await expect(line(names[0])).toContainText('Used in the last 7 days');
  await expect(line(names[1])).toContainText('Never used');
  guard.expects(/422/);
  await page.getByLabel(/^Type .* to confirm/).fill('yes');
  await page.getByRole('button', { name: 'Revoke 2 keys' }).click();
  await expect(page.getByText('That doesn’t match. Type it exactly as shown.').first()).toBeVisible();
  await page.getByLabel(/^Type .* to confirm/).fill('revoke 2 keys');
  await page.getByLabel('Reason').selectOption({ label: 'May have leaked' });
  await page.getByRole('button', { name: 'Revoke 2 keys' }).click();
  await expect(page.getByText('2 keys revoked.')).toBeVisible();
  for (const key of keys) expect((await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key))).status).toBe(401);
  for (const name of names) {
    await page.goto('/settings/api-keys');
    await findInactive(page, name);
    await expect(row(page, name)).toContainText('Revoked');
  }
});

// RU-18, RK-28
test('after a rotation both keys work until the old key is revoked', { tag: '@plain' }, async ({ page, baseURL, scripted }) => {
  test.slow();
  const name = unique('Rotated');
  const api = `${baseURL}/api/v1/workspaces`;
  await signIn(page, OLIVIA);
  const old = await createKey(page, name, scripted);
  await openKey(page, name);
  await page.getByRole('link', { name: 'Rotate…' }).click();
  await expect(page.getByRole('heading', { name: `Rotate “${name}”` })).toBeVisible();
  await page.getByRole('radio', { name: /^1 hour/ }).check();
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  const field = page.getByRole('textbox', { name: /Key for/ });
  const fresh = await field.inputValue();
  expect(fresh).toMatch(/^rt_sk_/);
  expect(fresh).not.toBe(old);
  await expect(page.getByText(/The old key keeps working until .* UTC/)).toBeVisible();
  expect(page.url()).not.toContain(fresh);
  for (const key of [old, fresh]) expect((await curl(api, ...bearer(key))).status).toBe(200);
  if (scripted) {
    await awake(page, true);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await expect(page.getByText('Copied', { exact: true }).first()).toBeVisible();
  }
  await page.getByRole('link', { name: 'Revoke it now' }).click();
  const typed = page.getByLabel(/^Type .* to confirm/);
  if (await typed.isVisible()) await typed.fill(name);
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByText('” revoked.')).toBeVisible();
  expect((await curl(api, ...bearer(old))).status).toBe(401);
  expect((await curl(api, ...bearer(fresh))).status).toBe(200);
  // The keys link to each other.
  await openKey(page, name);
  await expect(page.getByText(old.slice(0, 14))).toBeVisible();
  await page.getByRole('link', { name, exact: true }).click();
  await expect(page.getByText('Replaced by', { exact: true })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Rotate…' })).toHaveCount(0);
});

// RU-12
test('a key can be renamed and its permissions removed', { tag: '@plain' }, async ({ page, scripted, guard }) => {
  const [name, later] = [unique('Old name'), unique('New name')];
  await signIn(page, OLIVIA);
  await openAutomation(page, name, scripted);
  await page.getByRole('link', { name: 'Rename…' }).click();
  guard.expects(/422/);
  const field = sheet(page, scripted).getByLabel('Name');
  await field.fill('   ');
  await page.getByRole('button', { name: 'Save name' }).click();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await field.fill(later);
  await page.getByRole('button', { name: 'Save name' }).click();
  await expect(page.getByRole('heading', { name: later })).toBeVisible();
  await expect(page.getByText('Key renamed.')).toBeVisible();

  await page.getByText('Remove permissions').click();
  await page.getByRole('radio', { name: 'Workspaces: Read' }).check();
  await page.getByRole('radio', { name: 'Runs: None' }).check();
  await page.getByRole('button', { name: 'Save permissions' }).click();
  await expect(page.getByText('Permissions updated.')).toBeVisible();
  await page.getByText('Remove permissions').click();
  await expect(page.getByRole('radio', { name: 'Workspaces: Write' })).toHaveCount(0);
  await page.getByRole('radio', { name: 'Workspaces: None' }).check();
  await page.getByRole('button', { name: 'Save permissions' }).click();
  await expect(page.getByText('Choose at least one permission.').first()).toBeVisible();
});

test('a key can be described and expire earlier', { tag: '@plain' }, async ({ page, scripted, guard }) => {
  const name = unique('Described');
  await signIn(page, OLIVIA);
  await openAutomation(page, name, scripted);
  await page.getByRole('link', { name: 'Add a description…' }).click();
  const text = '<b>Deploys</b> the website.\nStored in the secret DEPLOY_KEY.';
  await sheet(page, scripted).getByLabel('Description').fill(text);
  await page.getByRole('button', { name: 'Save description' }).click();
  await expect(page.getByText('Description saved.')).toBeVisible();
  await expect(page.getByText(text)).toBeVisible();
  await page.getByRole('link', { name: 'Edit description…' }).click();
  await expect(sheet(page, scripted).getByLabel('Description')).toHaveValue(text);
  await page.getByRole('link', { name: 'Cancel' }).click();

  await page.getByRole('link', { name: 'Expire earlier…' }).click();
  guard.expects(/422/);
  const day = sheet(page, scripted).getByLabel('Last day (UTC)');
  const [tomorrow, later] = [1, 100].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10));
  await expect(day).toHaveAttribute('min', new Date().toISOString().slice(0, 10));
  // The browser refuses a day after the maximum by itself.
  await day.evaluate((input) => input.removeAttribute('max'));
  await day.fill(later);
  await page.getByRole('button', { name: 'Save expiration' }).click();
  await expect(page.getByText(/This key expires on .* Choose an earlier day\./).first()).toBeVisible();
  await sheet(page, scripted).getByLabel('Last day (UTC)').fill(tomorrow);
  await page.getByRole('button', { name: 'Save expiration' }).click();
  await expect(page.getByText('Expiration changed.')).toBeVisible();
  await expect(page.getByText(/23:59 UTC/).first()).toBeVisible();
});

test('the form asks about a day that is far ahead', { tag: '@plain' }, async ({ page, scripted, guard }) => {
  guard.expects(/422/);
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, scripted);
  await form.getByLabel('Name').fill(unique('Far ahead'));
  await form.getByRole('radio', { name: /^Read only/ }).check();
  await form.getByLabel('Expiration').selectOption('On a date');
  await form.getByLabel('Last day (UTC)').fill('2999-12-31');
  const meant = form.getByLabel('Yes, more than five years from now');
  await expect(meant).toBeVisible({ visible: scripted });
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(form.getByText(/more than five years from now\. Select the checkbox/).first()).toBeVisible();
  await meant.check();
  expect(await finish(page, form, scripted)).toMatch(/^rt_live_/);
});

test('changing the permissions of a revoked key shows an error', { tag: '@plain' }, async ({ page, scripted, guard }) => {
  guard.expects(/409/);
  const name = unique('Revoked meanwhile');
  await signIn(page, OLIVIA);
  await openAutomation(page, name, scripted);
  await page.getByText('Remove permissions').click();
  await page.getByRole('radio', { name: 'Runs: None' }).check();
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByRole('link', { name: 'Revoke…' }).click();
  await other.getByRole('button', { name: 'Revoke key' }).click();
  await expect(other.getByText('” revoked.')).toBeVisible();
  await page.getByRole('button', { name: 'Save permissions' }).click();
  await expect(page.getByRole('alert')).toContainText('This key has expired or was revoked');
});

// RU-25, D9
test('the page of a key shows its usage', { tag: '@plain' }, async ({ page, baseURL, scripted }) => {
  const name = unique('Used');
  await signIn(page, OLIVIA);
  const key = await createKey(page, name, scripted);
  for (let n = 0; n < 3; n += 1) await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key), '-A', 'nightly-export/2.1');
  await openKey(page, name);
  await expect(page.getByText(key.slice(0, 14)).first()).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(page.getByText('3 calls').first()).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await expect(page.getByRole('img', { name: /^3 calls and 0 refusals in the last 30 days/ })).toBeVisible();
  // A day leads to its events in the log, from the chart and from the table.
  const today = page.locator('.bars a').last();
  const address = /\?object=key(:|%3A)\d+&from=\d{4}-\d\d-\d\d&until=\d{4}-\d\d-\d\d$/;
  await expect(today).toHaveAttribute('href', address);
  await page.getByText('Daily usage').click();
  await page.getByRole('rowheader').getByRole('link').first().click();
  await expect(page).toHaveURL(address);
  await expect(page.getByRole('row').filter({ hasText: name })).toContainText('Created');
  await page.goBack();
  await today.locator('.day').click();
  await expect(page).toHaveURL(address);
  await page.goBack();
  await expect(page.getByText('nightly-export/2.1').first()).toBeVisible();
  await expect(page.getByText('127.0.0.1').first()).toBeVisible();
  // A revoked key shows its rejected requests.
  await page.getByRole('link', { name: 'Revoke…' }).click();
  await page.getByLabel(/^Type .* to confirm/).fill(name);
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByText('” revoked.')).toBeVisible();
  await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key));
  if (!scripted) {
    await findInactive(page, name);
    await openKey(page, name);
  }
  await expect(async () => {
    await page.reload();
    await expect(page.getByText('The key was revoked')).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
});

// RU-10, RU-14
test('the dialog with the key has a curl line with the Authorization header', { tag: '@plain' }, async ({ page, scripted }) => {
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, scripted);
  await form.getByLabel('Name').fill(unique('Curl'));
  await form.getByRole('button', { name: 'Generate' }).click();
  const key = await shownKey(page, scripted).inputValue();
  await expect(sheet(page, scripted)).toContainText(`Authorization: Bearer ${key}`);
  await expect(sheet(page, scripted)).toContainText('It will not be shown again');
});

test('keyboard shortcuts for search, create and help work except while typing', async ({ page }) => {
  await signIn(page, OLIVIA);
  await createKey(page, unique('Keyboard'), true);
  await awake(page, true);
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('c?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('searchbox')).toHaveValue('c?');
  await page.getByRole('searchbox').blur();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  await expect(page.getByRole('dialog', { name: 'Create API Key' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('the menu of a row copies the id and closes with Escape', async ({ page }) => {
  const name = unique('Menu');
  await signIn(page, OLIVIA);
  await createKey(page, name, true);
  await awake(page, true);
  const mine = row(page, name);
  const menu = mine.getByText(/Actions for/).locator('xpath=ancestor::summary');
  await menu.click();
  await mine.getByRole('button', { name: 'Copy key ID' }).click();
  const id = (await mine.getAttribute('id'))!.replace('key-', '');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(id);
  await page.keyboard.press('Escape');
  await expect(mine.getByRole('link', { name: 'Details' })).toBeHidden();
  await expect(menu).toBeFocused();
  // The menu item opens the same dialog as the button.
  await menu.click();
  await mine.getByRole('link', { name: 'Revoke…' }).click();
  await expect(page.getByRole('dialog').getByRole('heading', { name: `Revoke “${name}”?` })).toBeVisible();
});

test('without the clipboard API the id is selected for copying', async ({ page }) => {
  const name = unique('By hand');
  await signIn(page, OLIVIA);
  await createKey(page, name, true);
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined }));
  await page.reload();
  await awake(page, true);
  const mine = row(page, name);
  const id = (await mine.getAttribute('id'))!.replace('key-', '');
  const selected = () => page.evaluate(() => getSelection()!.toString());
  await mine.getByText(/Actions for/).locator('xpath=ancestor::summary').click();
  await mine.getByRole('button', { name: 'Copy key ID' }).click();
  await expect.poll(selected).toBe(id);
  const hint = page.getByText(/press Ctrl\+C/);
  await expect(hint).toBeInViewport({ ratio: 1 });
  await expect(mine.getByRole('button', { name: /^Copy key ID/ })).toHaveText(`Copy key ID${id}`);
  await mine.getByRole('link', { name: 'Details' }).click();
  await awake(page, true);
  await page.getByRole('button', { name: /^Copy.*ID/ }).click();
  await expect.poll(selected).toBe(id);
});
