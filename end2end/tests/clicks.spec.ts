// The clicks and the page loads of the most frequent tasks, compared with the first version of the dashboard.
//
// A click is a press of the mouse button. A choice in a list counts as two clicks: one opens the list, one chooses. Typing
// counts nothing, but a field that does not have the focus needs a click first. No task uses a key to replace a click; a
// key that is held while the mouse clicks is part of the click. A load is a document that the browser loads. Opening the first page of a task counts nothing.
import type { Locator, Page } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import { tokenOf } from '../support/many.ts';
import { test } from '../support/own.ts';
import { MINA, OLIVIA, THEO, awake, findInactive, openRowMenu, row, sheet } from '../support/people.ts';
import { call } from '../support/programs.ts';
import { expect } from '../support/test.ts';

/** Of the first version, and of this one. */
interface Numbers {
  clicks: [before: number, now: number];
  loads: [before: number, now: number];
}

const TASKS = {
  'sign in': { clicks: [2, 1], loads: [2, 1] },
  'create a key and copy it': { clicks: [4, 3], loads: [1, 0] },
  'create a key with two permissions': { clicks: [8, 6], loads: [1, 0] },
  'create a key for a new service account': { clicks: [8, 6], loads: [5, 0] },
  'rotate a key': { clicks: [5, 4], loads: [3, 0] },
  'rename a key': { clicks: [3, 2], loads: [2, 0] },
  'revoke an unused key': { clicks: [2, 2], loads: [1, 0] },
  'revoke a used key': { clicks: [2, 2], loads: [1, 0] },
  'revoke three keys': { clicks: [5, 4], loads: [2, 0] },
  'invite a person and copy the link': { clicks: [4, 3], loads: [3, 1] },
  'join an organization': { clicks: [3, 2], loads: [4, 3] },
  'remove a member and hand over a key': { clicks: [4, 3], loads: [3, 1] },
} satisfies Record<string, Numbers>;
type Task = keyof typeof TASKS;

/**
 * The tasks that need as many clicks as in the first version, because they cannot need fewer: a revocation is chosen and
 * confirmed.
 */
const EQUAL: Task[] = ['revoke an unused key', 'revoke a used key'];

/** Counts what a person does on a page. */
class Counter {
  private counted = { clicks: 0, keys: 0, loads: 0 };

  private constructor(private readonly page: Page) {}

  /** Counts from the next page that is opened. */
  static async of(page: Page): Promise<Counter> {
    const counter = new Counter(page);
    await page.exposeFunction('count', (what: 'clicks' | 'keys', by: number) => {
      counter.counted[what] += by;
    });
    await page.addInitScript(() => {
      const count = (what: string, by: number) => (window as unknown as { count(what: string, by: number): void }).count(what, by);
      // A press on a label is followed by two `click` events, and a press of Enter on a button by one.
      addEventListener('pointerdown', (event) => event.isTrusted && event.button === 0 && count('clicks', 1), true);
      // The browser draws an open list itself, so that a test can neither see nor press it.
      addEventListener('change', (event) => event.target instanceof HTMLSelectElement && count('clicks', 2), true);
      addEventListener('keydown', (event) => event.isTrusted && event.key !== 'Shift' && count('keys', 1), true);
    });
    page.on('domcontentloaded', () => (counter.counted.loads += 1));
    return counter;
  }

  begin() {
    this.counted = { clicks: 0, keys: 0, loads: 0 };
  }

  /** Types into an empty field, or replaces its text. */
  async type(field: Locator, text: string) {
    // A dialog moves the focus when it opens.
    await expect(this.page.getByRole('dialog').locator(':focus')).toHaveCount(1);
    if (!(await field.evaluate((field) => field === document.activeElement))) await field.click();
    const { keys } = await this.total();
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.insertText(text);
    await this.total();
    this.counted.keys = keys;
    await expect(field).toHaveValue(text);
  }

  async expects(task: Task) {
    const { clicks, loads } = TASKS[task];
    expect(await this.total(), task).toEqual({ clicks: clicks[1], keys: 0, loads: loads[1] });
  }

  private async total() {
    // The page answers only after it has reported its events.
    await this.page.evaluate(() => undefined);
    return { ...this.counted };
  }
}

const nav = (page: Page) => page.getByRole('navigation', { name: 'Settings' });
const dialog = (page: Page) => sheet(page, true);
const press = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true }).click();

/** Creates a key with read access over the API. Returns the key. */
async function keyOf(page: Page, label: string): Promise<string> {
  const body = { label, environment: 'production', template: 'read_only', expires_at: null };
  const { api_key: key } = await call('POST', `${new URL(page.url()).origin}/api/v1/keys`, await tokenOf(page), body);
  return key;
}

/** The status of a call with a key. */
async function statusOf(page: Page, key: string): Promise<number> {
  return (await curl(`${new URL(page.url()).origin}/api/v1/me`, ...bearer(key))).status;
}

/** Opens the list of keys, where all tasks of a signed-in person begin. */
async function begin(page: Page): Promise<Counter> {
  const counter = await Counter.of(page);
  await page.goto('/settings/api-keys');
  await awake(page, true);
  counter.begin();
  return counter;
}

async function beginCreating(page: Page, counter: Counter, name: string) {
  await page.getByRole('link', { name: 'Create API Key' }).first().click();
  await counter.type(dialog(page).getByLabel('Name'), name);
}

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

/** Copies the new key and closes the dialog, with one button. Returns the key, which works. */
async function copyKey(page: Page): Promise<string> {
  const key = await dialog(page).getByRole('textbox', { name: /^Key for/ }).inputValue();
  await dialog(page).getByText('Copy and close', { exact: true }).click();
  await expect(dialog(page)).toHaveCount(0);
  expect(await clipboard(page)).toBe(key);
  expect(await statusOf(page, key)).toBe(200);
  return key;
}

test('no task needs more clicks or loads, and only the known ones need as many clicks', () => {
  const tasks = Object.entries(TASKS) as [Task, Numbers][];
  expect(tasks.filter(([, { clicks: [before, now] }]) => now > before)).toEqual([]);
  expect(tasks.filter(([, { clicks: [before, now] }]) => now === before).map(([task]) => task)).toEqual(EQUAL);
  expect(tasks.filter(([, { loads: [before, now] }]) => now > before)).toEqual([]);
});

test('sign in', async ({ browserOf }) => {
  const page = await browserOf();
  const counter = await Counter.of(page);
  await page.goto('/');
  counter.begin();
  await page.getByRole('link', { name: `Continue as ${OLIVIA}` }).click();
  await expect(page.getByRole('heading', { name: 'API Keys', exact: true })).toBeVisible();
  await counter.expects('sign in');
});

test('create a key and copy it', async ({ as }) => {
  const page = await as(OLIVIA);
  const counter = await begin(page);
  await beginCreating(page, counter, 'Deploy script');
  await press(page, 'Generate');
  await copyKey(page);
  await expect(row(page, 'Deploy script')).toContainText('in 3 months');
  await counter.expects('create a key and copy it');
});

test('create a key with two permissions', async ({ as }) => {
  const page = await as(OLIVIA);
  const counter = await begin(page);
  await beginCreating(page, counter, 'Deploy script');
  await dialog(page).getByRole('radio', { name: /^Custom/ }).click();
  await dialog(page).getByRole('radio', { name: 'Workspaces: Read' }).click();
  await dialog(page).getByRole('radio', { name: 'Runs: Write' }).click();
  await press(page, 'Generate');
  await copyKey(page);
  await expect(row(page, 'Deploy script')).toContainText('2 permissions');
  await counter.expects('create a key with two permissions');
});

test('create a key for a new service account', async ({ as }) => {
  const page = await as(OLIVIA);
  const counter = await begin(page);
  await beginCreating(page, counter, 'Deploy script');
  await dialog(page).getByLabel('Owner').selectOption('New service account…');
  await counter.type(dialog(page).getByLabel('New service account'), 'Deploy pipeline');
  await press(page, 'Generate');
  await copyKey(page);
  await expect(row(page, 'Deploy script')).toContainText('for Deploy pipeline');
  await counter.expects('create a key for a new service account');
});

test('rotate a key', async ({ as }) => {
  const page = await as(OLIVIA);
  const old = await keyOf(page, 'Deploy script');
  const counter = await begin(page);
  await openRowMenu(row(page, 'Deploy script'));
  await row(page, 'Deploy script').getByRole('link', { name: 'Rotate…' }).click();
  await press(page, 'Rotate');
  expect(await copyKey(page)).not.toBe(old);
  await expect(row(page, 'Deploy script')).toHaveCount(2);
  await counter.expects('rotate a key');
});

test('rename a key', async ({ as }) => {
  const page = await as(OLIVIA);
  await keyOf(page, 'Deploy script');
  const counter = await begin(page);
  await row(page, 'Deploy script').hover();
  await row(page, 'Deploy script').getByRole('link', { name: /^Rename .*Deploy script/ }).click();
  await counter.type(dialog(page).getByLabel('Name'), 'Nightly report');
  await press(page, 'Save name');
  await expect(row(page, 'Nightly report')).toBeVisible();
  await expect(dialog(page)).toHaveCount(0);
  await counter.expects('rename a key');
});

test('revoke an unused key', async ({ as }) => {
  const page = await as(OLIVIA);
  const key = await keyOf(page, 'Deploy script');
  const counter = await begin(page);
  await row(page, 'Deploy script').getByRole('link', { name: /^Revoke/ }).click();
  await press(page, 'Revoke key');
  await expect(page.getByText('” revoked.')).toBeVisible();
  await expect(row(page, 'Deploy script')).toHaveCount(0);
  await counter.expects('revoke an unused key');
  expect(await statusOf(page, key)).toBe(401);
});

test('revoke a used key', async ({ as }) => {
  const page = await as(OLIVIA);
  const key = await keyOf(page, 'Deploy script');
  expect(await statusOf(page, key)).toBe(200);
  const counter = await begin(page);
  await row(page, 'Deploy script').getByRole('link', { name: /^Revoke/ }).click();
  await counter.type(dialog(page).getByLabel('Type Deploy script to confirm'), 'Deploy script');
  await press(page, 'Revoke key');
  await expect(page.getByText('” revoked.')).toBeVisible();
  await expect(row(page, 'Deploy script')).toHaveCount(0);
  await counter.expects('revoke a used key');
  expect(await statusOf(page, key)).toBe(401);
});

test('revoke three keys', async ({ as }) => {
  const page = await as(OLIVIA);
  const names = ['Deploy script', 'Nightly report', 'Monitoring'];
  for (const name of [...names, 'Webhook relay']) await keyOf(page, name);
  const counter = await begin(page);
  // The list has the newest key first, so the three are neighbors.
  await row(page, names[0]).getByRole('checkbox').click();
  await row(page, names[2]).getByRole('checkbox').click({ modifiers: ['Shift'] });
  for (const name of names) await expect(row(page, name).getByRole('checkbox')).toBeChecked();
  await page.getByRole('button', { name: 'Revoke selected' }).click();
  await press(page, 'Revoke 3 keys');
  await expect(page.getByText('3 keys revoked.')).toBeVisible();
  await expect(page.getByRole('rowheader')).toHaveText(['Webhook relay']);
  await counter.expects('revoke three keys');
  await findInactive(page, 'Deploy script');
  await expect(row(page, 'Deploy script')).toContainText('Revoked');
});

test('invite a person, who joins', async ({ as, browserOf }) => {
  const owner = await as(OLIVIA);
  const inviting = await begin(owner);
  await nav(owner).getByRole('link', { name: 'Members' }).click();
  await awake(owner, true);
  await owner.getByRole('link', { name: 'Invite member' }).click();
  await inviting.type(dialog(owner).getByLabel('Email'), 'theo@demo.example');
  await press(owner, 'Create link and copy it');
  await expect(dialog(owner).getByText('Link copied.').first()).toBeVisible();
  const link = await dialog(owner).getByRole('textbox', { name: 'Link' }).inputValue();
  expect(await clipboard(owner)).toBe(link);
  await inviting.expects('invite a person and copy the link');

  const page = await browserOf();
  const joining = await Counter.of(page);
  await page.goto(link);
  joining.begin();
  await page.getByRole('button', { name: 'Sign in and join' }).click();
  await page.getByRole('button', { name: `Continue as ${THEO}` }).click();
  await expect(page.getByText('Welcome to “Acme”. You are a member.')).toBeVisible();
  await joining.expects('join an organization');
});

test('remove a member and hand over a key', async ({ as }) => {
  const member = await as(MINA);
  const old = await keyOf(member, 'Nightly export');
  expect(await statusOf(member, old)).toBe(200);
  const page = await as(OLIVIA);
  const counter = await begin(page);
  await nav(page).getByRole('link', { name: 'Members' }).click();
  await awake(page, true);
  await row(page, MINA).getByRole('link', { name: `Remove ${MINA}` }).click();
  await dialog(page).getByRole('button', { name: /^Remove/ }).click();
  await expect(dialog(page).getByRole('heading', { name: 'New keys' })).toBeVisible();
  // The first version was counted up to here.
  await counter.expects('remove a member and hand over a key');
  expect(await dialog(page).getByRole('textbox', { name: /^Key for/ }).inputValue()).not.toBe(old);
  await press(page, 'Copy');
  await dialog(page).getByRole('link', { name: 'Done' }).click();
  await expect(row(page, MINA)).toHaveCount(0);
});
