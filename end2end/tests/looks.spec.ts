// Every page and dialog in both themes: axe finds no violations, nothing scrolls horizontally at 360 px, and
// screenshots are taken.
import { bearer, curl } from '../support/curl.ts';
import { inspect, setTheme } from '../support/looks.ts';
import { MINA, OLIVIA, THEO, awake, beginCreating, beginRevoking, createKey, find, createKeyAndStay, openAccountMenu, row, signIn, signInAsStranger, unique, sheet } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

// Each page is looked at in two themes and four widths, which takes long on a slow machine.
test.describe.configure({ timeout: 240_000 });

test('before signing in', async ({ page, guard }) => {
  await page.goto('/sign-in');
  await inspect(page, 'sign-in');
  await page.goto('/sign-in?problem=expired');
  await inspect(page, 'sign-in-problem');
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Continue as another user' }).click();
  await inspect(page, 'provider');
  guard.expects(/404/);
  await page.goto('/nowhere');
  await inspect(page, 'not-found');
});

test('the pages of an organization', async ({ page, baseURL }) => {
  await signIn(page, OLIVIA);
  const used = await createKey(page, 'CI/CD Pipeline', true);
  await createKey(page, 'A rather long name of a key that was given by someone who likes to explain everything in one line', true);
  await createKey(page, 'مفتاح التقارير الشهرية', true);
  await createKey(page, 'Anunbrokennamewithoutanyplacetobreakwhichmustnotpushthetablesidewaysatanywidthwhatsoever', true);
  await curl(`${baseURL}/api/v1/workspaces`, ...bearer(used));
  await page.reload();
  await inspect(page, 'api-keys');
});

test('the pages that correspond to dialogs, and the log', async ({ page }) => {
  const organization = await signIn(page, OLIVIA);
  await createKey(page, unique('Old laptop'), true);
  await page.goto(`/o/${organization}/settings/api-keys/new`);
  await inspect(page, 'new-key-page');
  await page.goto('/settings/api-keys');
  const revoke = await page.getByRole('link', { name: /^Revoke/ }).first().getAttribute('href');
  await page.goto(revoke!);
  await inspect(page, 'revoke-page');
  await page.goto('/settings/api-keys');
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.locator('.audit summary').first().click();
  await inspect(page, 'audit-log');
});

test('the pages of one key', async ({ page, baseURL }) => {
  const organization = await signIn(page, OLIVIA);
  const name = unique('Nightly export');
  const key = await createKey(page, name, true);
  for (let n = 0; n < 3; n += 1) await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key));
  const path = await row(page, name).getByRole('link', { name, exact: true }).getAttribute('href');
  await page.goto(path!);
  await inspect(page, 'key');
  for (const step of ['rename', 'description', 'expiration', 'rotate']) {
    await page.goto(`${path}/${step}`);
    await inspect(page, `key-${step}`);
  }
  await page.goto(`/o/${organization}/settings/api-keys/revoke?key=${path!.split('/').at(-1)}`);
  await inspect(page, 'revoke-many');
  await page.goto(`/o/${organization}/settings/api-keys?q=nothing-is-called-so`);
  await inspect(page, 'api-keys-nothing-found');
});

test('the menus of the list', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Menu');
  await createKey(page, name, true);
  // Only one row: inspecting all rows of other tests takes longer than the timeout of a test.
  await find(page, name);
  await awake(page, true);
  await row(page, name).getByText(/Actions for/).locator('xpath=ancestor::summary').click();
  await inspect(page, 'row-menu');
  await page.getByText('Status', { exact: true }).first().click();
  await inspect(page, 'filter-menu');
  await page.keyboard.press('Escape');
  await row(page, name).getByRole('checkbox').check();
  await inspect(page, 'api-keys-selected');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await inspect(page, 'shortcuts');
});

test('the menus', async ({ page }) => {
  await signIn(page, OLIVIA);
  await page.getByText(`Account menu of ${OLIVIA}`).locator('xpath=ancestor::summary').click();
  await inspect(page, 'account-menu');
  await page.goto('/settings/api-keys');
  await page.getByText('Organization: ').locator('xpath=ancestor::summary').click();
  await expect(page.getByRole('link', { name: 'Create organization' })).toBeVisible();
  await page.goto('/settings/api-keys');
  await page.setViewportSize({ width: 360, height: 800 });
  await page.getByRole('button', { name: 'Settings menu' }).click();
  await expect(page.getByRole('link', { name: 'Audit log' })).toBeVisible();
  await page.screenshot({ path: 'screenshots/settings-menu-light-360.png' });
});

test('an empty organization', async ({ page }) => {
  await signIn(page, THEO);
  await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible();
  await inspect(page, 'api-keys-empty');
});

test('a member', async ({ page }) => {
  await signIn(page, MINA);
  await createKey(page, unique('Member script'), true);
  await inspect(page, 'api-keys-member');
});

test('a person without an organization', async ({ page }) => {
  await signInAsStranger(page, 'nia@elsewhere.example', 'Nia Novak');
  await expect(page.getByRole('heading', { name: /not a member of any organization/ })).toBeVisible();
  await inspect(page, 'no-organization');
});

test('a page without access', async ({ page, guard }) => {
  guard.expects(/403/);
  await signIn(page, THEO);
  await page.goto('/o/org_nobody/settings/api-keys');
  await inspect(page, 'no-access');
});

test('the dialog for creating a key', async ({ page, guard }) => {
  guard.expects(/422/);
  await signIn(page, OLIVIA);
  const form = await beginCreating(page, true);
  await inspect(page, 'create-dialog');
  await form.getByRole('radio', { name: /^Custom/ }).check();
  await form.getByLabel('Expiration').selectOption('On a date');
  await inspect(page, 'create-dialog-custom');
  await form.getByLabel('Expiration').selectOption('90 days');
  await form.getByRole('radio', { name: /^Full access/ }).check();
  await form.getByLabel('Name').fill('   ');
  await form.getByRole('button', { name: 'Generate' }).click();
  await expect(form.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
  await inspect(page, 'create-dialog-error');
});

test('the dialog that shows a new key', async ({ page }) => {
  await signIn(page, OLIVIA);
  await createKeyAndStay(page, 'Monitoring Script', true);
  await inspect(page, 'reveal-dialog');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Go back and copy' })).toBeVisible();
  await inspect(page, 'reveal-guard');
  await page.getByRole('button', { name: 'Go back and copy' }).click();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(sheet(page, true).getByText('Copied', { exact: true }).first()).toBeVisible();
  await page.screenshot({ path: 'screenshots/reveal-copied-light-1280.png' });
});

test('the dialog for revoking a key, and the list afterwards', async ({ page, baseURL }) => {
  await signIn(page, OLIVIA);
  const [name, used] = [unique('Old laptop'), unique('Nightly export')];
  await createKey(page, name, true);
  const key = await createKey(page, used, true);
  const form = await beginRevoking(page, name, true);
  await inspect(page, 'revoke-dialog');
  await form.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByText('” revoked.')).toBeVisible();
  await inspect(page, 'revoked-notice');
  await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key));
  await expect(async () => {
    await page.reload();
    await expect(row(page, used)).not.toContainText('Never used', { timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await awake(page, true);
  await beginRevoking(page, used, true);
  await inspect(page, 'revoke-dialog-typed');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the page that shows a new key', async ({ page }) => {
    await signIn(page, OLIVIA);
    await createKeyAndStay(page, unique('Plain page'), false);
    await page.screenshot({ path: 'screenshots/reveal-page-light-1280.png', fullPage: true });
    await page.setViewportSize({ width: 360, height: 800 });
    await page.screenshot({ path: 'screenshots/reveal-page-light-360.png', fullPage: true });
  });
});

test('the theme is stored, and the first paint has it', { tag: '@plain' }, async ({ page, browser, baseURL }) => {
  await signIn(page, MINA);
  const theme = () => page.locator('html').getAttribute('data-theme');
  const brightness = () => page.evaluate(() => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g)!.map(Number);
    return (red + green + blue) / 3;
  });
  expect(await theme()).toBe('system');
  await openAccountMenu(page);
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await openAccountMenu(page);
  await expect(page.getByRole('button', { name: 'Dark theme' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page).toHaveURL(/\/settings\/api-keys$/);
  expect(await brightness()).toBeLessThan(60);
  await page.reload();
  expect(await theme()).toBe('dark');
  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(page.getByRole('heading', { name: 'Audit log' })).toBeVisible();
  expect(await theme()).toBe('dark');
  // The response already has the dark theme, so no script is needed.
  const html = await (await page.request.get(page.url())).text();
  expect(html).toMatch(/<html[^>]*data-theme="dark"/);
  await openAccountMenu(page);
  await page.getByRole('button', { name: 'Light theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect(page).toHaveURL(/audit-log$/);
  expect(await brightness()).toBeGreaterThan(200);
  await openAccountMenu(page);
  await page.getByRole('button', { name: 'System theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'system');
  const away = await browser.newContext({ baseURL, colorScheme: 'dark' });
  const other = await away.newPage();
  await other.goto('/sign-in');
  expect(await other.evaluate(() => getComputedStyle(document.body).backgroundColor)).not.toBe('rgb(255, 255, 255)');
  await away.close();
  await setTheme(page, 'system');
});
