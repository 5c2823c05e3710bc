import type { Page } from '@playwright/test';

import { expectNoHorizontalScroll, inspect } from '../support/looks.ts';
import { ADAM, MINA, OLIVIA, THEO, awake, beginCreating, finish, row, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const nav = (page: Page) => page.getByRole('navigation', { name: 'Settings' });

/** The pages of the menu that every member has. */
const MEMBERS_MENU = ['Overview', 'API Keys', 'APIs', 'Workspaces', 'Runs', 'Members', 'Audit log', 'General', 'Documentation'];
const ADMINS_MENU = [
  'Overview', 'API Keys', 'Service accounts', 'APIs', 'Consumers', 'Workspaces', 'Runs', 'Members', 'Audit log', 'General',
  'Documentation',
];

async function openList(page: Page) {
  await nav(page).getByRole('link', { name: 'Service accounts' }).click();
  await expect(page.getByRole('heading', { name: 'Service accounts', level: 1 })).toBeVisible();
}

/** Creates a service account, and leaves its page open. Returns its ID. */
async function create(page: Page, name: string): Promise<string> {
  await openList(page);
  await page.getByRole('link', { name: 'Create service account' }).first().click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Create service account' }).click();
  await page.waitForURL(/service-accounts\/\d+$/);
  return page.url().split('/').pop()!;
}

/** Opens the form of a setting by the text at the end of its row. */
const setting = (page: Page, change: string) => page.locator('.setting > summary').filter({ hasText: change }).click();

// RA-16, RA-17, RO-20
test(
  'an owner creates, changes, disables and enables a service account',
  { tag: ['@plain', '@store'] },
  async ({ page, guard }) => {
    guard.expects(/422/);
    test.slow();
    const [name, later] = [unique('Deploy pipeline'), unique('Release pipeline')];
    const organization = await signIn(page, OLIVIA);

    // RA-16: the purpose, and a link to the documentation.
    await openList(page);
    await expect(nav(page).getByRole('link', { name: 'Service accounts' })).toHaveAttribute('aria-current', 'page');
    await expect(nav(page).locator('[aria-current]')).toHaveCount(1);
    await expect(page.getByText(/A service account lets a program use .* API with its own keys, independently of any person\./)).toBeVisible();
    await expect(page.getByRole('link', { name: 'About service accounts' })).toHaveAttribute('href', '/docs/service-accounts');

    // RA-17: the input is kept until it is valid.
    await page.getByRole('link', { name: 'Create service account' }).first().click();
    await expect(page.getByRole('radio', { name: /^Member/ })).toBeChecked();
    await page.getByLabel('Name').fill('   ');
    await page.getByRole('radio', { name: /^Admin/ }).check();
    await page.getByLabel('Allow multiple active keys').check();
    await page.getByRole('button', { name: 'Create service account' }).click();
    await expect(page.getByRole('alert')).toBeFocused();
    await expect(page.getByLabel('Name')).toHaveAccessibleDescription(/Enter a name for the service account\./);
    await expect(page.getByRole('radio', { name: /^Admin/ })).toBeChecked();
    await expect(page.getByLabel('Allow multiple active keys')).toBeChecked();
    await page.getByLabel('Name').fill(name);
    await page.getByRole('radio', { name: /^Member/ }).check();
    await page.getByLabel('Allow multiple active keys').uncheck();
    await page.getByRole('button', { name: 'Create service account' }).click();

    // Its page offers to create a key.
    await page.waitForURL(/service-accounts\/\d+$/);
    const id = page.url().split('/').pop();
    await expect(page.getByRole('status')).toHaveText(`“${name}” created. Next, create its API key.`);
    const key = page.getByRole('link', { name: 'Create API Key' });
    await expect(key).toHaveAttribute('href', `/o/${organization}/settings/api-keys/new?for=${id}`);
    await expect(page.getByRole('definition').filter({ hasText: /^0$/ })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('status')).toHaveCount(0);

    // The menu leads to the setting, whose form is open.
    await page.getByText(/^Actions for/).locator('xpath=ancestor::summary').click();
    await page.getByRole('link', { name: 'Rename…' }).click();
    await page.getByLabel('Name').fill(' ');
    await page.getByRole('button', { name: 'Rename' }).click();
    await expect(page.getByLabel('Name')).toHaveAccessibleDescription(/Enter a name for the service account\./);
    await page.getByLabel('Name').fill(later);
    await page.getByRole('button', { name: 'Rename' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(later);
    await expect(page.getByRole('status')).toHaveText(`“${later}” updated.`);
    await setting(page, 'Change role…');
    await page.getByRole('radio', { name: /^Admin/ }).check();
    await page.getByRole('button', { name: 'Change role' }).click();
    await expect(page.getByRole('definition').filter({ hasText: /^Admin$/ })).toBeVisible();
    // RO-20: one active key, unless several are allowed.
    await setting(page, 'Change…');
    await page.getByRole('button', { name: 'Allow multiple active keys' }).click();
    await expect(page.getByRole('definition').filter({ hasText: '0, multiple allowed' })).toBeVisible();
    await setting(page, 'Change…');
    await page.getByRole('button', { name: 'Allow only one active key' }).click();
    await expect(page.getByRole('definition').filter({ hasText: /^0$/ })).toBeVisible();

    await setting(page, 'Disable…');
    await expect(page.getByText('All its keys stop working immediately. Requests in flight fail.')).toBeVisible();
    await page.getByRole('button', { name: 'Disable' }).click();
    await expect(page.getByRole('status')).toHaveText(`“${later}” disabled. Its keys no longer work.`);
    await expect(key).toHaveCount(0);
    await openList(page);
    await expect(row(page, later)).toContainText(/Admin.*0.*by Olivia Owens.*Disabled/);
    await row(page, later).getByRole('link').click();
    await setting(page, 'Enable…');
    await page.getByRole('button', { name: 'Enable' }).click();
    await expect(page.getByRole('status')).toHaveText(`“${later}” enabled. Its active keys work again.`);
    await expect(key).toBeVisible();
    const crumbs = page.getByRole('navigation', { name: 'Breadcrumb' });
    await crumbs.getByRole('link', { name: 'Service accounts' }).click();
    await expect(row(page, later)).toContainText('Active');

    await nav(page).getByRole('link', { name: 'Audit log' }).click();
    const events = (what: string) => page.getByRole('row').filter({ hasText: what }).filter({ hasText: OLIVIA });
    await expect(events('Created a service account').filter({ hasText: name })).toHaveCount(1);
    await expect(events('Changed a service account').filter({ hasText: later })).not.toHaveCount(0);
  },
);

// RA-17
test('an admin can create service accounts', { tag: '@plain' }, async ({ page }) => {
  const name = unique('Nightly report');
  await signIn(page, ADAM);
  await create(page, name);
  await openList(page);
  await expect(row(page, name)).toContainText(ADAM);
});

// RA-17, RA-30
test('a member cannot open service accounts', { tag: '@plain' }, async ({ page, guard }) => {
  guard.expects(/403/);
  const organization = await signIn(page, MINA);
  await expect(nav(page).getByRole('link')).toHaveText(MEMBERS_MENU);
  for (const path of ['', '/new', '/1']) {
    expect((await page.goto(`/o/${organization}/settings/service-accounts${path}`))!.status(), path).toBe(403);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('You don’t have access');
    // The navigation stays, and the page says whom to ask.
    await expect(nav(page).getByRole('link')).toHaveText(MEMBERS_MENU);
    await expect(page.getByText('Owners: ')).toContainText(OLIVIA);
  }
});

// KE-06
test('service accounts of another organization are not accessible', { tag: '@plain' }, async ({ page, guard }) => {
  guard.expects(/40[34]/);
  const name = unique('Acme only');
  const acme = await signIn(page, OLIVIA);
  const id = await create(page, name);
  await page.context().clearCookies();
  const orbit = await signIn(page, THEO);
  for (const [organization, status] of [[acme, 403], [orbit, 404]]) {
    const answer = await page.goto(`/o/${organization}/settings/service-accounts/${id}`);
    expect(answer!.status()).toBe(status);
    await expect(page.locator('body')).not.toContainText(name);
  }
});

test('the menu of narrow screens contains all pages', { tag: '@plain' }, async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await signIn(page, OLIVIA);
  await page.getByRole('button', { name: 'Settings menu' }).click();
  const links = nav(page).getByRole('link');
  await expect(links).toHaveText(ADMINS_MENU);
  await links.filter({ hasText: 'General' }).click();
  await expect(page.getByRole('heading', { name: 'General', exact: true })).toBeVisible();
});

test.describe('looks', () => {
  test.describe.configure({ timeout: 90_000 });

  test('an empty list', async ({ page }) => {
    await signIn(page, THEO);
    await openList(page);
    await expect(page.getByRole('heading', { name: 'No service accounts yet' })).toBeVisible();
    await inspect(page, 'service-accounts-empty');
  });

  test('the list, the form and an account', async ({ page, guard }) => {
    guard.expects(/422/);
    await signIn(page, OLIVIA);
    await create(page, 'Anunbrokennamewithoutanyplacetobreakwhichmustnotpushthetablesidewaysatanywidthwhatsoever');
    await create(page, 'حساب التقارير الشهرية');
    await inspect(page, 'service-account');
    await page.setViewportSize({ width: 768, height: 800 });
    await expectNoHorizontalScroll(page, 'a service account');
    await page.setViewportSize({ width: 1280, height: 800 });
    await setting(page, 'Change role…');
    await setting(page, 'Disable…');
    await inspect(page, 'service-account-settings');
    await page.getByRole('button', { name: 'Disable' }).click();
    await inspect(page, 'service-account-disabled');
    await openList(page);
    await inspect(page, 'service-accounts');
    await page.setViewportSize({ width: 768, height: 800 });
    await expectNoHorizontalScroll(page, 'the list of service accounts');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('link', { name: 'Create service account' }).click();
    await inspect(page, 'new-service-account');
    await page.getByLabel('Name').fill('  ');
    await page.getByRole('button', { name: 'Create service account' }).click();
    await inspect(page, 'new-service-account-error');
  });
});

test('the form for a new key offers service accounts as owners', { tag: '@plain' }, async ({ page, scripted }) => {
  test.slow();
  const [account, name] = [unique('Invoices'), unique('Invoice job')];
  await signIn(page, OLIVIA);
  await create(page, account);
  await page.goto('/settings/api-keys');
  await awake(page, scripted);
  const form = await beginCreating(page, scripted);
  await expect(form.getByLabel('Owner').locator('option:checked')).toHaveText(/^Me \(.*Olivia Owens/);
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Owner').selectOption(account);
  if (scripted) await expect(form.getByText(new RegExp(`· acts as .?${account}.? ·`))).toBeVisible();
  await finish(page, form, scripted);
  await expect(row(page, name)).toContainText(`for ${account}`);
  // It has the one key that it can have.
  const next = await beginCreating(page, scripted);
  await expect(next.getByLabel('Owner').locator('option').filter({ hasText: account })).toBeDisabled();
});

test('a service account is created in the form for its first key', { tag: '@plain' }, async ({ page, scripted, guard }) => {
  test.slow();
  guard.expects(/422/);
  const [account, name] = [unique('Billing'), unique('Billing job')];
  await signIn(page, ADAM);
  const form = await beginCreating(page, scripted);
  const field = form.getByLabel('New service account');
  await expect(field).toBeHidden();
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Owner').selectOption('New service account…');
  await expect(field).toBeVisible();
  await form.getByLabel('Its role').selectOption('Admin');
  await form.getByRole('radio', { name: /^Read only/ }).check();
  if (scripted) await inspect(page, 'create-with-account');
  // Nothing is lost if a field is invalid, and no account is created.
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(field).toHaveAccessibleDescription(/Enter a name for the service account\./);
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(form.getByLabel('Owner')).toHaveValue('new');
  await expect(form.getByLabel('Its role')).toHaveValue('admin');
  await expect(form.getByLabel('Name')).toHaveValue(name);
  await field.fill(account);
  await form.getByLabel('Name').fill(`${name}\u202E`);
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(form.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveValue(account);
  await form.getByLabel('Name').fill(name);
  if (scripted) await expect(form.getByText(`· acts as \u2068${account}\u2069 ·`)).toBeVisible();
  await finish(page, form, scripted);
  await expect(row(page, name)).toContainText(`for ${account}`);
  await openList(page);
  await expect(page.getByRole('row').filter({ hasText: account })).toHaveCount(1);
  await expect(page.getByRole('row').filter({ hasText: account })).toContainText('Admin');
});
