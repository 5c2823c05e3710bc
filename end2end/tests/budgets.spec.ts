// Loading a page: transfer sizes, layout shifts, and the theme of the first frame. The guard fails a test for any
// message in the console, including violations of the content security policy.
import type { Page } from '@playwright/test';

import { createKeys } from '../support/many.ts';
import { test } from '../support/own.ts';
import { OLIVIA, row, signIn } from '../support/people.ts';
import { expect } from '../support/test.ts';
import { BUDGETS, KB, ROWS, measure, recordHydration, type Kind } from '../support/weight.ts';

test('the keys page with 50 rows is within its budgets and has no layout shift', async ({ own, as, browser, guard }) => {
  test.slow();
  const page = await as(OLIVIA);
  const home = page.url();
  await createKeys(page, ROWS);
  // A signed-in browser with an empty cache.
  const storageState = await page.context().storageState();
  for (const width of [1280, 360]) {
    const context = await browser.newContext({ baseURL: own.url, storageState, viewport: { width, height: 800 } });
    guard.watch(context);
    await recordHydration(context);
    const fresh = await context.newPage();
    await fresh.goto(home);
    const seen = await measure(fresh);
    await expect(row(fresh, 'Deploy script, Berlin')).toBeVisible();
    expect(await fresh.getByRole('rowheader').count()).toBe(ROWS);
    for (const [kind, budget] of Object.entries(BUDGETS)) {
      const { files, sent } = seen.kinds[kind as Kind];
      expect.soft(files, `${kind} files`).toBe(1);
      expect.soft(sent / KB, `KB of ${kind} as sent`).toBeLessThanOrEqual(budget);
    }
    // HTML, CSS, JavaScript, WASM, font, icons, and the favicon.
    expect(seen.requests - seen.kinds.other.files).toBeLessThanOrEqual(7);
    expect(seen.shift, `layout shift at ${width} px; ${seen.moved.join('\n')}`).toBe(0);
    await context.close();
  }
});

/** Invisible shifts of fractions of a pixel, at the ends of a centered line. */
const INVISIBLE = 0.0005;

test('a late font causes no layout shift on the sign-in page', async ({ page }) => {
  await page.route('**/*.woff2', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 800));
    await route.continue();
  });
  await page.goto('/sign-in');
  expect((await measure(page)).shift, 'layout shift on the sign-in page').toBeLessThan(INVISIBLE);
});

test('pages without islands load no script', async ({ page }) => {
  const scripts: string[] = [];
  page.on('request', (request) => {
    if (/\.(js|wasm)$/.test(new URL(request.url()).pathname)) scripts.push(request.url());
  });
  await page.goto('/sign-in');
  await page.waitForLoadState('networkidle');
  expect(await page.locator('leptos-island').count()).toBe(0);
  // Speculation rules are in a script element but are not scripts.
  expect(await page.locator('script:not([type=speculationrules])').count()).toBe(0);
  expect(scripts).toEqual([]);
  // The documentation has a small script of its own, and nothing of the dashboard.
  for (const path of ['/docs', '/docs/api-keys', '/docs/api']) {
    scripts.length = 0;
    await page.goto(path);
    await page.waitForLoadState('networkidle');
    expect(scripts.map((script) => new URL(script).pathname.split('/').pop()), path).toEqual(['docs.js']);
  }
});

/** Records the background of the page in every rendered frame. */
async function recordFrames(page: Page) {
  await page.addInitScript(() => {
    const frames: string[] = [];
    const note = () => {
      if (document.body) frames.push(getComputedStyle(document.body).backgroundColor);
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
    Object.assign(window, { frames });
  });
}

for (const [theme, system, drawn] of [
  ['light', 'dark', 'light'],
  ['dark', 'light', 'dark'],
  ['system', 'light', 'light'],
  ['system', 'dark', 'dark'],
] as const) {
  test(`the first frame has the theme ${theme} on a ${system} system`, async ({ page, baseURL }) => {
    await signIn(page, OLIVIA);
    const home = page.url();
    await page.emulateMedia({ colorScheme: system });
    await page.context().addCookies([{ name: 'theme', value: theme, url: baseURL!, httpOnly: true, sameSite: 'Lax' }]);
    await recordFrames(page);
    for (const path of ['/sign-in', '/docs', home]) {
      const answer = (await page.goto(path))!;
      // The server sets the theme, so that no script is needed.
      if (path === home) expect(await answer.text()).toContain(`data-theme="${theme}"`);
      await measure(page);
      const frames = new Set(await page.evaluate(() => (window as unknown as { frames: string[] }).frames));
      expect([...frames], `backgrounds of ${path} while it loads`).toHaveLength(1);
      const [red, green, blue] = [...frames][0].match(/[\d.]+/g)!.map(Number);
      expect(Math.max(red, green, blue) < 128 ? 'dark' : 'light', `${path} is ${[...frames][0]}`).toBe(drawn);
    }
  });
}
