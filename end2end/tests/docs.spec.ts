// The documentation in a browser without a session, at every width and without JavaScript, and the API reference.
import { expectNoAxeViolations, repaint, THEMES } from '../support/looks.ts';
import { OLIVIA, createKey, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('every page in both themes, wide and narrow', async ({ page }) => {
  test.setTimeout(300_000);
  await page.goto('/docs');
  const links = page.getByRole('navigation', { name: 'Documentation' }).getByRole('link');
  const paths = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')!));
  expect(paths.length).toBeGreaterThan(10);
  for (const path of ['/docs', ...paths.filter((path) => path !== '/docs/api')]) {
    await page.goto(path);
    for (const theme of THEMES) {
      await repaint(page, theme);
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(over, `${path} at ${width} px scrolls sideways`).toBe(0);
      }
      await expectNoAxeViolations(page, `${path}, ${theme}`);
    }
  }
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

// RU-15: without violations of the content security policy
test('the API reference calls the API', async ({ page }) => {
  test.slow();
  await signIn(page, OLIVIA);
  const key = await createKey(page, unique('Reference'), true);
  await page.goto('/docs/api');
  // The description of all operations takes long to render.
  await page.getByRole('button', { name: 'Authorize', exact: true }).click({ timeout: 60_000 });
  await page.locator('.auth-container input').first().fill(key);
  await page.locator('.auth-btn-wrapper .authorize').first().click();
  await page.locator('.btn-done').first().click();
  await page.locator('#operations-Me-me .opblock-summary-control').click();
  await page.getByRole('button', { name: 'Try it out' }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  await expect(page.locator('.live-responses-table .response-col_status').last()).toContainText('200');
});
