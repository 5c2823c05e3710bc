// The filters of a list: in the page on a wide screen, a sheet on a phone.
import type { Page } from '@playwright/test';

import { THEMES, expectNoAxeViolations, repaint } from '../support/looks.ts';
import { OLIVIA, awake, createKey, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

/** Takes a picture of the open sheet in both themes. */
async function inspectSheet(page: Page, name: string) {
  for (const theme of THEMES) {
    await repaint(page, theme);
    await page.screenshot({ path: `screenshots/${name}-${theme}-360.png` });
    await expectNoAxeViolations(page, `${name}, ${theme}`);
  }
}

test('the filters of the keys are one line on a phone, which opens a sheet', { tag: '@plain' }, async ({ page, scripted }) => {
  await signIn(page, OLIVIA);
  await createKey(page, unique('Filtered'), scripted);
  await page.goto('/settings/api-keys');
  const button = page.getByRole('button', { name: /^Filters/ });
  const status = page.locator('summary').filter({ hasText: 'Status' });
  await expect(button).toBeHidden();
  await expect(status).toBeVisible();
  await page.setViewportSize({ width: 360, height: 800 });
  await awake(page, scripted);
  await expect(button).toHaveText('Filters');
  await expect(status).toBeHidden();
  const search = (await page.getByRole('searchbox').boundingBox())!;
  const beside = (await button.boundingBox())!;
  expect(Math.abs(beside.y + beside.height / 2 - search.y - search.height / 2)).toBeLessThan(4);
  await button.click();
  await expect(page.getByRole('heading', { name: 'Filters' })).toBeVisible();
  await status.click();
  await expect(page.getByRole('link', { name: 'Expired', exact: true })).toBeInViewport();
  if (scripted) await inspectSheet(page, 'filter-sheet');
  await page.getByRole('link', { name: 'Expired', exact: true }).click();
  await expect(page).toHaveURL(/\?status=expired$/);
  await expect(button).toHaveText('Filters (1)');
  await expect(status).toBeHidden();
  await button.click();
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(status).toBeHidden();
});

test('the filters of the audit log are one line on a phone, which opens a sheet', { tag: '@plain' }, async ({ page, scripted }) => {
  await signIn(page, OLIVIA);
  await page.getByRole('link', { name: 'Audit log', exact: true }).first().click();
  const button = page.getByRole('button', { name: /^Filters/ });
  const action = page.getByLabel('Action', { exact: true });
  await expect(button).toBeHidden();
  await expect(action).toBeVisible();
  await page.setViewportSize({ width: 360, height: 800 });
  await awake(page, scripted);
  await expect(action).toBeHidden();
  await button.click();
  await action.selectOption({ index: 2 });
  await page.getByLabel('From (UTC)').fill('2020-01-01');
  if (scripted) await inspectSheet(page, 'log-filter-sheet');
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(page).toHaveURL(/\?action=.*&from=2020-01-01$/);
  await expect(button).toHaveText('Filters (2)');
  await page.getByRole('link', { name: /^Remove filter/ }).first().click();
  await expect(button).toHaveText('Filters (1)');
});

test('the hue of a person is the same on every page', { tag: '@plain' }, async ({ page, scripted }) => {
  await page.setViewportSize({ width: 1600, height: 800 });
  await signIn(page, OLIVIA);
  const name = unique('Coloured');
  await createKey(page, name, scripted);
  const hue = (row: string) => page.getByRole('row').filter({ hasText: row }).locator('.avatar').first().getAttribute('data-hue');
  const own = await page.locator('.top .avatar').getAttribute('data-hue');
  expect(await hue(name)).toBe(own);
  await page.getByRole('link', { name: 'Audit log', exact: true }).first().click();
  expect(await hue(name)).toBe(own);
  await page.getByRole('link', { name: 'Members', exact: true }).first().click();
  expect(await hue(OLIVIA)).toBe(own);
});
