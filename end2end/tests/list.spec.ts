// The list of keys: its columns, its pages, and the search.
import { createKeys } from '../support/many.ts';
import { test } from '../support/own.ts';
import { OLIVIA, awake, openRowMenu } from '../support/people.ts';
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

test('all keys of all pages that match the filters are revoked together', async ({ as }) => {
  test.slow();
  const page = await as(OLIVIA);
  await createKeys(page, 61);
  await page.goto('/settings/api-keys');
  await awake(page, true);
  // Every fourth key is a test key.
  await page.getByRole('searchbox').fill('e');
  await expect(page).toHaveURL(/\?q=e/);
  const total = Number(/of (\d+)/.exec((await page.getByText(/^1–50 of/).textContent()) ?? '')?.[1]);
  const more = page.getByRole('button', { name: `Select all ${total}` });
  await page.getByRole('checkbox', { name: 'Select all keys on this page' }).check();
  await expect(page.getByRole('status').filter({ hasText: '50 selected' })).toBeVisible();
  await more.click();
  await expect(page.getByRole('status').filter({ hasText: `All ${total} selected` })).toBeVisible();
  // Another choice takes it back.
  const [first] = await page.getByRole('row').getByRole('checkbox').all();
  await first.uncheck();
  await expect(more).toBeHidden();
  await first.check();
  await more.click();
  await page.getByRole('button', { name: 'Revoke selected' }).click();
  const form = page.getByRole('dialog');
  await expect(form.getByRole('heading', { name: `Revoke ${total} keys?` })).toBeVisible();
  await form.getByLabel(/^Type .* to confirm/).fill(`revoke ${total} keys`);
  await form.getByRole('button', { name: `Revoke ${total} keys` }).click();
  // The list is where it was.
  await expect(page.getByText(`${total} keys revoked.`)).toBeVisible();
  await expect(page).toHaveURL(/\?q=e/);
  await expect(page.getByRole('heading', { name: 'No keys match' })).toBeVisible();
});

test('an open menu of a row is above everything else at 360 px', async ({ as }) => {
  const page = await as(OLIVIA);
  await createKeys(page, 4);
  await page.goto('/settings/api-keys');
  await awake(page, true);
  await page.setViewportSize({ width: 360, height: 800 });
  for (const n of [0, 1]) {
    const card = page.locator('.keys tbody tr').nth(n);
    await openRowMenu(card);
    const items = card.getByRole('listitem').filter({ visible: true });
    await expect(items).toHaveCount(5);
    for (const item of await items.all()) {
      const covers = await item.evaluate((item) => {
        const { left, right, top, bottom } = item.getBoundingClientRect();
        const points = [left + 8, (left + right) / 2, right - 8].map((x) => document.elementFromPoint(x, (top + bottom) / 2));
        return points.filter((there) => !item.contains(there)).map((there) => there?.outerHTML.slice(0, 80));
      });
      expect(covers, `over ${await item.textContent()}`).toEqual([]);
    }
    await page.keyboard.press('Escape');
  }
});

test('five keys are revoked only after their number is typed', async ({ as, guard }) => {
  guard.expects(/422/);
  const page = await as(OLIVIA);
  // Every third key is used, so that its name is typed anyway.
  await createKeys(page, 15);
  await page.goto('/settings/api-keys');
  await awake(page, true);
  const unused = page.getByRole('row').filter({ hasText: 'Never used' });
  for (let n = 0; n < 4; n += 1) await unused.nth(n).getByRole('checkbox').check();
  const form = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Revoke selected' }).click();
  await expect(form.getByRole('heading', { name: 'Revoke 4 keys?' })).toBeVisible();
  await expect(form.getByLabel(/^Type/)).toHaveCount(0);
  await page.keyboard.press('Escape');
  await unused.nth(4).getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Revoke selected' }).click();
  await form.getByLabel(/^Type/).fill('revoke');
  await form.getByRole('button', { name: 'Revoke 5 keys' }).click();
  await expect(form.getByLabel(/^Type/)).toHaveAttribute('aria-invalid', 'true');
  await form.getByLabel(/^Type/).fill('revoke 5 keys');
  await form.getByRole('button', { name: 'Revoke 5 keys' }).click();
  await expect(page.getByText('5 keys revoked.')).toBeVisible();
});
