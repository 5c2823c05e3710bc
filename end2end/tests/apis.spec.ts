import type { Page } from '@playwright/test';

import { inspect } from '../support/looks.ts';
import { MINA, OLIVIA, THEO, createKey, openKey, signIn, unique } from '../support/people.ts';
import { call } from '../support/programs.ts';
import { expect, test } from '../support/test.ts';

const nav = (page: Page) => page.getByRole('navigation', { name: 'Settings' });

async function openList(page: Page) {
  await nav(page).getByRole('link', { name: 'APIs' }).click();
  await expect(page.getByRole('heading', { name: 'APIs', level: 1 })).toBeVisible();
}

/** Registers an API with two permissions, and creates a key of a consumer. Returns the slug and the key. */
async function register(page: Page, name: string) {
  const { origin } = new URL(page.url());
  const admin = await createKey(page, unique('Provisioning'), true);
  const slug = `shop-${Math.random().toString(36).slice(2, 10)}`.replace(/-$/, 'x');
  const prefix = `s${Math.random().toString(36).slice(2, 9)}`;
  const scopes = [
    { scope: 'orders:read', description: 'Read orders' },
    { scope: 'orders:write', description: 'Place and cancel orders', includes: ['orders:read'] },
  ];
  await call('POST', `${origin}/api/v1/apis`, admin, { name, slug, key_prefix: prefix, scopes });
  const consumer = await call('POST', `${origin}/api/v1/consumers`, admin, { external_id: unique('customer').replaceAll(' ', '_') });
  const key = await call('POST', `${origin}/api/v1/apis/${slug}/keys`, admin, {
    actor_id: consumer.actor_id,
    label: 'Initech production',
    scopes: ['orders:write'],
    // A key creates no key that outlives it.
    expires_at: new Date(Date.now() + 30 * 86_400_000).toISOString(),
  });
  return { slug, prefix, key, consumer };
}

test('an owner sees an API, its permissions and its keys', async ({ page }) => {
  test.slow();
  await signIn(page, OLIVIA);
  const name = unique('Orders');
  const { slug, prefix, consumer } = await register(page, name);
  await openList(page);
  await expect(page.getByRole('link', { name: 'About APIs' })).toHaveAttribute('href', '/docs/protect-your-api');
  await page.getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await expect(nav(page).getByRole('link', { name: 'APIs' })).toHaveAttribute('aria-current', 'true');
  await expect(page.getByText(new RegExp(`/gate/${slug}$`))).toBeVisible();
  const permissions = page.getByRole('table', { name: /^Permissions of/ });
  await expect(permissions.getByRole('row', { name: /orders:write.*Place and cancel orders.*orders:read/ })).toBeVisible();
  const keys = page.getByRole('table', { name: /^Keys for/ });
  await expect(keys.getByRole('row', { name: /Initech production/ })).toContainText(consumer.name);
  await inspect(page, 'api');

  // The page of the key names the API, and no role.
  await openKey(page, 'Initech production');
  const facts = page.getByRole('region', { name: 'Details' });
  await expect(facts).toContainText(slug);
  await expect(facts).toContainText('orders:write');
  await expect(facts).toContainText(`${prefix}_live_`);
  await expect(facts.getByText('Role', { exact: true })).toHaveCount(0);
  await page.goBack();
  await openList(page);
  await inspect(page, 'apis');
});

test('a member sees the APIs and only their own keys', async ({ page, browser }) => {
  await signIn(page, OLIVIA);
  const name = unique('Orders');
  await register(page, name);
  const context = await browser.newContext({ baseURL: new URL(page.url()).origin });
  const other = await context.newPage();
  await signIn(other, MINA);
  await openList(other);
  await expect(other.getByRole('link', { name: 'Register API' })).toHaveCount(0);
  await other.getByRole('link', { name, exact: true }).click();
  await expect(other.getByText('No keys yet.')).toBeVisible();
  await context.close();
});

test('an owner registers an API in the dashboard', async ({ page, guard }) => {
  test.slow();
  guard.expects(/422/);
  await signIn(page, OLIVIA);
  await openList(page);
  await page.getByRole('link', { name: 'Register API' }).click();
  await expect(page.getByRole('heading', { name: 'Register API', level: 1 })).toBeVisible();
  await inspect(page, 'new-api');

  // Every fault is named at once, and what was typed stays.
  const name = unique('Invoices');
  const word = Math.random().toString(36).slice(2, 8);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Name in URLs').fill('Not a slug');
  await page.getByLabel('Permissions (optional)').fill('Read invoices');
  await page.getByRole('button', { name: 'Register API' }).click();
  const summary = page.getByRole('alert');
  await expect(summary).toContainText('The API was not registered');
  await expect(summary.getByRole('link')).toHaveText([/^For the name in URLs,/, /^Begin each permission/]);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(name);
  await expect(page.getByLabel('Permissions (optional)')).toHaveValue('Read invoices');
  await inspect(page, 'new-api-faults');

  await page.getByLabel('Name in URLs').fill(`invoices-${word}`);
  await page.getByLabel('Key prefix (optional)').fill(`i${word}`);
  await page.getByLabel('Permissions (optional)').fill('invoices:read Read invoices\ninvoices:write Send invoices');
  await page.getByRole('button', { name: 'Register API' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The API was registered.' })).toBeVisible();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await expect(page.getByText(new RegExp(`/gate/invoices-${word}$`))).toBeVisible();
  const permissions = page.getByRole('table', { name: /^Permissions of/ });
  await expect(permissions.getByRole('row', { name: /invoices:write.*Send invoices/ })).toBeVisible();
  await inspect(page, 'api-registered');
});

test('an empty list leads to the documentation', async ({ page }) => {
  await signIn(page, THEO);
  await openList(page);
  await expect(page.getByRole('heading', { name: 'No APIs yet' })).toBeVisible();
  await inspect(page, 'apis-empty');
  await page.getByRole('link', { name: 'Protect your own API' }).click();
  await expect(page.getByRole('heading', { name: 'Protect your own API', level: 1 })).toBeVisible();
});
