// Searching everything, from every page.
import { inspect } from '../support/looks.ts';
import { ADAM, MINA, OLIVIA, awake, createKey, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('Ctrl K finds keys, people, pages and actions from every page', async ({ page, baseURL }) => {
  const name = unique('Findable');
  await signIn(page, OLIVIA);
  const key = await createKey(page, name, true);
  const organization = new URL(page.url()).pathname.split('/')[2];
  for (const path of [`/o/${organization}`, `/o/${organization}/settings/audit-log`, '/account']) {
    await page.goto(path);
    await awake(page, true);
    await page.keyboard.press('Control+k');
    const finder = page.getByRole('dialog', { name: 'Search' });
    const field = finder.getByRole('searchbox');
    await expect(field).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(finder).toHaveCount(0);
  }
  await page.keyboard.press('Control+k');
  const finder = page.getByRole('dialog', { name: 'Search' });
  const field = finder.getByRole('searchbox');
  await inspect(page, 'search');
  await field.fill('audit');
  await expect(finder.getByRole('link', { name: 'Audit log' })).toBeVisible();
  await field.fill(ADAM.split(' ')[1]);
  await expect(finder.getByRole('link', { name: new RegExp(ADAM) })).toBeVisible();
  // A pasted key is found by its public part, which is all that is sent.
  const sent: string[] = [];
  page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
  await field.fill(key);
  await expect(finder.getByRole('link', { name: new RegExp(name) })).toBeVisible();
  expect(sent.filter((one) => one.includes(key.slice(16)))).toEqual([]);
  // The arrows move through the results, and Enter opens one.
  await field.fill(name);
  // The key, and the search of the documentation.
  await expect(finder.getByRole('link')).toHaveCount(2);
  await expect(finder.getByRole('status')).toHaveText('1 result');
  await page.keyboard.press('ArrowDown');
  await expect(finder.getByRole('link', { name: new RegExp(name) })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(field).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main').getByRole('heading', { name, level: 1 })).toBeVisible();
  expect(page.url()).toContain(`${baseURL}/o/`);
});

test('an action can be typed before the name of a key', async ({ page }) => {
  const name = unique('Deploy bot');
  await signIn(page, OLIVIA);
  await createKey(page, name, true);
  await awake(page, true);
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Search' }).getByRole('searchbox').fill(`revoke ${name.toLowerCase()}`);
  await page.getByRole('dialog').getByRole('link', { name: new RegExp(`^Revoke ${name}`) }).click();
  const form = page.getByRole('dialog', { name: `Revoke “${name}”?` });
  await form.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByText('” revoked.')).toBeVisible();
});

test('the search is a page without JavaScript, and shows a member no more than they may see', { tag: '@plain' }, async ({ page, scripted }) => {
  await signIn(page, MINA);
  const organization = new URL(page.url()).pathname.split('/')[2];
  await page.goto(`/o/${organization}/search`);
  await awake(page, scripted);
  const main = page.getByRole('main');
  await expect(main.getByRole('link', { name: 'Members' })).toBeVisible();
  await expect(main.getByRole('link', { name: 'Service accounts' })).toHaveCount(0);
  await expect(main.getByRole('link', { name: 'Invite member' })).toHaveCount(0);
  await main.getByRole('searchbox').fill('no such thing');
  if (!scripted) await page.keyboard.press('Enter');
  await expect(main.getByRole('heading', { name: 'Nothing found' })).toBeVisible();
  await expect(main.getByRole('status').filter({ hasText: 'Nothing found' })).toHaveCount(1);
});
