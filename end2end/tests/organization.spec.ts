// A maximum lifetime would interfere with other tests, so these have a separate installation.
import type { Page } from '@playwright/test';

import { inspect } from '../support/looks.ts';
import { test as base } from '../support/own.ts';
import { ADAM, MINA, OLIVIA, beginCreating, signIn } from '../support/people.ts';
import { expect } from '../support/test.ts';

const test = base.extend<{ at: (person: string) => Promise<Page> }>({
  at: async ({ browserOf }, use) => {
    const page = await browserOf();
    await use(async (person) => {
      await page.context().clearCookies();
      await signIn(page, person);
      await page.getByRole('link', { name: 'General' }).click();
      await expect(page.getByRole('heading', { name: 'General', exact: true })).toBeVisible();
      return page;
    });
  },
});

// RK-06, D17
test('an owner sets the maximum lifetime of new keys', { tag: '@plain' }, async ({ at, guard }) => {
  test.slow();
  guard.expects(/422/);
  const page = await at(OLIVIA);
  const organization = /\/o\/([^/]+)\/settings$/.exec(page.url())?.[1];
  await expect(page.getByLabel('Organization name')).toHaveValue('Acme');
  await expect(page.getByRole('definition').filter({ hasText: organization! })).toBeVisible();
  const nav = page.getByRole('navigation', { name: 'Settings' });
  await expect(nav.getByRole('link', { name: 'General' })).toHaveAttribute('aria-current', 'page');

  const days = page.getByLabel('Maximum lifetime of new keys');
  const save = page.getByRole('button', { name: 'Save Rules for keys' });
  await expect(days).toHaveValue('');
  await expect(days).toHaveAccessibleDescription(/Existing keys keep their expiration\./);
  for (const wrong of ['0', '3651', 'ninety', '1.5']) {
    await days.fill(wrong);
    await save.click();
    await expect(days, wrong).toHaveAccessibleDescription(/Enter a whole number from 1 to 3650\./);
    await expect(days, wrong).toHaveValue(wrong);
  }
  await days.fill(' 90 ');
  await save.click();
  await expect(page.getByRole('status')).toHaveText('Rules saved. They apply immediately. Existing keys keep their expiration.');
  await expect(days).toHaveValue('90');
  await page.reload();
  await expect(page.getByRole('status')).toHaveCount(0);
  await expect(days).toHaveValue('90');

  // Every member sees the setting, and who can change it.
  await at(MINA);
  await expect(page.getByText('90 days').first()).toBeVisible();
  await expect(page.getByText('Only owners and admins can change this.')).toBeVisible();
  await expect(save).toHaveCount(0);

  await at(ADAM);
  await days.fill('');
  await save.click();
  await expect(days).toHaveValue('');
  await page.getByRole('link', { name: 'Audit log' }).click();
  const changes = page.getByRole('row').filter({ hasText: 'Changed the organization' });
  await expect(changes).toHaveCount(2);
  await changes.first().locator('summary').click();
  await expect(changes.first()).toContainText(ADAM);
  await expect(changes.first()).toContainText('Maximum lifetime of new keys');
  await expect(changes.first()).toContainText('90 days');
});

// D17
test('an admin sets what the form for a new key preselects', { tag: '@plain' }, async ({ at, guard, scripted }) => {
  test.slow();
  guard.expects(/422/);
  const page = await at(ADAM);
  const days = page.getByLabel('Preselected expiration');
  const save = page.getByRole('button', { name: 'Save Rules for keys' });
  const settings = page.url();
  const preselected = async (choice: string) => {
    await page.getByRole('link', { name: 'API Keys', exact: true }).click();
    const form = await beginCreating(page, scripted);
    await expect(form.getByLabel('Expiration').locator('option:checked')).toHaveText(choice);
    await page.goto(settings);
  };
  await expect(days).toHaveValue('90');
  await preselected('90 days');
  await days.fill('0');
  await save.click();
  await expect(days).toHaveAccessibleDescription(/Enter a whole number from 1 to 3650\./);
  await days.fill('45');
  await save.click();
  await expect(page.getByRole('status')).toHaveText('Rules saved. They apply immediately. Existing keys keep their expiration.');
  await preselected('45 days');
  await days.fill('');
  await save.click();
  await expect(days).toHaveAttribute('placeholder', 'No expiration');
  await preselected('No expiration');
});

// KE-06
test('the settings of another organization are not accessible', { tag: '@plain' }, async ({ page, guard }) => {
  guard.expects(/403/);
  await signIn(page, MINA);
  expect((await page.goto('/o/org_nobody/settings'))!.status()).toBe(403);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('You don’t have access');
});

test('the page of the organization', async ({ at, guard }) => {
  test.setTimeout(90_000);
  guard.expects(/422/);
  const page = await at(OLIVIA);
  await inspect(page, 'organization');
  await page.getByLabel('Maximum lifetime of new keys').fill('x');
  await page.getByRole('button', { name: 'Save Rules for keys' }).click();
  await inspect(page, 'organization-error');
  await page.getByLabel('Maximum lifetime of new keys').fill('90');
  await page.getByRole('button', { name: 'Save Rules for keys' }).click();
  await inspect(page, 'organization-saved');
  await at(MINA);
  await inspect(page, 'organization-member');
});
