// The documentation in a browser without a session, at every width and without JavaScript, with its search and the API
// reference.
import type { Page } from '@playwright/test';

import { THEMES, expectNoAxeViolations, repaint } from '../support/looks.ts';
import { expect, test } from '../support/test.ts';

const WIDTHS = [1280, 360];

async function expectNothingOver(page: Page, where: string) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, `${where} at ${page.viewportSize()?.width} px scrolls sideways`).toBe(0);
}

test('every page in both themes, wide and narrow', async ({ page }) => {
  test.setTimeout(300_000);
  await page.goto('/docs');
  const links = page.getByRole('navigation', { name: 'Documentation' }).getByRole('link');
  const paths = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')!));
  expect(paths.length).toBeGreaterThan(10);
  const searches = ['/docs/search', '/docs/search?q=key', '/docs/search?q=xyzzy'];
  for (const path of ['/docs', ...searches, ...paths.filter((path) => path !== '/docs/api')]) {
    await page.goto(path);
    for (const theme of THEMES) {
      await repaint(page, theme);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        await expectNothingOver(page, path);
      }
      await expectNoAxeViolations(page, `${path}, ${theme}`);
    }
  }
});

// RU-15: as a closed list, and with some operations open.
for (const open of [false, true]) {
  test(`the API reference in both themes, wide and narrow, ${open ? 'open' : 'closed'}`, async ({ page }) => {
    test.setTimeout(300_000);
    await page.goto('/docs/api');
    await page.evaluate((open) => {
      document.querySelectorAll('details').forEach((one, at) => (one.open = open && at % 12 === 1));
    }, open);
    for (const theme of THEMES) {
      await repaint(page, theme);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        await expectNothingOver(page, 'the reference');
        await expectNoAxeViolations(page, `the reference, ${theme}, ${width} px`);
      }
    }
  });
}

// RA-34, RA-35, RK-29
test('the section about rotation can be found from the index @plain', async ({ page }) => {
  await page.goto('/docs');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.getByRole('navigation', { name: 'Documentation' }).getByRole('link', { name: 'Authentication' }).click();
  await page.getByRole('main').getByRole('link', { name: 'Regular rotation' }).first().click();
  await expect(page).toHaveURL(/\/docs\/api-keys#regular-rotation$/);
  await expect(page.getByRole('heading', { name: 'Regular rotation' })).toBeInViewport();
});

// RU-15
test('a link to an operation of the API reference opens it @plain', async ({ page }) => {
  await page.goto('/docs/api#create_key');
  await expect(page.locator('details[open]')).toHaveCount(1);
  const operation = page.locator('details[open]');
  await expect(operation.getByText('POST', { exact: true })).toBeInViewport();
  await expect(operation.getByRole('heading', { name: 'Create a key' })).toBeInViewport();
  const sample = operation.locator('pre:visible');
  await expect(sample).toHaveCount(1);
  await expect(sample).toContainText(`curl -X POST "${new URL(page.url()).origin}/api/v1/keys"`);
  await operation.getByText('JavaScript', { exact: true }).click();
  await expect(sample).toContainText('await fetch(');
  await page.keyboard.press('ArrowRight');
  await expect(operation.getByRole('radio', { name: 'Python' })).toBeChecked();
  await expect(sample).toContainText("os.environ['ROUNDTABLE_API_KEY']");
});

test('the language of a sample is kept for all operations and for the next visit', async ({ page }) => {
  await page.goto('/docs/api#list_keys');
  await page.locator('details[open]').getByText('JavaScript', { exact: true }).click();
  await page.goto('/docs/errors');
  await page.goto('/docs/api#list_members');
  await expect(page.locator('details[open] pre:visible')).toContainText('await fetch(');
});

test('a button copies a sample', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/docs/authentication');
  const button = page.getByRole('button', { name: /^Copy / }).nth(1);
  const code = await button.locator('xpath=..').locator('code').textContent();
  await button.click();
  await expect(page.getByRole('status')).toHaveText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
});

test('without a clipboard, the button selects the sample and says which keys copy it', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await page.goto('/docs/authentication');
  const button = page.getByRole('button', { name: /^Copy / }).first();
  const code = await button.locator('xpath=..').locator('code').textContent();
  await button.click();
  await expect(page.getByRole('status')).toBeInViewport();
  expect((await page.evaluate(() => getSelection()!.toString())).trim()).toBe(code!.trim());
});

test('buttons that need a script are not shown without one @plain', async ({ page, scripted }) => {
  await page.goto('/docs/authentication');
  await expect(page.getByRole('button', { name: /^Copy / }).first()).toBeVisible({ visible: scripted });
});

test('the search finds sections and operations @plain', async ({ page }) => {
  await page.goto('/docs');
  const field = page.getByRole('searchbox', { name: 'Search the documentation' });
  await field.fill('regular rotation');
  await field.press('Enter');
  await expect(page).toHaveURL(/\/docs\/search\?q=regular\+rotation$/);
  const main = page.getByRole('main');
  await expect(main.locator('mark').first()).toBeVisible();
  await main.getByRole('link', { name: 'Regular rotation' }).first().click();
  await expect(page.getByRole('heading', { name: 'Regular rotation' })).toBeInViewport();

  await field.fill('verify_keys');
  await page.getByRole('search').getByRole('button', { name: 'Search' }).click();
  await main.getByRole('link', { name: 'Verify several keys' }).click();
  await expect(page.locator('details[open] h3')).toHaveText('Verify several keys');

  await field.fill('<b>xyzzy</b>');
  await field.press('Enter');
  await expect(main.getByRole('heading', { name: 'Nothing was found for “<b>xyzzy</b>”' })).toBeVisible();
});

test('the theme is switched on a page of the documentation, and the page stays @plain', async ({ page }) => {
  await page.goto('/docs/search?q=grace');
  await page.getByRole('button', { name: /dark/i }).click();
  await expect(page).toHaveURL(/\/docs\/search\?q=grace$/);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.goto('/docs/api');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});
