// The list of keys: its columns, its pages, and the search.
import { createKeys } from '../support/many.ts';
import { test } from '../support/own.ts';
import { OLIVIA, awake } from '../support/people.ts';
import { expect } from '../support/test.ts';

test('the columns do not move, and 16 keys fit in a window', async ({ as }) => {
  test.slow();
  const page = await as(OLIVIA);
  await page.setViewportSize({ width: 1280, height: 900 });
  await createKeys(page, 20);
  await page.goto('/settings/api-keys');
  const rows = page.locator('.keys tbody tr');
  await expect(rows).toHaveCount(20);
  const visible = await rows.evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().bottom <= innerHeight).length);
  expect(visible).toBeGreaterThanOrEqual(16);
  const edges = () => page.locator('.keys thead :is(th, td)').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
  const before = await edges();
  await page.locator('.keys tbody td').evaluateAll((all) => all.forEach((one) => one.append(' and a longer text')));
  expect(await edges()).toEqual(before);
  // The header stays in the window.
  await page.evaluate(() => scrollTo(0, 400));
  await expect(page.getByRole('columnheader', { name: 'Last used' })).toBeInViewport();
});

test('a list of several pages has a count, and links in both directions', async ({ as }) => {
  test.slow();
  const page = await as(OLIVIA);
  await createKeys(page, 103);
  await page.goto('/settings/api-keys');
  const names = () => page.getByRole('rowheader').allTextContents();
  const [first, pages] = [await names(), page.getByRole('navigation', { name: 'Pages' })];
  await expect(page.getByText('1–50 of 103')).toBeVisible();
  await expect(pages.getByRole('link', { name: 'Previous' })).toHaveCount(0);
  await pages.getByRole('link', { name: 'Next' }).click();
  await expect(page.getByText('51–100 of 103')).toBeVisible();
  await pages.getByRole('link', { name: 'Next' }).click();
  await expect(page.getByText('101–103 of 103')).toBeVisible();
  await expect(pages.getByRole('link', { name: 'Next' })).toHaveCount(0);
  await pages.getByRole('link', { name: 'Previous' }).click();
  await expect(page.getByText('51–100 of 103')).toBeVisible();
  await pages.getByRole('link', { name: 'Previous' }).click();
  await expect(page.getByText('1–50 of 103')).toBeVisible();
  expect(await names()).toEqual(first);
});

test('the list follows the search while one types', async ({ as }) => {
  const page = await as(OLIVIA);
  await createKeys(page, 12);
  await page.goto('/settings/api-keys');
  await awake(page, true);
  await page.getByRole('searchbox').pressSequentially('webhook ');
  await expect(page.getByRole('rowheader')).toHaveCount(1);
  await expect(page).toHaveURL(/\?q=webhook/);
  await expect(page.getByRole('searchbox')).toBeFocused();
  await expect(page.getByRole('searchbox')).toHaveValue('webhook ');
  // The filters keep the search.
  await expect(page.getByRole('link', { name: 'Clear filters' })).toBeVisible();
  await page.getByRole('searchbox').fill('nothing like this');
  await expect(page.getByRole('heading', { name: 'No keys match' })).toBeVisible();
  await page.getByRole('searchbox').fill('');
  await expect(page.getByRole('rowheader')).toHaveCount(12);
});
