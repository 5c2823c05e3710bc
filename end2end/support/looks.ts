// The appearance of pages: themes, widths, screenshots, and axe.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from './test.ts';

export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const FOLDER = join(import.meta.dirname, '..', 'screenshots');
// A laptop, a phone, a tablet and a wide screen. Screenshots are taken at two widths, or at all of them with
// PICTURES=all.
const WIDTHS = [1280, 360, 768, 1920];
const PICTURED = process.env.PICTURES === 'all' ? WIDTHS : [1280, 360];

/** Renders content outside of the viewport too, which a screenshot of the whole page needs. */
async function renderAll(page: Page, all: boolean) {
  await page.evaluate((all) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { content-visibility: visible !important }');
    document.adoptedStyleSheets = all ? [sheet] : [];
  }, all);
}

/** Sets the theme of the next pages, like the theme switch. */
export async function setTheme(page: Page, theme: Theme | 'system') {
  const { origin } = new URL(page.url());
  await page.context().addCookies([{ name: 'theme', value: theme, url: origin, httpOnly: true, sameSite: 'Lax' }]);
}

/** Changes the theme of the open page without reloading it, for dialogs. */
export async function repaint(page: Page, theme: Theme | 'system') {
  await page.locator('html').evaluate((html, theme) => html.setAttribute('data-theme', theme), theme);
}

export async function expectNoAxeViolations(page: Page, where: string) {
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join('\n  ')}`);
  expect(found, `axe on ${where}`).toEqual([]);
}

export async function expectNoHorizontalScroll(page: Page, where: string) {
  const over = await page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const inside = (element: Element) => element.closest('pre, .visually-hidden, [hidden]') !== null || !element.checkVisibility();
    const out = [...document.querySelectorAll('body *')].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.right > wide + 0.5 && !inside(element) && getComputedStyle(element).position !== 'fixed';
    });
    return { scroll: document.documentElement.scrollWidth - wide, out: out.slice(0, 5).map((element) => element.outerHTML.slice(0, 160)) };
  });
  expect(over, `horizontal scroll on ${where} at ${page.viewportSize()?.width} px`).toEqual({ scroll: 0, out: [] });
}

/**
 * Takes screenshots in both themes into end2end/screenshots. Nothing may scroll horizontally, and axe finds nothing.
 */
export async function inspect(page: Page, name: string) {
  mkdirSync(FOLDER, { recursive: true });
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  const themeBefore = await page.locator('html').getAttribute('data-theme');
  await renderAll(page, true);
  for (const theme of THEMES) {
    await repaint(page, theme);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      if (PICTURED.includes(width)) {
        const path = join(FOLDER, `${name}-${theme}-${width}.png`);
        await page.screenshot({ path, fullPage: (await page.getByRole('dialog').count()) === 0 });
      }
      await expectNoHorizontalScroll(page, name);
    }
    await page.setViewportSize(before);
    await expectNoAxeViolations(page, `${name}, ${theme}`);
  }
  await repaint(page, (themeBefore ?? 'system') as Theme);
  await renderAll(page, false);
}
