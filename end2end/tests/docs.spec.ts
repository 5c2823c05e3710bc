// The documentation in a browser without a session, at every width and without JavaScript, with its search and the API
// reference.
import type { Page } from '@playwright/test';

import { THEMES, expectNoAxeViolations, expectNoHorizontalScroll, repaint } from '../support/looks.ts';
import { expect, test } from '../support/test.ts';

/** In both themes and at both widths, nothing scrolls sideways, and axe finds nothing. */
async function inspectAll(page: Page, where: string) {
  for (const theme of THEMES) {
    await repaint(page, theme);
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoHorizontalScroll(page, where);
      await expectNoAxeViolations(page, `${where}, ${theme}, ${width} px`);
    }
  }
}

test('every page in both themes, wide and narrow', async ({ page }) => {
  test.setTimeout(300_000);
  await page.goto('/docs');
  const links = page.getByRole('navigation', { name: 'Documentation' }).getByRole('link');
  const paths = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')!));
  expect(paths.length).toBeGreaterThan(10);
  for (const path of ['/docs', '/docs/search', '/docs/search?q=key', '/docs/search?q=xyzzy', ...paths]) {
    await page.goto(path);
    await inspectAll(page, path);
  }
});

// RU-15: as a closed list, and with some operations of each kind open.
test('the API reference in both themes, wide and narrow', async ({ page }) => {
  test.setTimeout(300_000);
  await page.goto('/docs/api');
  await inspectAll(page, 'the closed reference');
  await page.evaluate(() => {
    document.querySelectorAll('details').forEach((one, at) => (one.open = at % 5 === 1));
  });
  await inspectAll(page, 'the open reference');
});

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
  await operation.getByRole('radio', { name: 'Python' }).check();
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
