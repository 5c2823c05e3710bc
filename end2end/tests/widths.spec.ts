// The table of keys fits at every width, regardless of the names of the keys.
import { OLIVIA, beginCreating, finish, row } from '../support/people.ts';
import { test } from '../support/own.ts';
import { expect } from '../support/test.ts';

const NAMES = [
  'A rather long name of a key, given by someone who likes to explain all of it in one line, and again',
  'x'.repeat(100),
  'مفتاح التقارير الشهرية للمؤسسة العربية الكبيرة التي تحب الأسماء الطويلة جدا في كل مكان',
  '每月报告自动化部署流水线密钥每月报告自动化部署流水线密钥每月报告自动化部署流水线密钥每月报告自动化部署流水线密钥',
];

test('rows fit in the table, and names in one line', async ({ as }) => {
  test.slow();
  const page = await as(OLIVIA);
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const name of NAMES) {
    const form = await beginCreating(page, true);
    await form.getByLabel('Name').fill(name);
    // Two permissions, and a badge with the expiration.
    await form.getByRole('radio', { name: /^Custom/ }).check();
    await form.getByRole('radio', { name: /Workspaces.*Read/i }).check();
    await form.getByRole('radio', { name: /Runs.*Write/i }).check();
    await form.getByLabel('Expiration').selectOption('7 days');
    await finish(page, form, true);
  }
  await page.goto('/settings/api-keys');
  for (const width of [760, 800, 900, 1024, 1160, 1280, 1440, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    const out = await page.locator('.table-wrap').evaluate((wrap) => {
      const edge = wrap.getBoundingClientRect();
      // The last column ends where the table ends.
      const last = wrap.querySelector('tbody tr > :last-child')!.getBoundingClientRect();
      if (getComputedStyle(wrap.querySelector('tbody tr')!).display === 'table-row' && Math.abs(last.right + 1 - edge.right) > 1) return [`the last column ends at ${last.right} of ${edge.right}`];
      const cells = [...wrap.querySelectorAll('tr, th, td, .badge, .link-button, .menu, time, .preview, .scopes > summary, .by bdi')];
      const seen = cells.filter((cell) => cell.checkVisibility() && !cell.closest('.visually-hidden, thead'));
      const over = seen.filter((cell) => {
        const box = cell.getBoundingClientRect();
        return box.width > 0 && (box.right > edge.right + 0.5 || box.left < edge.left - 0.5);
      });
      return over.map((cell) => `${cell.className || cell.tagName} ends at ${cell.getBoundingClientRect().right} of ${edge.right}`);
    });
    expect(out, `at ${width} px`).toEqual([]);
    for (const name of NAMES) {
      const link = row(page, name).getByRole('link', { name, exact: true });
      await expect(link).toHaveAttribute('title', name);
      const shape = await link.evaluate((one) => ({
        lines: one.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(one).lineHeight),
        column: one.closest('th')!.getBoundingClientRect().width,
      }));
      expect(shape.lines, `${name} at ${width} px`).toBeLessThanOrEqual(1.2);
      expect(shape.column, `${name} at ${width} px`).toBeGreaterThanOrEqual(220);
    }
  }
  // The focused cell shows the whole name.
  await page.setViewportSize({ width: 1280, height: 800 });
  const link = row(page, NAMES[0]).getByRole('link', { name: NAMES[0], exact: true });
  await page.getByRole('searchbox').focus();
  await link.evaluate((one) => (one as HTMLElement).focus({ focusVisible: true } as FocusOptions));
  const hidden = await link.evaluate((one) => one.scrollHeight - one.clientHeight);
  expect(hidden).toBeLessThanOrEqual(1);
  await page.screenshot({ path: 'screenshots/api-keys-long-names-light-1280.png' });
});
