import { bearer, curl } from '../support/curl.ts';
import { ADAM, MINA, OLIVIA, THEO, beginRevoking, confirmRevoking, createKey, row, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

// KE-24, KE-27, KE-28
test('a member sees, creates and revokes only their own keys', { tag: ['@plain', '@store'] }, async ({ page, browser, baseURL, scripted }) => {
  const [owners, members] = [unique('Owner key'), unique('Member key')];
  const away = await browser.newContext({ baseURL, javaScriptEnabled: true });
  const owner = await away.newPage();
  await signIn(owner, OLIVIA);
  await createKey(owner, owners, true);

  await signIn(page, MINA);
  await expect(page.getByText('Your API keys in')).toBeVisible();
  const key = await createKey(page, members, scripted);
  await expect(row(page, members)).toHaveCount(1);
  await expect(row(page, owners)).toHaveCount(0);
  await expect(page.getByRole('columnheader', { name: 'Created by' })).toHaveCount(0); // KE-24
  await expect(page.getByRole('main')).not.toContainText(OLIVIA);

  const form = await beginRevoking(page, members, scripted);
  await expect(form).not.toContainText('Created by');
  await confirmRevoking(page, form, members);
  expect((await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key))).status).toBe(401);
  await away.close();
});

// KE-27, KE-29
test('a member cannot open the revoke page of another member', { tag: '@plain' }, async ({ page, browser, baseURL, guard }) => {
  const name = unique('Not yours');
  const away = await browser.newContext({ baseURL, javaScriptEnabled: true });
  const owner = await away.newPage();
  await signIn(owner, OLIVIA);
  const key = await createKey(owner, name, true);
  const target = await row(owner, name).getByRole('link', { name: /^Revoke/ }).getAttribute('href');
  await away.close();

  guard.expects(/403/);
  await signIn(page, MINA);
  expect((await page.goto(target!))!.status()).toBe(403);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('You don’t have access');
  await expect(page.getByRole('main')).not.toContainText(name);
  expect((await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key))).status).toBe(200);
});

// KE-26, KE-29
test('an admin sees and revokes the key of a member', { tag: ['@plain', '@store'] }, async ({ page, browser, baseURL, scripted }) => {
  const name = unique('Member script');
  const away = await browser.newContext({ baseURL, javaScriptEnabled: true });
  const member = await away.newPage();
  await signIn(member, MINA);
  const key = await createKey(member, name, true);

  await signIn(page, ADAM);
  await expect(page.getByRole('columnheader', { name: 'Created by' })).toBeVisible();
  await expect(row(page, name)).toContainText(MINA);
  const form = await beginRevoking(page, name, scripted);
  await expect(form).toContainText(MINA);
  await confirmRevoking(page, form, name, 'Owner left');
  expect((await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key))).status).toBe(401);

  // D26: the member sees it in their own log.
  await member.getByRole('link', { name: 'Audit log' }).click();
  const event = member.getByRole('row').filter({ hasText: 'Revoked an API key' }).filter({ hasText: name });
  await expect(event).toContainText(ADAM);
  await away.close();
});

// RK-04, KE-06
test('pages of another organization are not accessible', { tag: ['@plain', '@store'] }, async ({ page, browser, baseURL, guard }) => {
  const away = await browser.newContext({ baseURL, javaScriptEnabled: true });
  const owner = await away.newPage();
  const acme = await signIn(owner, OLIVIA);
  await createKey(owner, unique('Acme only'), true);
  const revoke = await owner.getByRole('link', { name: /^Revoke/ }).first().getAttribute('href');
  await away.close();

  const orbit = await signIn(page, THEO);
  expect(orbit).not.toBe(acme);
  await expect(page.getByRole('main')).not.toContainText('Acme only');
  guard.expects(/403/);
  for (const path of [`/o/${acme}/settings/api-keys`, `/o/${acme}/settings/api-keys/new`, `/o/${acme}/settings/audit-log`, revoke!]) {
    expect((await page.goto(path))!.status(), path).toBe(403);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('You don’t have access');
    await expect(page.locator('body')).not.toContainText('Acme only');
  }
});
