import type { Page } from '@playwright/test';

import { inspect } from '../support/looks.ts';
import { OLIVIA, THEO, row, signIn } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const nav = (page: Page) => page.getByRole('navigation', { name: 'Settings' });

const word = () => Math.random().toString(36).slice(2, 8);

/** Registers an API with two permissions. Returns its name, its slug and the start of its keys. */
async function register(page: Page) {
  const id = word();
  const api = { name: `Shop ${id}`, slug: `shop-${id}`, prefix: `s${id}` };
  await nav(page).getByRole('link', { name: 'APIs' }).click();
  await page.getByRole('link', { name: 'Register API' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill(api.name);
  await page.getByLabel('Name in URLs').fill(api.slug);
  await page.getByLabel('Key prefix (optional)').fill(api.prefix);
  const permissions = 'orders:read Read orders\norders:write Place and cancel orders (includes orders:read)';
  await page.getByLabel('Permissions (optional)').fill(permissions);
  await page.getByRole('button', { name: 'Register API' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The API was registered.' })).toBeVisible();
  return api;
}

for (const scripted of [true, false]) {
  test.describe(scripted ? 'with script' : 'without script', () => {
    test.use({ javaScriptEnabled: scripted });

    test('an owner gives a consumer a key, pauses it and archives the API', async ({ page, request, guard }) => {
      test.slow();
      guard.expects(/422/);
      await signIn(page, OLIVIA);
      const { origin } = new URL(page.url());
      const api = await register(page);
      const gate = async (key: string, scope: string) => {
        const answer = await request.get(`${origin}/gate/${api.slug}?scope=${scope}`, { headers: { 'X-API-Key': key } });
        return answer.status();
      };

      await nav(page).getByRole('link', { name: 'Consumers' }).click();
      await expect(page.getByRole('heading', { name: 'Consumers', level: 1 })).toBeVisible();
      await page.getByRole('link', { name: 'Create consumer' }).first().click();
      const customer = `customer_${word()}`;
      await page.getByRole('textbox', { name: 'External ID', exact: true }).fill(customer);
      await page.getByLabel('Name (optional)').fill(`Initech ${customer}`);
      await page.getByLabel('Metadata (optional)').fill('{"plan": ');
      await page.getByRole('button', { name: 'Create consumer' }).click();
      await expect(page.getByRole('alert')).toContainText('Use a JSON object');
      await expect(page.getByRole('textbox', { name: 'External ID', exact: true })).toHaveValue(customer);
      if (scripted) await inspect(page, 'new-consumer-fault');
      await page.getByLabel('Metadata (optional)').fill('{"plan": "pro"}');
      await page.getByRole('button', { name: 'Create consumer' }).click();
      await expect(page.getByRole('status').filter({ hasText: 'Next, create a key for it.' })).toBeVisible();
      await expect(page.getByText('{"plan":"pro"}').first()).toBeVisible();
      if (scripted) await inspect(page, 'consumer-new');

      // From the page of the consumer, the owner is known.
      const create = page.getByRole('link', { name: /^(Create key|Shop )/ }).filter({ hasText: new RegExp(`Create key|${api.name}`) }).first();
      const form = (await create.getAttribute('href')) ?? '';
      await page.goto(form.replace(/\/apis\/[^/]+\//, `/apis/${api.slug}/`));
      await expect(page.getByText(new RegExp(`^Belongs to .*Initech ${customer}`))).toBeVisible();
      await page.getByLabel('Name', { exact: true }).fill('Production');
      await page.getByRole('checkbox', { name: /^orders:write/ }).check();
      if (scripted) await inspect(page, 'new-key-for-api');
      await page.getByRole('button', { name: 'Generate' }).click();
      const key = await page.getByRole('textbox', { name: /Key for/ }).inputValue();
      expect(key).toMatch(new RegExp(`^${api.prefix}_live_`));
      await expect(page.getByText(`curl -i ${origin}/gate/${api.slug}`)).toBeVisible();
      if (scripted) await page.getByRole('button', { name: 'Copy', exact: true }).click();
      expect(await gate(key, 'orders:read')).toBe(200);
      await page.getByRole('link', { name: 'Done' }).click();
      await expect(page.getByRole('heading', { name: `Initech ${customer}`, level: 1 })).toBeVisible();
      await expect(page.getByRole('table', { name: /^Keys of/ })).toContainText(api.slug);

      // The use is counted at once.
      await page.reload();
      await expect(page.getByRole('img', { name: /^1 call and 0 refusals in the last 48 hours/ })).toBeVisible();
      if (scripted) await inspect(page, 'consumer');

      // From the page of the API, the owner is chosen.
      await nav(page).getByRole('link', { name: 'APIs' }).click();
      await page.getByRole('link', { name: api.name, exact: true }).click();
      await page.getByRole('link', { name: 'Create key' }).click();
      await expect(page.getByRole('heading', { name: /^Create key/, level: 1 })).toBeVisible();
      await page.getByLabel('Name', { exact: true }).fill('Second');
      await page.getByLabel('External ID of the consumer').fill('nobody');
      await page.getByRole('button', { name: 'Generate' }).click();
      await expect(page.getByRole('alert').first()).toContainText('No consumer has this external ID.');
      await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Second');
      if (scripted) await inspect(page, 'new-key-for-api-fault');
      await page.getByText('You', { exact: true }).click();
      await page.locator('#environment').getByText('Test', { exact: true }).click();
      await page.getByRole('button', { name: 'Generate' }).click();
      expect(await page.getByRole('textbox', { name: /Key for/ }).inputValue()).toMatch(new RegExp(`^${api.prefix}_test_`));
      if (scripted) await page.getByRole('button', { name: 'Copy', exact: true }).click();
      await page.getByRole('link', { name: 'Done' }).click();
      await expect(row(page, 'Second')).toContainText(OLIVIA);

      // Settings of the API.
      const card = (name: string) => page.locator('form.sheet').filter({ has: page.getByRole('heading', { name, exact: true }) });
      await card('Change permissions').getByLabel('Permissions (optional)').fill('orders:write Place and cancel orders');
      await card('Change permissions').getByRole('button').click();
      await expect(page.getByRole('status').filter({ hasText: 'The API was changed.' })).toBeVisible();
      expect(await gate(key, 'orders:read')).toBe(403);
      await card('Keys and gate').getByLabel('Key header').selectOption('Authorization: Bearer');
      await card('Keys and gate').getByRole('button').click();
      await expect(page.getByRole('status').filter({ hasText: 'The API was changed.' })).toBeVisible();
      expect(await gate(key, 'orders:write')).toBe(401);
      await card('Keys and gate').getByLabel('Key header').selectOption('X-API-Key');
      await card('Keys and gate').getByRole('button').click();
      expect(await gate(key, 'orders:write')).toBe(200);
      if (scripted) await inspect(page, 'api-with-keys');

      await page.getByRole('button', { name: 'Archive' }).click();
      await expect(page.getByRole('status').filter({ hasText: 'The API was archived.' })).toBeVisible();
      await expect(page.getByRole('link', { name: 'Create key' })).toHaveCount(0);
      expect(await gate(key, 'orders:write')).toBe(401);
      await page.getByRole('button', { name: 'Restore' }).click();
      expect(await gate(key, 'orders:write')).toBe(200);

      await nav(page).getByRole('link', { name: 'Consumers' }).click();
      await page.getByRole('link', { name: `Initech ${customer}` }).click();
      await page.getByRole('button', { name: 'Pause' }).click();
      await expect(page.getByRole('status').filter({ hasText: 'paused. Its keys are refused.' })).toBeVisible();
      await expect(page.getByText('This consumer is paused')).toBeVisible();
      expect(await gate(key, 'orders:write')).toBe(401);
      await page.getByRole('button', { name: 'Resume' }).click();
      expect(await gate(key, 'orders:write')).toBe(200);
    });
  });
}

test('the page of an API has a configuration for each proxy with its own values', async ({ page }) => {
  test.slow();
  await signIn(page, OLIVIA);
  const api = await register(page);
  for (const program of ['nginx', 'Caddy', 'Traefik', 'Envoy', 'HAProxy']) {
    await page.locator('summary').filter({ hasText: program }).click();
    const recipe = page.locator('details').filter({ has: page.locator('summary', { hasText: program }) });
    await expect(recipe.locator('pre').last()).toBeVisible();
    await expect(recipe).toContainText(`/gate/${api.slug}`);
    await expect(recipe).toContainText('scope=orders:read');
    await expect(recipe).not.toContainText('127.0.0.1:3000');
  }
  await inspect(page, 'api-connect');
});

test('without consumers, the list says what one is for', async ({ page }) => {
  await signIn(page, THEO);
  await nav(page).getByRole('link', { name: 'Consumers' }).click();
  await expect(page.getByRole('heading', { name: 'No consumers yet' })).toBeVisible();
  await inspect(page, 'consumers-empty');
});
