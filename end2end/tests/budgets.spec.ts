// The first sight of a page: what it weighs, that nothing moves, and that it has its theme from the first frame on. The
// guard fails each of these tests for any message in the console, refusals of the content policy among them.
import type { Page } from '@playwright/test';

import { makeKeys } from '../support/many.ts';
import { test } from '../support/own.ts';
import { OLIVIA, row, signIn } from '../support/people.ts';
import { expect } from '../support/test.ts';
import { BUDGETS, KB, ROWS, look, noteAwakening, type Kind } from '../support/weight.ts';

test('the keys page with 50 rows keeps within its budgets, and nothing on it moves', async ({ own, as, browser, guard }) => {
  test.slow();
  const page = await as(OLIVIA);
  const home = page.url();
  await makeKeys(page, ROWS);
  // A browser that has been here, and has nothing in its cache.
  const storageState = await page.context().storageState();
  for (const width of [1280, 360]) {
    const context = await browser.newContext({ baseURL: own.url, storageState, viewport: { width, height: 800 } });
    guard.watch(context);
    await noteAwakening(context);
    const fresh = await context.newPage();
    await fresh.goto(home);
    const seen = await look(fresh);
    await expect(row(fresh, 'Deploy script, Berlin')).toBeVisible();
    expect(await fresh.getByRole('rowheader').count()).toBe(ROWS);
    for (const [kind, budget] of Object.entries(BUDGETS)) {
      const { files, sent } = seen.kinds[kind as Kind];
      expect.soft(files, `${kind} files`).toBe(1);
      expect.soft(sent / KB, `KB of ${kind} as sent`).toBeLessThanOrEqual(budget);
    }
    // Page, style, script, WASM, font, icons, and the icon of the tab.
    expect(seen.requests - seen.kinds.other.files).toBeLessThanOrEqual(7);
    expect(seen.shift, `layout shift at ${width} px; ${seen.moved.join('\n')}`).toBe(0);
    await context.close();
  }
});

/** Fractions of a pixel, at the ends of a line that is centred; nobody sees them. */
const UNSEEN = 0.0005;

test('a font that comes late moves nothing on the sign-in page', async ({ page }) => {
  await page.route('**/*.woff2', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 800));
    await route.continue();
  });
  await page.goto('/sign-in');
  expect((await look(page)).shift, 'layout shift on the sign-in page').toBeLessThan(UNSEEN);
});

test('pages without islands load no script', async ({ page }) => {
  const scripts: string[] = [];
  page.on('request', (request) => {
    if (/\.(js|wasm)$/.test(new URL(request.url()).pathname)) scripts.push(request.url());
  });
  for (const path of ['/sign-in', '/docs', '/docs/api-keys']) {
    await page.goto(path);
    await page.waitForLoadState('networkidle');
    expect(await page.locator('leptos-island').count(), path).toBe(0);
    // Rules of what to fetch ahead are no script, though their element has that name.
    expect(await page.locator('script:not([type=speculationrules])').count(), `scripts on ${path}`).toBe(0);
  }
  expect(scripts).toEqual([]);
});

/** Notes the background of the page at every frame that is drawn, from the first one on. */
async function noteFrames(page: Page) {
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

for (const [worn, system, drawn] of [
  ['light', 'dark', 'light'],
  ['dark', 'light', 'dark'],
  ['system', 'light', 'light'],
  ['system', 'dark', 'dark'],
] as const) {
  test(`the first frame has its theme: ${worn}, on a ${system} system`, async ({ page, baseURL }) => {
    await signIn(page, OLIVIA);
    const home = page.url();
    await page.emulateMedia({ colorScheme: system });
    await page.context().addCookies([{ name: 'theme', value: worn, url: baseURL!, httpOnly: true, sameSite: 'Lax' }]);
    await noteFrames(page);
    for (const path of ['/sign-in', '/docs', home]) {
      const answer = (await page.goto(path))!;
      // The server says it; no script has to.
      if (path === home) expect(await answer.text()).toContain(`data-theme="${worn}"`);
      await look(page);
      const frames = new Set(await page.evaluate(() => (window as unknown as { frames: string[] }).frames));
      expect([...frames], `backgrounds of ${path} while it loads`).toHaveLength(1);
      const [red, green, blue] = [...frames][0].match(/[\d.]+/g)!.map(Number);
      expect(Math.max(red, green, blue) < 128 ? 'dark' : 'light', `${path} is ${[...frames][0]}`).toBe(drawn);
    }
  });
}
