// The account page: sessions, theme, and access tokens. Everything also works without JavaScript.
import type { Browser, Page } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import { inspect } from '../support/looks.ts';
import { MINA, THEO, openAccountMenu, signIn, signInAsStranger, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

/** Another browser of a person whom no other test uses. */
async function elsewhere(browser: Browser, baseURL: string | undefined, email: string): Promise<Page> {
  const agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1';
  const context = await browser.newContext({ baseURL, userAgent: agent, javaScriptEnabled: false });
  const page = await context.newPage();
  await signInAsStranger(page, email, 'Nia Novak');
  await page.waitForURL('**/');
  return page;
}

// B22
test('sessions are listed and revoked', { tag: ['@plain', '@store'] }, async ({ page, browser, baseURL }) => {
  test.slow();
  const email = `${unique('nia').replace(' ', '-')}@elsewhere.example`;
  await signInAsStranger(page, email, 'Nia Novak');
  const phone = await elsewhere(browser, baseURL, email);
  await page.getByRole('link', { name: 'My account' }).click();
  await expect(page.getByRole('heading', { name: 'My account', level: 1 })).toBeVisible();
  const here = page.getByRole('row').filter({ hasText: 'This device' });
  await expect(here).toContainText(/Chrome on Linux/);
  await expect(here).toContainText('127.0.0.1');
  const there = page.getByRole('row').filter({ hasText: 'Safari on iPhone' }).first();
  await there.getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('Session revoked.')).toBeVisible();
  await phone.goto('/account');
  await expect(phone).toHaveURL(/\/sign-in/);

  // Revoke all other sessions; the current one stays.
  const others = [await elsewhere(browser, baseURL, email), await elsewhere(browser, baseURL, email)];
  await page.goto('/account');
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(page.getByText(/other sessions? revoked\./)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Sign out everywhere else' })).toHaveCount(0);
  for (const other of others) {
    await other.goto('/account');
    await expect(other).toHaveURL(/\/sign-in/);
    await other.context().close();
  }
  await here.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await phone.context().close();
});

// RA-03, RA-05, RA-09
test('an access token is shown once, works, and is revoked with the session', { tag: '@plain' }, async ({ page, baseURL, scripted }) => {
  await signIn(page, MINA);
  await page.goto('/account');
  await page.getByRole('button', { name: 'Create token' }).click();
  await expect(page.getByRole('heading', { name: 'Your access token' })).toBeVisible();
  const token = await page.getByRole('textbox', { name: 'Token' }).inputValue();
  expect(token).toMatch(/^eyJhbGciOiJSUzI1NiIs[\w-]*\.[\w-]+\.[\w-]+$/);
  expect(page.url()).not.toContain('eyJ');
  const me = await curl(`${baseURL}/api/v1/me`, ...bearer(token));
  expect([me.status, me.json.credential]).toEqual([200, 'id_token']);
  if (scripted) {
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await expect(page.getByText('Copied', { exact: true }).first()).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
  }
  await page.getByRole('link', { name: 'Done' }).click();
  await expect(page).toHaveURL(/\/account$/);
  expect(await page.content()).not.toContain('eyJ');
  await page.getByRole('row').filter({ hasText: 'This device' }).getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  expect((await curl(`${baseURL}/api/v1/me`, ...bearer(token))).status).toBe(401);
});

// RA-04, RA-10
test('a page gets an access token only if the user is signed in', async ({ page, baseURL, guard }) => {
  guard.expects(/401/);
  const ask = () => page.evaluate(async () => {
    const answer = await fetch('/api/v1/token', { method: 'POST' });
    return { status: answer.status, ...(await answer.json()) };
  });
  await page.goto('/sign-in');
  expect(await ask()).toMatchObject({ status: 401, error: 'Unauthorized', details: 'Missing or invalid authentication token' });
  await signIn(page, THEO);
  const given = await ask();
  expect(given).toMatchObject({ status: 200, token_type: 'Bearer' });
  const used = await page.evaluate(async (token) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    return (await fetch('/api/v1/workspaces', { headers })).status;
  }, given.token);
  expect(used).toBe(200);
  expect((await ask()).token).toBe(given.token);
  // The cookie alone is not accepted by the API, and a cross-site request gets no token.
  expect((await page.request.get(`${baseURL}/api/v1/workspaces`)).status()).toBe(401);
  expect((await page.request.post(`${baseURL}/api/v1/token`)).status()).toBe(403);
  expect((await page.request.post(`${baseURL}/api/v1/token`, { headers: { origin: 'https://evil.example' } })).status()).toBe(403);
});

test('the account page with and without an organization', async ({ page }) => {
  test.slow();
  await signIn(page, MINA);
  await page.getByText(`Account menu of ${MINA}`).locator('xpath=ancestor::summary').click();
  await page.getByRole('link', { name: 'My account' }).click();
  await expect(page).toHaveTitle('My account · Roundtable');
  // The navigation of the last organization stays, and the theme switch is in one place.
  await expect(page.getByRole('navigation', { name: 'Organization Settings' })).toBeVisible();
  await expect(page.locator('[name=theme]')).toHaveCount(3);
  await openAccountMenu(page);
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page).toHaveURL(/\/account$/);
  await openAccountMenu(page);
  await page.getByRole('button', { name: 'System theme' }).click();
  await inspect(page, 'account');
  await page.getByRole('button', { name: 'Create token' }).click();
  await expect(page.getByRole('heading', { name: 'Your access token' })).toBeVisible();
  await inspect(page, 'access-token');
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.context().clearCookies();
  await signInAsStranger(page, 'nia@elsewhere.example', 'Nia Novak');
  await page.getByRole('link', { name: 'My account' }).click();
  await expect(page.getByText('nia@elsewhere.example').last()).toBeVisible();
  await inspect(page, 'account-without-organization');
});
