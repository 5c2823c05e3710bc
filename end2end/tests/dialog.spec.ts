import { chromium, type Page } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import {
  MINA, NOOR, OLIVIA, awake, beginCreating, beginRevoking, closeReveal, confirmRevoking, createKey, createKeyAndStay, row, sheet, findInactive, shownKey, signIn, signOut, unique,
} from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const COPY_GUARD = 'Close without copying?';

function creations(page: Page) {
  const sent: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes('/ui/create_key')) sent.push(request.url());
  });
  return sent;
}

/** The page, and all places in which it could store a key. */
async function contents(page: Page): Promise<string> {
  const kept = await page.evaluate(() => {
    const fields = [...document.querySelectorAll('input, textarea')].map((field) => (field as HTMLInputElement).value);
    const stores = [localStorage, sessionStorage].map((store) => JSON.stringify({ ...store }));
    return [...fields, ...stores, JSON.stringify(history.state), document.cookie, window.name, location.href].join('\n');
  });
  const cookies = JSON.stringify(await page.context().cookies());
  return [await page.content(), kept, cookies].join('\n');
}

test('a double click on Generate creates one key', async ({ page }) => {
  const name = unique('Double');
  await signIn(page, OLIVIA);
  const sent = creations(page);
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill(name);
  await form.getByRole('button', { name: 'Generate' }).dblclick();
  await expect(shownKey(page, true)).toBeVisible();
  await sheet(page, true).getByRole('button', { name: 'Copy', exact: true }).click();
  await closeReveal(page, true);
  // The list reloads first.
  await expect(row(page, name)).toBeVisible();
  await page.reload();
  await expect(row(page, name)).toHaveCount(1);
  expect(sent).toHaveLength(1);
});

test('Enter in the name field creates one key', async ({ page }) => {
  const name = unique('Enter');
  await signIn(page, OLIVIA);
  const sent = creations(page);
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill(name);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter').catch(() => undefined);
  await expect(shownKey(page, true)).toBeVisible();
  expect(sent).toHaveLength(1);
});

// D24
for (const [what, typed, error] of [
  ['blank', '   ', 'Enter a name for the key.'],
  ['over-long', 'x'.repeat(101), 'Use at most 100 characters.'],
  ['invisible', 'Deploy\u202Etxt', 'Remove the invisible or control characters.'],
] as const) {
  test(`the error for a name that is ${what} is at the field, and the input stays`, { tag: '@plain' }, async ({ page, scripted, guard }) => {
    guard.expects(/422/);
    await signIn(page, OLIVIA);
    const form = await beginCreating(page, scripted);
    const field = form.getByLabel('Name');
    await field.fill(typed);
    await form.getByRole('button', { name: 'Generate' }).click();
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(field).toHaveAccessibleDescription(new RegExp(error.replace(/[.]/g, '\\.')));
    await expect(field).toHaveValue(typed);
    // Correcting the field works.
    const name = unique('Remedy');
    await field.fill(name);
    await form.getByRole('button', { name: 'Generate' }).click();
    await expect(shownKey(page, scripted)).toBeVisible();
  });
}

test('a name can have 100 characters and contain markup, which is shown as text', { tag: '@plain' }, async ({ page, scripted }) => {
  const names = [unique('x'.repeat(93)), unique('<b onmouseover=alert(1)>"&amp;\'')];
  await signIn(page, OLIVIA);
  for (const name of names) {
    await createKey(page, name, scripted);
    await expect(row(page, name)).toHaveCount(1);
  }
});

test('closing the dialog before copying the key needs a confirmation', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Uncopied');
  const key = await createKeyAndStay(page, name, true);
  const question = page.getByRole('dialog', { name: COPY_GUARD });
  const reveal = page.getByRole('dialog', { name: 'Your new API key' });
  const leave = [
    () => page.keyboard.press('Escape'),
    () => page.mouse.click(5, 5),
    () => reveal.getByRole('button', { name: 'Close', exact: true }).click(),
  ];
  for (const way of leave) {
    await way();
    await expect(question).toBeVisible();
    await question.getByRole('button', { name: 'Go back and copy' }).click();
    await expect(question).toBeHidden();
    await expect(shownKey(page, true)).toHaveValue(key);
  }
  await page.keyboard.press('Escape');
  await question.getByRole('button', { name: 'Close anyway' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(row(page, name)).toHaveCount(1);
});

test('a click on the scrollbar of a dialog does not close it, a click outside does', async ({ page }) => {
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill('Half written');
  const dialog = page.getByRole('dialog');
  await dialog.evaluate((dialog) => {
    const { right, top } = dialog.getBoundingClientRect();
    dialog.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, clientX: right - 4, clientY: top + 80 }));
  });
  await expect(form.getByLabel('Name')).toHaveValue('Half written');
  await page.mouse.click(5, 5);
  await expect(dialog).toHaveCount(0);
});

test('a key that is used while its dialog is open must be confirmed by name', async ({ page, baseURL, guard }) => {
  guard.expects(/422/);
  // Without live updates, so that the page does not know about the use.
  await page.route('**/live?*', (route) => route.fulfill({ status: 204 }));
  await signIn(page, OLIVIA);
  const name = unique('Woken');
  const key = await createKey(page, name, true);
  const form = await beginRevoking(page, name, true);
  const typed = form.getByLabel(/^Type .* to confirm/);
  await expect(typed).toHaveCount(0);
  expect((await curl(`${baseURL}/api/v1/me`, ...bearer(key))).status).toBe(200);
  await form.getByRole('button', { name: 'Revoke key' }).click();
  await expect(typed).toHaveAccessibleDescription(/^To confirm, type it exactly as shown\./);
  await confirmRevoking(page, form, name);
});

test('Escape twice in a row does not lose an uncopied key', async ({ page }) => {
  await signIn(page, OLIVIA);
  const key = await createKeyAndStay(page, unique('Impatient'), true);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: COPY_GUARD })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(shownKey(page, true)).toBeVisible();
  await expect(shownKey(page, true)).toHaveValue(key);
});

test('closing the dialog after copying needs no confirmation', async ({ page }) => {
  await signIn(page, OLIVIA);
  await createKeyAndStay(page, unique('Taken along'), true);
  await sheet(page, true).getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(sheet(page, true).getByText('Copied', { exact: true }).first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('copying the selected text counts as copying', async ({ page }) => {
  await signIn(page, OLIVIA);
  const key = await createKeyAndStay(page, unique('By hand'), true);
  await shownKey(page, true).focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+C');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('closing or reloading the tab before copying needs a confirmation', async ({ page }) => {
  await signIn(page, OLIVIA);
  await createKeyAndStay(page, unique('Tab'), true);
  await page.getByRole('dialog').getByRole('heading').click();
  const asked = page.waitForEvent('dialog');
  page.on('dialog', (dialog) => dialog.accept());
  await page.close({ runBeforeUnload: true });
  expect((await asked).type()).toBe('beforeunload');
});

test('the shell and curl lines are copied completely', async ({ page, baseURL }) => {
  await signIn(page, OLIVIA);
  const key = await createKeyAndStay(page, unique('Lines'), true);
  const reveal = sheet(page, true);
  await reveal.getByRole('button', { name: 'Copy shell command' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(`export ROUNDTABLE_API_KEY=${key}`);
  await reveal.getByRole('button', { name: 'Copy curl command' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(`Authorization: Bearer ${key}`);
  const line = await page.evaluate(() => navigator.clipboard.readText());
  const words = line.replace(/\\\n/g, ' ').match(/"[^"]*"|\S+/g)!.map((word) => word.replace(/^"|"$/g, ''));
  expect(words[0]).toBe('curl');
  expect(line).toContain(baseURL!);
  expect((await curl(...words.slice(1))).status).toBe(200);
});

// The clipboard API is not available over plain HTTP in a local network.
test('without the clipboard API the key is selected and the shortcut is shown', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined }));
  await signIn(page, OLIVIA);
  const key = await createKeyAndStay(page, unique('No clipboard'), true);
  const reveal = sheet(page, true);
  await reveal.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(reveal.getByText(/press Ctrl\+C/)).toBeVisible();
  await expect(page.getByText('Copied', { exact: true })).toHaveCount(0);
  const selected = await page.evaluate(() => {
    const field = document.activeElement;
    const inside = field?.closest('dialog[open]') !== null;
    if (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) {
      return { inside, text: field.value.slice(field.selectionStart!, field.selectionEnd!) };
    }
    return { inside, text: String(getSelection()) };
  });
  expect(selected).toEqual({ inside: true, text: key });
});

test('one button copies the key and closes the dialog, and only closes it after the key was copied', async ({ page }) => {
  await signIn(page, OLIVIA);
  const reveal = sheet(page, true);
  const key = await createKeyAndStay(page, unique('One press'), true);
  await expect(reveal.getByRole('button', { name: 'Done' })).toHaveCount(0);
  await reveal.getByRole('button', { name: 'Copy and close' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await createKeyAndStay(page, unique('Two presses'), true);
  await reveal.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(reveal.getByRole('button', { name: 'Copy and close' })).toHaveCount(0);
  await reveal.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('the dialog stays if the browser does not copy the key', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined }));
  await signIn(page, OLIVIA);
  const key = await createKeyAndStay(page, unique('Stays'), true);
  const reveal = sheet(page, true);
  await reveal.getByRole('button', { name: 'Copy and close' }).click();
  await expect(reveal.getByText(/press Ctrl\+C/)).toBeVisible();
  await expect(shownKey(page, true)).toBeFocused();
  expect(await shownKey(page, true).evaluate((field: HTMLTextAreaElement) => field.value.slice(field.selectionStart, field.selectionEnd))).toBe(key);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: COPY_GUARD })).toBeVisible();
});

/** The markup of the page after the navigation, during which it cannot be read. */
async function markup(page: Page): Promise<string> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      return await page.content();
    } catch {
      await page.waitForTimeout(100);
    }
  }
  return page.content();
}

// RK-11, RK-13, B42
test('a closed key is in no DOM, URL, storage or history, and not shown after a reload', { tag: '@plain' }, async ({ page, scripted, guard }) => {
  // The browser rejects going back to the response of a form, and reports it.
  guard.expects(/ERR_CACHE_MISS/);
  await signIn(page, MINA);
  const name = unique('Forgotten');
  const seen: string[] = [];
  page.on('response', async (response) => {
    const body = await response.text().catch(() => '');
    if (/rt_sk_[0-9A-Za-z]{57}/.test(body)) seen.push(`${response.request().method()} ${new URL(response.url()).pathname} ${response.headers()['cache-control']}`);
  });
  const key = await createKey(page, name, scripted);
  const secret = key.slice(14, 57);
  expect(await contents(page)).not.toContain(secret);
  await page.reload();
  expect(await contents(page)).not.toContain(secret);
  for (let steps = 0; steps < 3; steps += 1) {
    await page.goBack({ timeout: 3_000 }).catch(() => undefined);
    expect(await markup(page)).not.toContain(secret);
  }
  await page.goto('/settings/api-keys');
  expect(await contents(page)).not.toContain(secret);
  await expect(row(page, name)).toHaveCount(1);
  // Only the response of the form contained the key, and it must not be cached.
  expect(seen).toEqual(['POST /ui/create_key no-store']);
});

// B42
test('a closed key is not restored from the back-forward cache', async ({ baseURL, launchOptions }) => {
  // Playwright disables the back-forward cache by default.
  const browser = await chromium.launch({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  try {
    for (const javaScriptEnabled of [true, false]) {
      const page = await (await browser.newContext({ baseURL, javaScriptEnabled })).newPage();
      const organization = await signIn(page, MINA);
      await page.goto(`/o/${organization}/settings/api-keys/new`);
      await page.getByLabel('Name').fill(unique('Page'));
      await page.getByRole('button', { name: 'Generate' }).click();
      const key = await shownKey(page, false).inputValue();
      await awake(page, javaScriptEnabled);
      if (javaScriptEnabled) {
        await shownKey(page, false).focus();
        await page.keyboard.press('Control+A');
        await page.keyboard.press('Control+C');
      }
      await page.getByRole('link', { name: 'Done' }).click();
      await expect(page.getByRole('heading', { name: 'API Keys', exact: true })).toBeVisible();
      await page.goBack({ timeout: 3_000 }).catch(() => undefined);
      await expect(async () => expect(await page.content()).not.toContain(key.slice(14, 57))).toPass({ timeout: 2_000 });
    }
  } finally {
    await browser.close();
  }
});

test('a network error while creating is shown, and the input stays', async ({ page, guard }) => {
  guard.expects(/ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to load resource|Failed to fetch/);
  await signIn(page, OLIVIA);
  const name = unique('Offline');
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill(name);
  await page.route('**/ui/create_key*', (route) => route.abort('connectionrefused'));
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(form.getByRole('alert')).toContainText('No response from the server');
  await expect(form.getByLabel('Name')).toHaveValue(name);
  await page.unroute('**/ui/create_key*');
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(shownKey(page, true)).toBeVisible();
});

test('a lost response shows that the key may have been created', async ({ page, guard }) => {
  guard.expects(/ERR_FAILED|Failed to load resource|Failed to fetch/);
  await signIn(page, OLIVIA);
  const name = unique('Lost answer');
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill(name);
  await page.route('**/ui/create_key*', async (route) => {
    await route.fetch();
    await route.abort('failed');
  });
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(form.getByRole('alert')).toContainText('A key may have been created, but it can no longer be shown.');
  await page.unroute('**/ui/create_key*');
  await page.reload();
  await expect(row(page, name)).toHaveCount(1);
});

test('an outage of the server is shown', async ({ page, guard }) => {
  guard.expects(/503/);
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, true);
  const name = unique('Outage');
  await form.getByLabel('Name').fill(name);
  await page.route('**/ui/create_key*', (route) => route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }));
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(form.getByRole('alert')).toBeVisible();
  await expect(form.getByRole('alert')).not.toContainText('<h1>');
  await expect(form.getByLabel('Name')).toHaveValue(name);
});

test('a session that was signed out in another tab is shown, with a link to sign in', async ({ page, guard }) => {
  guard.expects(/401/);
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill(unique('Too late'));
  const other = await page.context().newPage();
  await other.goto('/');
  await signOut(other, OLIVIA);
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(form.getByRole('alert')).toContainText('You are signed out');
  await page.reload();
  await expect(page).toHaveURL(/\/sign-in\?return_to=/);
});

test('a signed-out session does not revoke a key', async ({ page, guard, baseURL }) => {
  guard.expects(/401/);
  await signIn(page, OLIVIA);
  const name = unique('Still alive');
  const key = await createKey(page, name, true);
  const form = await beginRevoking(page, name, true);
  const other = await page.context().newPage();
  await other.goto('/');
  await signOut(other, OLIVIA);
  await form.getByRole('button', { name: 'Revoke key' }).click();
  await expect(form.getByRole('alert')).toContainText('You are signed out');
  expect((await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key))).status).toBe(200);
});

test('revoking a key that was already revoked says so', { tag: '@plain' }, async ({ page, scripted }) => {
  await signIn(page, OLIVIA);
  const name = unique('Race');
  await createKey(page, name, scripted);
  const other = await page.context().newPage();
  await other.goto('/');
  const form = await beginRevoking(page, name, scripted);
  const theirs = await beginRevoking(other, name, scripted);
  await theirs.getByRole('button', { name: 'Revoke key' }).click();
  await expect(other.getByText('” revoked.')).toBeVisible();
  await form.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByText(/” was already revoked\./)).toBeVisible();
  await findInactive(page, name);
  await expect(row(page, name)).toContainText('Revoked');
});

test('an Arabic name does not change the order of the surrounding sentence', { tag: '@plain' }, async ({ page, browser, baseURL, scripted }) => {
  const name = unique('مفتاح التقارير الشهرية (2)');
  await signIn(page, NOOR);
  const form = await beginCreating(page, scripted);
  await expect(form.getByLabel('Name')).toHaveAttribute('dir', 'auto');
  await form.getByLabel('Name').fill(name);
  await form.getByRole('button', { name: 'Generate' }).click();
  const isolated = (within: ReturnType<typeof sheet>) => within.locator('bdi').filter({ hasText: name }).first();
  await expect(isolated(sheet(page, scripted))).toBeVisible();
  if (scripted) await sheet(page, scripted).getByRole('button', { name: 'Copy', exact: true }).click();
  await closeReveal(page, scripted);
  await expect(isolated(row(page, name))).toHaveText(name);
  const ask = await beginRevoking(page, name, scripted);
  await expect(isolated(ask.getByRole('heading'))).toHaveText(name);

  const away = await browser.newContext({ baseURL });
  const owner = await away.newPage();
  await signIn(owner, OLIVIA);
  await expect(row(owner, name).locator('bdi').filter({ hasText: NOOR })).toBeVisible();
  await away.close();
});

test('in the log, an Arabic name does not change places with the prefix after it', { tag: '@plain' }, async ({ page, scripted }) => {
  const name = 'مفتاح السجل';
  await signIn(page, NOOR);
  const key = await createKey(page, name, scripted);
  await page.getByRole('link', { name: 'Audit log' }).click();
  const event = page.getByRole('row').filter({ hasText: key.slice(0, 14) });
  await expect(event.locator('[data-label="Object"] bdi').first()).toHaveText(name);
});

test('the form of the dialog is reset after the dialog is closed', async ({ page }) => {
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill('Half a thought');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await createKey(page, unique('First'), true);
  await awake(page, true);
  await page.getByRole('link', { name: 'Create API Key' }).first().click();
  await expect(sheet(page, true).getByLabel('Name')).toHaveValue('');
  await expect(shownKey(page, true)).toHaveCount(0);
});
