// How pages look: themes, widths, screenshots, and what axe finds.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from './test.ts';

export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const FOLDER = join(import.meta.dirname, '..', 'screenshots');
// A phone, a tablet, a laptop, a wide screen; pictures are taken of two of them, with PICTURES=all of all.
const WIDTHS = [1280, 360, 768, 1920];
const PICTURED = process.env.PICTURES === 'all' ? WIDTHS : [1280, 360];

/** Whether what is far below is drawn too, as a picture of the whole page needs it. */
async function drawAll(page: Page, all: boolean) {
  await page.evaluate((all) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { content-visibility: visible !important }');
    document.adoptedStyleSheets = all ? [sheet] : [];
  }, all);
}

/** The theme that the next pages have, as the switch would set it. */
export async function wear(page: Page, theme: Theme | 'system') {
  const { origin } = new URL(page.url());
  await page.context().addCookies([{ name: 'theme', value: theme, url: origin, httpOnly: true, sameSite: 'Lax' }]);
}

/** Draws the page that is open in a theme without loading it again, for dialogs. */
export async function repaint(page: Page, theme: Theme | 'system') {
  await page.locator('html').evaluate((html, theme) => html.setAttribute('data-theme', theme), theme);
}

export async function expectNoAxeViolations(page: Page, where: string) {
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze();
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join('\n  ')}`);
  expect(told, `axe on ${where}`).toEqual([]);
}

export async function expectNoSidewaysScroll(page: Page, where: string) {
  const over = await page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const inside = (element: Element) => element.closest('pre, .visually-hidden, [hidden]') !== null || !element.checkVisibility();
    const out = [...document.querySelectorAll('body *')].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.right > wide + 0.5 && !inside(element) && getComputedStyle(element).position !== 'fixed';
    });
    return { scroll: document.documentElement.scrollWidth - wide, out: out.slice(0, 5).map((element) => element.outerHTML.slice(0, 160)) };
  });
  expect(over, `sideways scroll on ${where} at ${page.viewportSize()?.width} px`).toEqual({ scroll: 0, out: [] });
}

/** Both themes at every width, into end2end/screenshots; nothing may scroll sideways, and axe finds nothing. */
export async function inspect(page: Page, name: string) {
  mkdirSync(FOLDER, { recursive: true });
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  const worn = await page.locator('html').getAttribute('data-theme');
  await drawAll(page, true);
  for (const theme of THEMES) {
    await repaint(page, theme);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      if (PICTURED.includes(width)) {
        const path = join(FOLDER, `${name}-${theme}-${width}.png`);
        await page.screenshot({ path, fullPage: (await page.getByRole('dialog').count()) === 0 });
      }
      await expectNoSidewaysScroll(page, name);
    }
    await page.setViewportSize(before);
    await expectNoAxeViolations(page, `${name}, ${theme}`);
  }
  await repaint(page, (worn ?? 'system') as Theme);
  await drawAll(page, false);
}
