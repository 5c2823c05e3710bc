// Takes screenshots, and keeps their files small.
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';

import { repaint, type Theme } from '../support/looks.ts';
import { WHOLE_KEY } from '../support/server.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const FOLDER = join(DOCS, 'tour');

/** A placeholder with the length of the secret of a key. */
const SHOWN = 'here-stands-your-new-key-once-copy-it-before-you-close-it';

interface Options {
  theme?: Theme;
  width?: number;
  height?: number;
  /** Another path in `docs`. */
  file?: string;
}

/** Takes a screenshot of the open page, optionally with another theme and size. */
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
 * Replaces the key with a placeholder so that the page may be in a screenshot. The URL becomes the one of `make run`.
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

/** Whether a whole key is visible, in text or in a field. */
async function showsKey(page: Page): Promise<boolean> {
  return page.evaluate((pattern) => {
    const fields = [...document.querySelectorAll<HTMLInputElement>('input, textarea')].map(({ value }) => value);
    return new RegExp(pattern).test([document.body.textContent, ...fields].join('\n'));
  }, WHOLE_KEY.source);
}
