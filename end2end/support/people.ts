// The demo users, and their actions on the pages. Everything works with and without JavaScript.
import type { Locator, Page } from '@playwright/test';

import { WHOLE_KEY } from './server.ts';
import { expect } from './test.ts';

export const OLIVIA = 'Olivia Owens'; // owner of Acme
export const ADAM = 'Adam Adler'; // admin of Acme
export const MINA = 'Mina Moreau'; // member of Acme
export const NOOR = 'نور الهاشمي'; // member of Acme
export const THEO = 'Theo Okafor'; // owner of Orbit

/** Signs a demo user in, up to the page of the API keys. Returns the ID of the organization. */
export async function signIn(page: Page, person: string): Promise<string> {
  await page.goto('/sign-in/start');
  await page.getByRole('button', { name: `Continue as ${person}` }).click();
  await page.waitForURL('**/o/*/settings/api-keys');
  return organizationOf(page);
}

/** Signs in a person who has never signed in before. */
export async function signInAsStranger(page: Page, email: string, name: string) {
  await page.goto('/sign-in');
  await page.getByRole('link', { name: /^Continue (as another user|with the development sign-in)$/ }).click();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Continue with this email' }).click();
}

/** Opens the menu of the person, which contains the theme switch. */
export const openAccountMenu = (page: Page) =>
  page.getByText('Account menu of').locator('xpath=ancestor::summary').click();

export async function signOut(page: Page, person: string) {
  await page.getByText(`Account menu of ${person}`).locator('xpath=ancestor::summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
}

export function organizationOf(page: Page): string {
  const found = /\/o\/([^/]+)\/settings/.exec(page.url());
  if (!found) throw new Error(`no organization in ${page.url()}`);
  return found[1];
}

/** Waits until the islands of the page are hydrated. Pages without JavaScript are ready immediately. */
export async function awake(page: Page, scripted: boolean) {
  if (scripted) await page.locator('html[data-islands=ready]').waitFor();
}

/** The open dialog, or the corresponding page without JavaScript. */
export function sheet(page: Page, scripted: boolean): Locator {
  return scripted ? page.getByRole('dialog') : page.getByRole('main');
}

/** The row of a key. A badge may follow its name. */
export function row(page: Page, name: string): Locator {
  const whole = new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}( Test)?( Exposed)?( Rotating| New key)?$`);
  return page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: whole }) });
}

/** Opens the menu of a row. */
export async function openRowMenu(row: Locator) {
  await row.locator('summary.icon-button').click();
}

/** Searches for keys, including inactive ones. */
export async function findInactive(page: Page, text: string) {
  await find(page, text);
  await page.getByRole('link', { name: /^Show inactive/ }).click();
  await expect(page.getByRole('link', { name: 'Hide inactive' })).toBeVisible();
}

/** Searches for keys. */
export async function find(page: Page, text: string) {
  await page.getByRole('searchbox').fill(text);
  await page.keyboard.press('Enter');
  await page.waitForURL(/[?&]q=/);
}

/** Opens the page of a key, not the panel that its link opens. */
export async function openKey(page: Page, name: string) {
  const path = await row(page, name).getByRole('link', { name, exact: true }).getAttribute('href');
  await page.goto(path ?? '');
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
}

export async function beginCreating(page: Page, scripted: boolean): Promise<Locator> {
  await awake(page, scripted);
  await page.getByRole('link', { name: 'Create API Key' }).first().click();
  const form = sheet(page, scripted);
  await expect(form.getByRole('heading', { name: 'Create API Key' })).toBeVisible();
  return form;
}

/** Creates a key with full access, and leaves the dialog with the key open. */
export async function createKeyAndStay(page: Page, name: string, scripted: boolean): Promise<string> {
  const form = await beginCreating(page, scripted);
  await form.getByLabel('Name').fill(name);
  await form.getByRole('radio', { name: /^Full access/ }).check();
  await form.getByRole('button', { name: 'Generate' }).click();
  const key = await shownKey(page, scripted).inputValue();
  expect(key).toMatch(new RegExp(`^${WHOLE_KEY.source}$`));
  return key;
}

export function shownKey(page: Page, scripted: boolean): Locator {
  return sheet(page, scripted).getByRole('textbox', { name: /Key for/ });
}

/** Submits the form, copies the key, and returns to the list. */
export async function finish(page: Page, form: Locator, scripted: boolean): Promise<string> {
  await form.getByRole('button', { name: 'Generate' }).click();
  const key = await shownKey(page, scripted).inputValue();
  if (scripted) await sheet(page, true).getByRole('button', { name: 'Copy', exact: true }).click();
  await closeReveal(page, scripted);
  return key;
}

/** Creates a key with full access, copies it if JavaScript is on, and closes the dialog. */
export async function createKey(page: Page, name: string, scripted: boolean): Promise<string> {
  const key = await createKeyAndStay(page, name, scripted);
  if (scripted) {
    await sheet(page, scripted).getByRole('button', { name: 'Copy', exact: true }).click();
    await expect(sheet(page, true).getByText('Copied', { exact: true }).first()).toBeVisible();
  }
  await closeReveal(page, scripted);
  await expect(row(page, name).first()).toBeVisible();
  return key;
}

export async function closeReveal(page: Page, scripted: boolean) {
  const done = sheet(page, scripted).getByText('Done', { exact: true });
  await done.click();
  await expect(page.getByRole('heading', { name: 'API Keys', exact: true })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
}

export async function beginRevoking(page: Page, name: string, scripted: boolean): Promise<Locator> {
  await awake(page, scripted);
  await row(page, name).getByRole('link', { name: /^Revoke/ }).click();
  const form = sheet(page, scripted);
  await expect(form.getByRole('heading', { name: /^Revoke “/ })).toBeVisible();
  return form;
}

/** Confirms the dialog of `beginRevoking`. Types the name if the key was used recently. */
export async function confirmRevoking(page: Page, form: Locator, name: string, reason?: string) {
  if (reason) await form.getByLabel('Reason').selectOption({ label: reason });
  await expect(form.getByRole('button', { name: 'Revoke key' })).toBeVisible();
  const typed = form.getByLabel(/^Type .* to confirm/);
  if (await typed.isVisible()) await typed.fill(name);
  await form.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByText('” revoked.')).toBeVisible();
}

/** A unique name. */
export function unique(name: string): string {
  return `${name} ${Math.random().toString(36).slice(2, 8)}`;
}
