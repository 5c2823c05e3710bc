import { chromium, type Page } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import {
  MINA, NOOR, OLIVIA, awake, beginCreating, beginRevoking, closeReveal, confirmRevoking, createKey, createKeyAndStay, row, sheet, findEnded, shownKey, signIn, signOut, unique,
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

/** Everything a page could keep a key in, and the page itself. */
async function whereabouts(page: Page): Promise<string> {
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
  // The list loads anew by itself first.
  await expect(row(page, name)).toBeVisible();
  await page.reload();
  await expect(row(page, name)).toHaveCount(1);
  expect(sent).toHaveLength(1);
});

test('Enter in the name creates one key', async ({ page }) => {
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
for (const [what, typed, told] of [
  ['blank', '   ', 'Enter a name for the key.'],
  ['over-long', 'x'.repeat(101), 'Use at most 100 characters.'],
  ['invisible', 'Deploy\u202Etxt', 'Remove the invisible or control characters.'],
] as const) {
  test(`a name that is ${what} is told at the field, and what was typed stays`, { tag: '@plain' }, async ({ page, scripted, guard }) => {
    guard.expects(/422/);
    await signIn(page, OLIVIA);
    const form = await beginCreating(page, scripted);
    const field = form.getByLabel('Name');
    await field.fill(typed);
    await form.getByRole('button', { name: 'Generate' }).click();
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(field).toHaveAccessibleDescription(new RegExp(told.replace(/[.]/g, '\\.')));
    await expect(field).toHaveValue(typed);
    // The remedy works from here.
    const name = unique('Remedy');
    await field.fill(name);
    await form.getByRole('button', { name: 'Generate' }).click();
    await expect(shownKey(page, scripted)).toBeVisible();
  });
}

test('a name of 100 characters is taken, and so is markup as plain text', { tag: '@plain' }, async ({ page, scripted }) => {
  const names = [unique('x'.repeat(93)), unique('<b onmouseover=alert(1)>"&amp;\'')];
  await signIn(page, OLIVIA);
  for (const name of names) {
    await createKey(page, name, scripted);
    await expect(row(page, name)).toHaveCount(1);
  }
});

test('leaving an uncopied key asks: Escape, outside, Close, Done', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Uncopied');
  const key = await createKeyAndStay(page, name, true);
  const question = page.getByRole('dialog', { name: COPY_GUARD });
  const reveal = page.getByRole('dialog', { name: 'Your new API key' });
  const leave = [
    () => page.keyboard.press('Escape'),
    () => page.mouse.click(5, 5),
    () => reveal.getByRole('button', { name: 'Close' }).click(),
    () => reveal.getByText('Done', { exact: true }).click(),
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

test('a press on the scrollbar of a dialog does not close it, one beside it does', async ({ page }) => {
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

test('a key that is used while its dialog is open asks for its name then', async ({ page, baseURL, guard }) => {
  guard.expects(/422/);
  // No stream, so that the page cannot know.
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

test('a copied key is left without a question', async ({ page }) => {
  await signIn(page, OLIVIA);
  await createKeyAndStay(page, unique('Taken along'), true);
  await sheet(page, true).getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(sheet(page, true).getByText('Copied').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('copying by hand counts too', async ({ page }) => {
  await signIn(page, OLIVIA);
  const key = await createKeyAndStay(page, unique('By hand'), true);
  await shownKey(page, true).focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+C');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('closing the tab or loading anew before copying asks', async ({ page }) => {
  await signIn(page, OLIVIA);
  await createKeyAndStay(page, unique('Tab'), true);
  await page.getByRole('dialog').getByRole('heading').click();
  const asked = page.waitForEvent('dialog');
  page.on('dialog', (dialog) => dialog.accept());
  await page.close({ runBeforeUnload: true });
  expect((await asked).type()).toBe('beforeunload');
});

test('the shell and curl lines copy whole', async ({ page, baseURL }) => {
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

// Over plain HTTP on a LAN there is no clipboard.
test('without a clipboard the key is selected and the keys to press are told', async ({ page }) => {
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

/** The page as it is once it has arrived; on the way it cannot be read. */
async function settled(page: Page): Promise<string> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      return await page.content();
    } catch {
      await page.waitForTimeout(100);
    }
  }
  return page.content();
}

test('a closed key is nowhere: DOM, address, storage, history, reload: RK-11, RK-13, B42', { tag: '@plain' }, async ({ page, scripted, guard }) => {
  // Going back to the answer of a form is refused by the browser, and says so.
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
  expect(await whereabouts(page)).not.toContain(secret);
  await page.reload();
  expect(await whereabouts(page)).not.toContain(secret);
  for (let steps = 0; steps < 3; steps += 1) {
    await page.goBack({ timeout: 3_000 }).catch(() => undefined);
    expect(await settled(page)).not.toContain(secret);
  }
  await page.goto('/settings/api-keys');
  expect(await whereabouts(page)).not.toContain(secret);
  await expect(row(page, name)).toHaveCount(1);
  // One answer held the key: that of the form, and nobody may keep it.
  expect(seen).toEqual(['POST /ui/create_key no-store']);
});

test("a closed key does not come back out of the browser's memory of pages: B42", async ({ baseURL, launchOptions }) => {
  // As people run it: Playwright otherwise switches the back-forward cache off.
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

test('no answer while creating is told, and nothing that was typed is lost', async ({ page, guard }) => {
  guard.expects(/ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to load resource|Failed to fetch/);
  await signIn(page, OLIVIA);
  const name = unique('Offline');
  const form = await beginCreating(page, true);
  await form.getByLabel('Name').fill(name);
  await page.route('**/ui/create_key*', (route) => route.abort('connectionrefused'));
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(form.getByRole('alert')).toContainText('No answer from the server');
  await expect(form.getByLabel('Name')).toHaveValue(name);
  await page.unroute('**/ui/create_key*');
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(shownKey(page, true)).toBeVisible();
});

test('an answer that got lost says that a key may exist', async ({ page, guard }) => {
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

test('an outage at the server is told in words', async ({ page, guard }) => {
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

test('a session that ended in another tab is told, and leads to signing in', async ({ page, guard }) => {
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

test('a session that ended meanwhile does not revoke anything either', async ({ page, guard, baseURL }) => {
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

test('a key that someone else revoked meanwhile is said to be revoked', { tag: '@plain' }, async ({ page, scripted }) => {
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
  await findEnded(page, name);
  await expect(row(page, name)).toContainText('Revoked');
});

test('an Arabic name stays apart from the sentence around it', { tag: '@plain' }, async ({ page, browser, baseURL, scripted }) => {
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

test('in the log, an Arabic name does not swap places with the prefix after it', { tag: '@plain' }, async ({ page, scripted }) => {
  const name = 'مفتاح السجل';
  await signIn(page, NOOR);
  const key = await createKey(page, name, scripted);
  await page.getByRole('link', { name: 'Audit log' }).click();
  const event = page.getByRole('row').filter({ hasText: key.slice(0, 14) });
  await expect(event.locator('[data-label="Object"] bdi').first()).toHaveText(name);
});

test('the form of the dialog begins anew after it was closed', async ({ page }) => {
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
