// The result of an action as a toast.
import type { Page } from '@playwright/test';

import { inspect } from '../support/looks.ts';
import { OLIVIA, beginRevoking, confirmRevoking, createKey, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const toast = (page: Page) => page.locator('.main > .toast');

test('the result of an action is a toast with script, and a block above the page without', { tag: '@plain' }, async ({ page, scripted }) => {
  await signIn(page, OLIVIA);
  const names = [unique('Toasted'), unique('Burnt')];
  for (const name of names) await createKey(page, name, scripted);
  await confirmRevoking(page, await beginRevoking(page, names[0], scripted), names[0]);
  const close = toast(page).getByRole('button', { name: 'Close' });
  const box = (await toast(page).boundingBox())!;
  const title = (await page.getByRole('heading', { level: 1 }).boundingBox())!;
  if (!scripted) {
    expect(box.y + box.height).toBeLessThan(title.y);
    await expect(close).toBeHidden();
    return;
  }
  await inspect(page, 'toast');
  expect(box.y).toBeGreaterThan(700);
  // It takes no space: the page below is where it is without a toast.
  const y = title.y;
  const leaves = () => toast(page).evaluate((toast) => toast.getAnimations().length);
  expect(await leaves()).toBe(1);
  // It stays while it is in use.
  await toast(page).hover();
  expect(await leaves()).toBe(0);
  await page.mouse.move(640, 10);
  expect(await leaves()).toBe(1);
  await toast(page).getByRole('link', { name: 'View in the audit log' }).focus();
  expect(await leaves()).toBe(0);
  await toast(page).evaluate((toast) => (toast as HTMLElement).focus());
  await toast(page).evaluate((toast) => toast.getAnimations()[0].finish());
  await expect(toast(page)).toBeHidden();
  expect((await page.getByRole('heading', { level: 1 }).boundingBox())!.y).toBe(y);
  await confirmRevoking(page, await beginRevoking(page, names[1], true), names[1]);
  await close.click();
  await expect(toast(page)).toHaveCount(0);
  await expect(page.getByRole('main')).toBeFocused();
});

test('a toast moves for less than 150 ms, and not at all if the person prefers that', async ({ page }) => {
  await signIn(page, OLIVIA);
  const name = unique('Moved');
  await createKey(page, name, true);
  await confirmRevoking(page, await beginRevoking(page, name, true), name);
  const motion = () =>
    toast(page).evaluate((toast) => {
      const { animationDuration, transitionDuration } = getComputedStyle(toast);
      return [animationDuration, ...transitionDuration.split(', ')].map((time) => Number.parseFloat(time) * (time.endsWith('ms') ? 1 : 1000));
    });
  expect(Math.max(...(await motion()))).toBeLessThanOrEqual(1);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  const moving = await motion();
  expect(Math.max(...moving)).toBeLessThan(150);
  expect(Math.max(...moving)).toBeGreaterThan(1);
});
