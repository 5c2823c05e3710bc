// The panel with the page of a key over the list, and the dialogs over both.
import { bearer, curl } from '../support/curl.ts';
import { inspect } from '../support/looks.ts';
import { OLIVIA, awake, createKey, find, row, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('a key opens in a panel that has an address of its own', async ({ page }) => {
  const name = unique('In a panel');
  await signIn(page, OLIVIA);
  await createKey(page, name, true);
  await find(page, name);
  await awake(page, true);
  const link = row(page, name).getByRole('link', { name, exact: true });
  const panel = page.getByRole('dialog', { name, exact: true });
  await link.click();
  await expect(panel.getByRole('heading', { name, level: 1 })).toBeVisible();
  await expect(page).toHaveURL(/\?q=.*&key=\d+$/);
  await inspect(page, 'panel');
  // The back button closes it, and so does Escape. The focus returns to the link.
  await page.goBack();
  await expect(panel).toHaveCount(0);
  await expect(page).toHaveURL(/\?q=[^&]*$/);
  await page.goForward();
  await expect(panel.getByRole('heading', { name, level: 1 })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(page).toHaveURL(/\?q=[^&]*$/);
  await link.click();
  await expect(panel).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(link).toBeFocused();
  // It is there after a reload and after a sign-in, and can be opened as a page.
  await link.click();
  await page.reload();
  await expect(panel.getByRole('heading', { name, level: 1 })).toBeVisible();
  await panel.getByRole('link', { name: 'Open as page' }).click();
  await expect(page).toHaveURL(/\/api-keys\/\d+$/);
  await expect(page.getByRole('main').getByRole('heading', { name, level: 1 })).toBeVisible();
});

test('a rotation in the panel is a pair, and says when the old key can be revoked', async ({ page, baseURL }) => {
  const name = unique('Guided');
  await signIn(page, OLIVIA);
  const old = await createKey(page, name, true);
  await find(page, name);
  await awake(page, true);
  const use = async (key: string) => expect((await curl(`${baseURL}/api/v1/me`, ...bearer(key))).status).toBe(200);
  await use(old);
  await row(page, name).getByRole('link', { name, exact: true }).click();
  const panel = page.getByRole('dialog', { name, exact: true });
  await panel.getByRole('link', { name: 'Rotate…' }).click();
  const dialog = page.getByRole('dialog', { name: /Rotate|New key/ });
  await dialog.getByRole('button', { name: 'Rotate', exact: true }).click();
  await expect(dialog.getByRole('heading', { name: /^New key for/ })).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Copy', exact: true })).toBeFocused();
  const fresh = await dialog.getByRole('textbox', { name: /Key for/ }).inputValue();
  // It is not lost by accident, however often one presses Escape.
  const question = page.getByRole('dialog', { name: 'Close without copying?' });
  for (let n = 0; n < 5; n += 1) await page.keyboard.press('Escape');
  await question.getByRole('button', { name: 'Go back and copy' }).click();
  await expect(dialog.getByRole('textbox', { name: /Key for/ })).toHaveValue(fresh);
  await dialog.getByRole('button', { name: 'Copy', exact: true }).click();
  await dialog.getByText('Done', { exact: true }).click();
  const advice = panel.getByText('The new key has not been used yet.');
  await expect(advice).toBeVisible();
  await use(fresh);
  await page.reload();
  await expect(panel.getByText('nothing has used the old key since the rotation')).toBeVisible();
  await panel.getByRole('link', { name: 'Revoke the old key…' }).click();
  const revoke = page.getByRole('dialog', { name: /^Revoke/ });
  await expect(revoke).toContainText('1 call from 1 IP address');
  await revoke.getByLabel(/^Type/).fill(name);
  await revoke.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByText('” revoked.')).toBeVisible();
  expect((await curl(`${baseURL}/api/v1/me`, ...bearer(old))).status).toBe(401);
  await use(fresh);
});

test('a dialog whose page needs a sign-in, or does not answer, loses nothing', async ({ page, guard }) => {
  const name = unique('Cut off');
  await signIn(page, OLIVIA);
  await createKey(page, name, true);
  await awake(page, true);
  await row(page, name).getByText(/^Actions for/).click({ force: true });
  await row(page, name).getByRole('link', { name: 'Rename…' }).click();
  const dialog = page.getByRole('dialog', { name: /^Rename/ });
  await dialog.getByLabel('Name').fill(`${name} later`);
  // A press beside the dialog does not discard what was typed.
  await page.mouse.click(5, 5);
  await expect(dialog.getByLabel('Name')).toHaveValue(`${name} later`);
  guard.expects(/request failed: net::ERR_FAILED POST/, /Failed to load resource/);
  await page.route('**/ui/rename_key', (route) => route.abort('failed'));
  await dialog.getByRole('button', { name: 'Save name' }).click();
  await expect(dialog.getByRole('alert')).toContainText('may or may not have been made');
  await expect(dialog.getByLabel('Name')).toHaveValue(`${name} later`);
  await page.unroute('**/ui/rename_key');
  await dialog.getByRole('button', { name: 'Save name' }).click();
  await expect(row(page, `${name} later`)).toBeVisible();
  await expect(page.getByText('Key renamed.')).toBeVisible();
});
