import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bearer, curl } from '../support/curl.ts';
import {
  OLIVIA, awake, beginCreating, beginRevoking, closeReveal, confirmRevoking, createKey, row, sheet, findInactive, shownKey, signIn, signOut, unique,
} from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const UNAUTHORIZED = { error: 'Unauthorized', details: 'Missing or invalid authentication token' };

// RK-07..RK-23, RK-25..RK-27, RK-35..RK-40, RK-44, RA-06, RA-09, RA-20, RA-24, RA-28, RO-40
test(
  'an owner creates, uses and revokes a key',
  { tag: ['@plain', '@store'] },
  async ({ page, baseURL, scripted }) => {
    test.slow();
    const name = 'CI/CD Pipeline';
    const api = `${baseURL}/api/v1/workspaces`;
    await signIn(page, OLIVIA);

    // RK-07: Organization Settings → API Keys, in the navigation. RK-08: the button.
    await expect(page).toHaveTitle('API Keys · Acme · Roundtable');
    const crumbs = page.getByRole('navigation', { name: 'Breadcrumb' });
    await expect(crumbs.getByRole('listitem')).toHaveText(['Acme', 'API Keys']);
    const settings = page.getByRole('navigation', { name: 'Organization Settings' });
    await expect(settings.getByRole('link', { name: 'API Keys' })).toHaveAttribute('aria-current', 'page');

    // RK-09: the name, with samples. RK-10: Generate.
    const form = await beginCreating(page, scripted);
    await expect(form).toContainText('CI/CD Pipeline');
    await expect(form).toContainText('Monitoring Script');
    await form.getByLabel('Name').fill(name);
    await form.getByRole('radio', { name: /^Full access/ }).check();
    await form.getByRole('button', { name: 'Generate' }).click();

    // RK-11, RK-44: the whole key. RK-12, RK-14: the danger notice.
    const field = shownKey(page, scripted);
    await expect(field).toBeVisible();
    const key = await field.inputValue();
    expect(key).toMatch(/^rt_sk_[0-9A-Za-z]{57}$/);
    const reveal = sheet(page, scripted);
    await expect(reveal.getByText('Copy your key now. It will not be shown again.')).toBeVisible();
    await expect(reveal).toContainText('cannot recover a lost key');
    await expect(reveal).toContainText(`export ROUNDTABLE_API_KEY=${key}`); // RA-19
    await expect(reveal).toContainText('-H "Authorization: Bearer ' + key);
    expect(page.url()).not.toContain(key);
    if (scripted) {
      await reveal.getByRole('button', { name: 'Copy', exact: true }).click();
      await expect(sheet(page, true).getByText('Copied', { exact: true }).first()).toBeVisible();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
    } else {
      await expect(reveal.getByRole('button', { name: /Copy/ })).toHaveCount(0);
    }
    await closeReveal(page, scripted);

    // RK-13, RK-15..RK-18, KE-19, KE-20: only the preview remains. KE-21, KE-22, KE-23: the columns.
    const preview = `rt_sk_${'*'.repeat(28)}${key.slice(-4)}`;
    const mine = row(page, name).filter({ hasText: preview });
    await expect(mine).toHaveCount(1);
    for (const column of ['Name', 'Key preview', 'Created at', 'Created by']) {
      await expect(page.getByRole('columnheader', { name: column, exact: true })).toHaveCount(1);
    }
    await expect(mine.getByRole('rowheader')).toHaveText(name);
    await expect(mine).toContainText('Never used');
    await expect(mine).not.toContainText(/Revoked|Expired/);
    await expect(mine).toContainText(OLIVIA);
    expect(await page.content()).not.toContain(key.slice(6, 20));

    // RK-35, RK-36, RK-37, RA-06, RA-09: curl lists workspaces, with and without Content-Type.
    for (const more of [[], ['-H', 'Content-Type: application/json']]) {
      const listed = await curl(api, ...bearer(key), ...more);
      expect(listed.status).toBe(200);
      expect(Array.isArray(listed.json.workspaces)).toBe(true);
    }
    // RK-40, RK-38, RK-39, RA-20: curl creates workspaces; the model may be left out.
    const create = (body: object) =>
      curl(api, ...bearer(key), '-H', 'Content-Type: application/json', '--data', JSON.stringify(body));
    const full = await create({ name: 'Research', provider: 'vertex_ai', model: 'gemini-2.5-pro' });
    expect(full.status).toBe(201);
    expect(full.json).toMatchObject({ name: 'Research', provider: 'vertex_ai', model: 'gemini-2.5-pro', status: 'running' });
    expect(full.json.id).toMatch(/^ws_/);
    const short = await create({ name: 'Staging Environment', provider: 'vertex_ai' });
    expect(short.status).toBe(201);
    expect(short.json.model).toEqual(expect.any(String));
    // RO-40, KE-11: the other header.
    const other = await curl(api, '-H', `X-API-Key: ${key}`);
    expect(other.status).toBe(200);
    expect(other.json.workspaces.map((one: { id: string }) => one.id)).toContain(full.json.id);

    // RU-25: the use is shown.
    await expect(async () => {
      await page.reload();
      await expect(mine.locator('time').nth(1)).toContainText(/just now|minute/, { timeout: 500 });
    }).toPass({ timeout: 20_000 });

    // RK-19, RK-20, RK-21, RK-22, KE-04: find the key, press Revoke, confirm. Cancelling changes nothing.
    await awake(page, scripted);
    await mine.getByRole('link', { name: /^Revoke/ }).click();
    const ask = sheet(page, scripted);
    await expect(ask.getByRole('heading', { name: `Revoke “${name}”?` })).toBeVisible();
    await expect(ask).toContainText(preview);
    await expect(ask).toContainText('stops working immediately');
    await expect(ask).toContainText('Requests in flight fail'); // RK-24
    await expect(ask).toContainText('permanent'); // RK-27
    await ask.getByText('Cancel', { exact: true }).click();
    await expect(page.getByRole('dialog')).toHaveCount(0);
    expect((await curl(api, ...bearer(key))).status).toBe(200);
    await awake(page, scripted);
    await mine.getByRole('link', { name: /^Revoke/ }).click();
    await confirmRevoking(page, ask, name, 'Replaced by another key');

    // RK-23, RA-24, RA-28: immediately, with this error.
    const refused = await curl(api, ...bearer(key));
    expect(refused.status).toBe(401);
    expect(refused.json).toMatchObject(UNAUTHORIZED);
    expect(refused.headers.get('www-authenticate')).toContain('Bearer');

    // RK-27: revoking is permanent.
    await findInactive(page, key.slice(0, 14));
    await expect(mine).toContainText('Revoked');
    for (const role of ['link', 'button'] as const) {
      await expect(mine.getByRole(role, { name: /revoke|rotate|restore|enable/i })).toHaveCount(0);
    }
    await page.goto('/settings/api-keys');

    // RK-25, RK-26: the audit log contains the actor and the reason.
    await page.getByRole('link', { name: 'Audit log' }).click();
    await expect(page.getByRole('heading', { name: 'Audit log' })).toBeVisible();
    const event = page.getByRole('row').filter({ hasText: 'Revoked an API key' }).filter({ hasText: key.slice(0, 14) });
    await expect(event).toHaveCount(1);
    await expect(event).toContainText(OLIVIA);
    await event.locator('summary').first().click();
    await expect(event).toContainText('Replaced by another key');
    await expect(event).toContainText(/req_/);
  },
);

// RK-05, RK-28
test('keys outlive the session that created them', { tag: ['@plain', '@store'] }, async ({ page, baseURL, scripted }) => {
  const [one, two] = [unique('Rotation, old'), unique('Rotation, new')];
  await signIn(page, OLIVIA);
  const keys = [await createKey(page, one, scripted), await createKey(page, two, scripted)];
  const home = page.url();
  await signOut(page, OLIVIA);
  await page.goto(home);
  await expect(page).toHaveURL(/\/sign-in/);
  // RK-28: two active keys of one person
  for (const key of keys) expect((await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key))).status).toBe(200);
});

test('a sign-in returns to the requested page', { tag: '@plain' }, async ({ page }) => {
  await signIn(page, OLIVIA);
  const log = page.url().replace('api-keys', 'audit-log');
  await signOut(page, OLIVIA);
  await page.goto(log);
  await page.getByRole('link', { name: `Continue as ${OLIVIA}` }).click();
  await expect(page).toHaveURL(log);
});

// D21
test('the short URLs redirect to the active organization', { tag: '@plain' }, async ({ page }) => {
  const organization = await signIn(page, OLIVIA);
  for (const short of ['/', '/settings/api-keys', '/settings/api']) {
    await page.goto(short);
    await expect(page).toHaveURL(`/o/${organization}/settings/api-keys`);
  }
});

// RA-10
test('fetch in a browser works', async ({ page, scripted }) => {
  await signIn(page, OLIVIA);
  const key = await createKey(page, unique('Browser'), scripted);
  const body = await page.evaluate(async (key) => {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    return (await fetch('/api/v1/workspaces', { headers })).json();
  }, key);
  expect(Array.isArray(body.workspaces)).toBe(true);
});

// RA-11
test('requests in Python works', async ({ page, baseURL, scripted }) => {
  test.setTimeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), 'roundtable-python-'));
  try {
    const python = pythonWithRequests(folder);
    test.skip(!python, 'Python with requests is missing and cannot be installed');
    await signIn(page, OLIVIA);
    const key = await createKey(page, unique('Python'), scripted);
    const script = [
      'import os, requests',
      'headers = {"Authorization": f"Bearer {os.environ[\'ROUNDTABLE_API_KEY\']}"}',
      `response = requests.get("${baseURL}/api/v1/workspaces", headers=headers)`,
      'print(response.status_code, type(response.json()["workspaces"]).__name__)',
    ].join('\n');
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, NO_PROXY: '*', ROUNDTABLE_API_KEY: key };
    expect(execFileSync(python!, ['-c', script], { env, encoding: 'utf8' }).trim()).toBe('200 list');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function pythonWithRequests(folder: string): string | undefined {
  const has = (python: string) => spawnSync(python, ['-c', 'import requests']).status === 0;
  if (has('python3')) return 'python3';
  const own = join(folder, 'bin', 'python');
  spawnSync('python3', ['-m', 'venv', folder]);
  spawnSync(own, ['-m', 'pip', 'install', '--quiet', 'requests'], { timeout: 60_000 });
  return has(own) ? own : undefined;
}

test('a recently used key is revoked only after its name is typed', { tag: '@plain' }, async ({ page, baseURL, scripted, guard }) => {
  const name = unique('Deploy');
  await signIn(page, OLIVIA);
  const key = await createKey(page, name, scripted);
  await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key));
  await expect(async () => {
    await page.reload();
    await expect(row(page, name)).not.toContainText('Never used', { timeout: 500 });
  }).toPass({ timeout: 20_000 });
  guard.expects(/422/);
  const form = await beginRevoking(page, name, scripted);
  await form.getByLabel(/^Type .* to confirm/).fill('Something else');
  await form.getByRole('button', { name: 'Revoke key' }).click();
  await expect(form.getByText('That doesn’t match. Type it exactly as shown.').first()).toBeVisible();
  await expect(form.getByLabel(/^Type .* to confirm/)).toHaveValue('Something else');
  expect((await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key))).status).toBe(200);
  await confirmRevoking(page, form, name);
  expect((await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key))).status).toBe(401);
});
