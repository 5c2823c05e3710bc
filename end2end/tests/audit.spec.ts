// The audit log: filtering with the keyboard and without JavaScript, exporting, and verifying the export without the
// server.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Locator, Page } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import { inspect } from '../support/looks.ts';
import { MINA, OLIVIA, beginRevoking, confirmRevoking, createKey, openKey, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');

/** Opens the log from the navigation. */
async function openLog(page: Page) {
  await page.getByRole('link', { name: 'Audit log', exact: true }).first().click();
  await expect(page.getByRole('heading', { name: 'Audit log', level: 1 })).toBeVisible();
}

const events = (page: Page): Locator => page.locator('tr[id^=event-]');

/** Creates and revokes a key. Returns its name. */
async function revokedKey(page: Page, name: string, scripted: boolean): Promise<string> {
  const key = await createKey(page, name, scripted);
  const form = await beginRevoking(page, name, scripted);
  await confirmRevoking(page, form, name, 'May have leaked');
  return key;
}

/** Presses a button of the form, and returns the downloaded file. */
async function download(page: Page, button: string): Promise<{ name: string; text: string }> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  const file = await coming;
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
}

/** All cells of a CSV file. */
function cells(text: string): string[][] {
  const rows = text.split(/\r\n(?=(?:[^"]*"[^"]*")*[^"]*$)/).filter(Boolean);
  return rows.map((row) => [...row.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell]) => cell.replaceAll('""', '"')));
}

// RK-26
test('events are filtered with the keyboard', { tag: ['@plain', '@store'] }, async ({ page, scripted }) => {
  test.slow();
  const organization = await signIn(page, OLIVIA);
  const name = unique('Leaked laptop');
  const key = await revokedKey(page, name, scripted);
  await openLog(page);
  await expect(page.getByText(/^Verified up to event [\d,]+$/)).toBeVisible();

  // Select with letters and arrow keys, submit with Enter.
  await page.getByLabel('Action', { exact: true }).focus();
  await page.keyboard.type('Revoked an');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Olivia');
  await page.keyboard.press('Tab');
  await page.keyboard.type('API');
  for (let fields = 0; fields < 12; fields += 1) {
    await page.keyboard.press('Tab');
    if (await page.getByRole('button', { name: 'Apply', exact: true }).evaluate((button) => button === document.activeElement)) break;
  }
  await page.keyboard.press('Enter');
  await page.waitForURL(/\?action=key\.revoked&actor=\d+&object=key$/);
  await expect(page.getByLabel('Action', { exact: true })).toHaveValue('key.revoked');
  const event = events(page).filter({ hasText: name });
  await expect(event).toHaveCount(1);
  await expect(event).toContainText(key.slice(0, 14));
  for (const one of await events(page).all()) await expect(one).toContainText('Revoked an API key');

  // The changes, and the request.
  await event.locator('summary').first().click();
  await expect(event).toContainText(/Status\s*Active\s*→\s*Revoked/);
  await expect(event).toContainText('May have leaked');
  await expect(event).toContainText(/req_/);
  await expect(event).toContainText(/User agent\s*Mozilla/);

  // Remove one filter, then all of them.
  const chips = page.getByRole('list', { name: 'Active filters' });
  await chips.getByRole('link', { name: 'Remove filter: API key' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\?action=key\.revoked&actor=\d+$/);
  await expect(chips.getByRole('listitem')).toHaveCount(2);
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await expect(page).toHaveURL(`/o/${organization}/settings/audit-log`);
  await expect(chips).toHaveCount(0);
});

test('an event links to its object, to all events of the object, and to its actor', { tag: '@plain' }, async ({ page, scripted }) => {
  test.slow();
  await signIn(page, OLIVIA);
  const name = unique('Followed');
  await revokedKey(page, name, scripted);
  await openLog(page);
  const event = events(page).filter({ hasText: name }).first();
  await event.locator('summary').first().click();
  await event.getByRole('link', { name: 'All events for this item' }).click();
  await page.waitForURL(/\?object=key:\d+$/);
  await expect(events(page)).toHaveCount(2);
  await expect(page.getByLabel('Object', { exact: true })).toHaveValue(/^key:\d+$/);
  await events(page).first().getByRole('link', { name: OLIVIA }).click();
  await page.waitForURL(/\?object=key:\d+&actor=\d+$/);
  await events(page).first().getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();

  // The page of the key shows the same event, and links back.
  const slice = page.getByRole('region', { name: 'Audit log' });
  await expect(slice.getByRole('listitem').first()).toContainText('Revoked an API key');
  await expect(slice.getByRole('listitem').last()).toContainText('Created an API key');
  await slice.getByRole('link', { name: 'All events for this key' }).click();
  await expect(events(page)).toHaveCount(2);
});

test('the period is a number of hours or days, or a first and a last day', { tag: '@plain' }, async ({ page }) => {
  await signIn(page, OLIVIA);
  await openLog(page);
  const times = page.getByRole('navigation', { name: 'Time' });
  await expect(times.locator('[aria-current]')).toHaveText('All time');
  await times.getByRole('link', { name: '7 days' }).click();
  await page.waitForURL(/\?period=7d$/);
  await expect(times.locator('[aria-current]')).toHaveText(/7 days/);
  const today = new Date().toISOString().slice(0, 10);
  await page.getByLabel('From (UTC)').fill(today);
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.waitForURL(`**?from=${today}`);
  await expect(events(page).first()).toBeVisible();
  await expect(times.locator('[aria-current]')).toHaveCount(0);
  // An empty result says so, and links to all events.
  await page.getByLabel('From (UTC)').fill('2020-01-01');
  await page.getByLabel('Until (UTC)').fill('2020-12-31');
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'No events match' })).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Clear filters' }).last().click();
  await expect(events(page).first()).toBeVisible();
});

// D.7, B27
test('exports are complete and can be parsed', { tag: ['@plain', '@store'] }, async ({ page, baseURL, scripted }) => {
  test.slow();
  await signIn(page, OLIVIA);
  const name = unique('=HYPERLINK("https://evil.test","Click")');
  const key = await createKey(page, name, scripted);
  const path = `${baseURL}/api/v1/workspaces`;
  const body = JSON.stringify({ name: unique('@SUM(1+1)'), provider: 'openai' });
  expect((await curl(path, ...bearer(key), '-H', 'Content-Type: application/json', '--data', body)).status).toBe(201);
  await openLog(page);

  // All events as JSON Lines, verified with the program in the documentation.
  const lines = await download(page, 'Export JSON Lines');
  expect(lines.name).toMatch(/^audit-log-\d{4}-\d\d-\d\d\.jsonl$/);
  const read = lines.text.trimEnd().split('\n').map((line) => JSON.parse(line));
  expect(read.pop()).toEqual({ complete: true, events: read.length, last_n: read.length });
  expect(read.map((event) => event.n)).toEqual(read.map((_, at) => at + 1));
  expect(read.at(-1).action).toBe('audit_log.exported');
  expect(verify(lines.text)).toBe(`${read.length} events, every one as it was written\n`);
  const altered = lines.text.replace(`"actor_name":"${MINA}"`, '"actor_name":"Nobody"');
  expect(altered).not.toBe(lines.text);
  expect(() => verify(altered)).toThrow(/was altered/);
  const gap = lines.text.split('\n').filter((_, at) => at !== 1).join('\n');
  expect(() => verify(gap)).toThrow(/not complete/);
  expect(() => verify(lines.text.slice(0, lines.text.lastIndexOf('{"complete"')))).toThrow(/not complete/);

  // The filtered events as CSV: the name is text, not a formula.
  await page.getByLabel('Object', { exact: true }).selectOption({ label: 'Workspace' });
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.waitForURL(/\?object=workspace$/);
  const table = await download(page, 'Export CSV');
  expect(table.name).toMatch(/\.csv$/);
  const [head, ...rows] = cells(table.text);
  expect(head.slice(0, 3)).toEqual(['n', 'at', 'action']);
  expect(rows.length).toBeGreaterThan(0);
  const labels = rows.map((row) => row[head.indexOf('object_label')]);
  expect(labels.some((label) => label.startsWith("'@SUM(1+1)"))).toBe(true);
  for (const cell of rows.flat()) expect(cell).not.toMatch(/^\s*[=+\-@]/);
  expect(rows.every((row) => row[head.indexOf('object_kind')] === 'workspace')).toBe(true);

  // The export is recorded with its filters.
  await page.goto(`${new URL(page.url()).pathname}?action=audit_log.exported`);
  const event = events(page).filter({ hasText: /Format\s*CSV/ }).filter({ hasText: /Object\s*Workspace/ }).first();
  await expect(event).toContainText('Exported the audit log');
  await event.locator('summary').first().click();
  await expect(event).toContainText(/Format\s*CSV/);
  await expect(event).toContainText(/Object\s*Workspace/);
});

/** Verifies a file with the program in the documentation. */
function verify(text: string): string {
  const program = /```python\n([\s\S]*?)```/.exec(readFileSync(join(DOCS, 'audit-log.md'), 'utf8'))![1];
  const folder = mkdtempSync(join(tmpdir(), 'roundtable-verify-'));
  try {
    writeFileSync(join(folder, 'verify.py'), program);
    writeFileSync(join(folder, 'audit-log.jsonl'), text);
    return execFileSync('python3', ['verify.py', 'audit-log.jsonl'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// D26
test('a member sees and exports only their own events', { tag: '@plain' }, async ({ page, scripted }) => {
  await signIn(page, MINA);
  await createKey(page, unique('Of a member'), scripted);
  await openLog(page);
  await expect(page.getByText('Owners and admins see everything.')).toBeVisible();
  const actors = page.getByLabel('Actor', { exact: true });
  await expect(actors.getByRole('option')).toHaveText(['All actors', MINA]);
  const { text } = await download(page, 'Export JSON Lines');
  const read = text.trimEnd().split('\n').map((line) => JSON.parse(line));
  expect(read.pop().events).toBe(read.length);
  const self = read.at(-1).actor_id;
  expect(read.every((event) => event.actor_id === self || event.concerns === self)).toBe(true);
  expect(verify(text)).toContain('every one as it was written');
});

test('the pages of the log', async ({ page, baseURL }) => {
  test.setTimeout(120_000);
  await signIn(page, OLIVIA);
  const name = unique('Many calls');
  const key = await createKey(page, name, true);
  for (let n = 0; n < 55; n += 1) {
    const body = JSON.stringify({ name: `Batch ${n}`, provider: 'openai' });
    await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key), '-H', 'Content-Type: application/json', '--data', body);
  }
  await openKey(page, name);
  await inspect(page, 'key-with-events');
  await page.goto(page.url().replace(/api-keys.*/, 'audit-log?action=messages&from=2020-01-01&until=2020-12-31'));
  await inspect(page, 'audit-log-nothing-found');
  await page.goto(page.url().replace(/\?.*/, '?action=workspaces&period=24h'));
  await expect(events(page)).toHaveCount(50);
  await events(page).first().locator('summary').first().click();
  await inspect(page, 'audit-log-filtered');
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(events(page).first()).toContainText('Created a workspace');
  await expect(page).toHaveURL(/\?action=workspaces&period=24h&before=\d+$/);
  await page.getByRole('link', { name: 'Newest' }).click();
  await expect(page).toHaveURL(/\?action=workspaces&period=24h$/);
});
