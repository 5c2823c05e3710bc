// Takes pictures, and keeps them small.
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';

import { repaint, type Theme } from '../support/looks.ts';
import { WHOLE_KEY } from '../support/server.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const FOLDER = join(DOCS, 'tour');

/** As long as the secret of a key, and nobody takes it for one. */
const SHOWN = 'here-stands-your-new-key-once-copy-it-before-you-close-it';

interface Options {
  theme?: Theme;
  width?: number;
  height?: number;
  /** Another place in `docs` than the folder of the tour. */
  file?: string;
}

/** A picture of what is open, as it is, or in another theme and size. */
export async function picture(page: Page, name: string, { theme = 'light', width = 1280, height = 800, file }: Options = {}) {
  mkdirSync(FOLDER, { recursive: true });
  await page.setViewportSize({ width, height });
  await repaint(page, theme);
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  const path = file ? join(DOCS, file) : join(FOLDER, `${name}.png`);
  if (await showsKey(page)) throw new Error(`a whole key can be read on ${name}`);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  execFileSync('pngquant', ['--force', '--strip', '--speed', '1', '--quality', '70-95', '--output', path, path]);
  if (statSync(path).size > 200 * 1024) throw new Error(`${path} is too large`);
}

/**
 * Puts something that cannot be taken for a key where the key can be read; only then it may be in a picture. The address
 * becomes the one of `make run`.
 */
export async function hideKey(page: Page) {
  await page.evaluate(
    ({ pattern, shown }) => {
      const hide = (text: string) => text.replace(new RegExp(pattern, 'g'), (key) => key.slice(0, key.lastIndexOf('_') + 1) + shown).replace(location.host, '127.0.0.1:3000');
      for (const field of document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')) {
        field.value = hide(field.value);
        if (field instanceof HTMLTextAreaElement) field.defaultValue = hide(field.defaultValue);
      }
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) texts.currentNode.nodeValue = hide(texts.currentNode.nodeValue ?? '');
    },
    { pattern: WHOLE_KEY.source, shown: SHOWN },
  );
}

/** Whether a whole key can be read, in words or in a field. */
async function showsKey(page: Page): Promise<boolean> {
  return page.evaluate((pattern) => {
    const fields = [...document.querySelectorAll<HTMLInputElement>('input, textarea')].map(({ value }) => value);
    return new RegExp(pattern).test([document.body.textContent, ...fields].join('\n'));
  }, WHOLE_KEY.source);
}
