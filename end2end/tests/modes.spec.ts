// Forced colors, zoom, print, reduced motion, and all widths.
import { expectNoAxeViolations, expectNoHorizontalScroll, inspect, repaint, THEMES } from '../support/looks.ts';
import { OLIVIA, awake, beginCreating, beginRevoking, createKey, row, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const PAGES = ['settings/api-keys', 'settings/members', 'settings/audit-log', 'settings/service-accounts', 'settings/apis', 'settings/consumers', 'settings'];

test('with forced colors the selection and the focus are visible', async ({ page }) => {
  await signIn(page, OLIVIA);
  await page.emulateMedia({ forcedColors: 'active' });
  const current = page.locator('.nav [aria-current]');
  const other = page.locator('.nav a:not([aria-current])').first();
  const border = (link: typeof current) => link.evaluate((element) => getComputedStyle(element).borderTopWidth);
  expect(await border(current)).toBe('2px');
  expect(await border(other)).toBe('0px');
  await current.focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await expect(current).toBeFocused();
  expect(await current.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
  await beginCreating(page, true);
  await page.screenshot({ path: 'screenshots/forced-colors-1280.png' });
});

test('at 200 % and 400 % nothing scrolls horizontally, and dialogs can be used', async ({ page }) => {
  await signIn(page, OLIVIA);
  // The layout viewports of 1280 × 800 at 200 % and at 400 %.
  for (const [width, height] of [[640, 400], [320, 200]]) {
    await page.setViewportSize({ width, height });
    await page.goto('/settings/api-keys');
    await expectNoHorizontalScroll(page, 'API Keys');
    const form = await beginCreating(page, true);
    await expectNoHorizontalScroll(page, 'the create dialog');
    await form.getByRole('button', { name: 'Cancel' }).scrollIntoViewIfNeeded();
    await form.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
});

test('printed pages are dark on white in both themes and have no buttons', async ({ page }) => {
  await signIn(page, OLIVIA);
  await createKey(page, unique('On paper'), true);
  for (const theme of THEMES) {
    await repaint(page, theme);
    await page.emulateMedia({ media: 'print' });
    const colors = await page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.body);
      return { color, backgroundColor };
    });
    expect(colors.backgroundColor, theme).toBe('rgb(255, 255, 255)');
    expect(colors.color, theme).toBe('rgb(24, 27, 33)');
    await expect(page.locator('.nav')).toBeHidden();
    await expect(page.getByRole('link', { name: 'Create API Key' })).toHaveCount(0);
    await expect(page.getByRole('heading', { name: 'API Keys' })).toBeVisible();
    await page.screenshot({ path: `screenshots/print-${theme}.png`, fullPage: true });
    await page.emulateMedia({ media: 'screen' });
  }
});

test('nothing moves with reduced motion', async ({ page }) => {
  await signIn(page, OLIVIA);
  await awake(page, true);
  const moves = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('*')].filter((element) => {
        const { animationName, transitionDuration } = getComputedStyle(element);
        return animationName !== 'none' || transitionDuration.split(',').some((time) => parseFloat(time) > 0);
      }).length,
    );
  expect(await moves()).toBe(0);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  expect(await moves()).toBeGreaterThan(0);
  const longest = await page.evaluate(() =>
    Math.max(...[...document.querySelectorAll('*')].map((element) => parseFloat(getComputedStyle(element).transitionDuration) || 0)),
  );
  expect(longest).toBeLessThanOrEqual(0.15);
});

test('no width from a phone to a wide screen scrolls horizontally', async ({ page }) => {
  const organization = await signIn(page, OLIVIA);
  for (const path of PAGES) {
    await page.goto(`/o/${organization}/${path}`);
    for (const width of [360, 480, 768, 861, 1024, 1280, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoHorizontalScroll(page, path);
    }
    const main = await page.locator('main').boundingBox();
    // The table of keys has more columns than other pages.
    const widest = path.endsWith('api-keys') ? 1504 : 1264;
    expect(main!.width, `${path} keeps lines readable`).toBeLessThanOrEqual(widest);
  }
});

test('the style page shows every component in both themes', { tag: '@plain' }, async ({ page, scripted }) => {
  test.slow();
  await page.goto('/dev/style');
  await expect(page.getByRole('heading', { name: 'Style', exact: true })).toBeVisible();
  for (const part of ['Color', 'Type', 'Space', 'Buttons', 'Badges', 'Notices', 'Fields', 'Menus', 'Lists', 'Sheets']) {
    await expect(page.getByRole('heading', { name: part, exact: true })).toBeVisible();
  }
  // axe needs timers, which do not run without JavaScript; the markup is the same.
  if (scripted) await inspect(page, 'style');
});

test('every focused element has a visible focus ring', async ({ page }) => {
  await signIn(page, OLIVIA);
  await createKey(page, unique('Ringed'), true);
  await awake(page, true);
  await page.locator('body').evaluate((body) => (document.activeElement as HTMLElement | null)?.blur?.() ?? body);
  const seen = new Set<string>();
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    const ring = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return undefined;
      const styles = [at, at.closest('.card, .chip')].filter((one) => one !== null).map((one) => getComputedStyle(one));
      const box = at.getBoundingClientRect();
      const drawn = styles.some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1);
      return { html: at.outerHTML.slice(0, 120), drawn, seen: box.width > 0 && box.height > 0 };
    });
    if (!ring) break;
    expect(ring, ring.html).toMatchObject({ drawn: true, seen: true });
    seen.add(ring.html);
  }
  expect(seen.size).toBeGreaterThan(20);
});

test('axe finds no violations in dialogs in both themes', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Asked about');
  await createKey(page, name, true);
  await awake(page, true);
  const menu = row(page, name).getByText(/Actions for/).locator('xpath=ancestor::summary');
  await menu.click();
  await row(page, name).getByRole('listitem').getByRole('link', { name: 'Revoke…' }).click();
  for (const theme of THEMES) {
    await repaint(page, theme);
    await expectNoAxeViolations(page, `the revoke dialog, ${theme}`);
  }
  // The dialog was opened from a menu that is closed now, so the focus returns to the button of the menu.
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(menu).toBeFocused();
  await beginRevoking(page, name, true);
});
