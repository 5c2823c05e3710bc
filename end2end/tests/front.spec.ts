import { request as apiRequest } from '@playwright/test';

import { ports, startServer, type Server } from '../support/server.ts';
import { OLIVIA, createKey, row, signIn, signInAsStranger } from '../support/people.ts';
import { inspect } from '../support/looks.ts';
import { expect, test } from '../support/test.ts';

test('the first organization and its owner are created in an empty installation', { tag: '@plain' }, async ({ browser, scripted, guard, javaScriptEnabled }, info) => {
  test.slow();
  const server: Server = await startServer(ports.empty(info.parallelIndex), { demo: false });
  try {
    const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled, permissions: ['clipboard-read', 'clipboard-write'], reducedMotion: 'reduce' });
    guard.watch(context, scripted);
    guard.expects(/422/);
    const page = await context.newPage();
    await signInAsStranger(page, 'ada@example.com', 'Ada Lovelace');
    await expect(page).toHaveURL(/\/welcome$/);
    await expect(page.getByRole('heading', { name: 'Create your organization' })).toBeVisible();
    await expect(page.getByText('Welcome, \u2068Ada\u2069.')).toBeVisible();
    if (scripted) await inspect(page, 'welcome');

    const name = page.getByLabel('Organization name');
    await name.fill('   ');
    await page.getByRole('button', { name: 'Create organization' }).click();
    await expect(name).toHaveAccessibleDescription(/Enter a name for the organization/);
    if (scripted) await inspect(page, 'welcome-error');
    await name.fill('Analytical Engines');
    await page.getByRole('button', { name: 'Create organization' }).click();

    // The next step can be skipped.
    await expect(page).toHaveURL(/\/o\/org_[^/]+\/settings\/members\/invite\?first=true$/);
    await expect(page.getByRole('heading', { name: 'Invite your first member' })).toBeVisible();
    await expect(page.getByRole('status').filter({ hasText: 'created. You are its owner.' })).toBeVisible();
    if (scripted) await inspect(page, 'invite-first');
    await page.getByLabel('Email').fill('nobody');
    await page.getByRole('button', { name: 'Create invitation' }).click();
    await expect(page.getByLabel('Email')).toHaveAttribute('aria-invalid', 'true');
    await page.getByRole('link', { name: 'Skip for now' }).click();

    await expect(page).toHaveURL(/\/o\/org_[^/]+\/settings\/api-keys$/);
    await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible();
    await expect(page.getByText('All API keys in')).toBeVisible();
    await createKey(page, 'First key', scripted);
    await expect(row(page, 'First key')).toContainText('Ada Lovelace');
    await page.getByRole('link', { name: 'Audit log' }).click();
    await expect(page.getByRole('row').filter({ hasText: 'Created the organization' })).toContainText('Ada Lovelace');

    // Only once: the next person cannot create another organization.
    const later = await browser.newContext({ baseURL: server.url, javaScriptEnabled });
    const late = await later.newPage();
    await signInAsStranger(late, 'bob@example.com', 'Bob');
    await expect(late.getByRole('heading', { name: 'You are not a member of any organization' })).toBeVisible();
    await late.goto('/welcome');
    await expect(late.getByRole('heading', { name: 'You are not a member of any organization' })).toBeVisible();
    await later.close();
    await context.close();
  } finally {
    expect(await server.stop()).toEqual([]);
  }
});

test('a missing page shows an error with a link', { tag: '@plain' }, async ({ page, guard }) => {
  guard.expects(/404/);
  const organization = await signIn(page, OLIVIA);
  for (const path of ['/nowhere', `/o/${organization}/settings/nothing`, `/o/${organization}/settings/api-keys/99999999/revoke`, '/o/']) {
    expect((await page.goto(path))!.status(), path).toBe(404);
    await expect(page.getByRole('heading', { name: 'This page does not exist' })).toBeVisible();
    await expect(page.getByText(/^Request/)).toContainText(/req_/);
  }
  await page.getByRole('link', { name: 'Go to API Keys' }).click();
  await expect(page).toHaveURL(/\/settings\/api-keys$/);
});

test('pages of another organization are not accessible', { tag: '@plain' }, async ({ page, guard }) => {
  guard.expects(/403/);
  await signIn(page, OLIVIA);
  for (const path of ['/o/org_nobody/settings/api-keys', '/o/org_nobody/settings/audit-log']) {
    expect((await page.goto(path))!.status(), path).toBe(403);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('You don’t have access');
  }
  await page.getByRole('link', { name: 'Go to API Keys' }).click();
  await expect(page.getByRole('heading', { name: 'API Keys', exact: true })).toBeVisible();
});

test('the sign-in page explains why a sign-in failed', { tag: '@plain' }, async ({ page }) => {
  const sentences = new Set<string>();
  const problems = ['cancelled', 'expired', 'not_allowed', 'unverified', 'not_fresh', 'undated', 'someone_else', 'refused', 'unavailable'];
  for (const problem of problems) {
    await page.goto(`/sign-in?problem=${problem}&request=req_5Zk0c3Yx9bQm2VtA`);
    const alert = page.getByRole('alert');
    await expect(alert).toContainText(/\w+.*\./);
    await expect(alert).toContainText('Request ID: req_5Zk0c3Yx9bQm2VtA');
    sentences.add(await alert.innerText());
    await expect(page.getByRole('link', { name: 'Continue as another user' })).toBeVisible();
  }
  expect(sentences.size).toBe(problems.length);
  // Unknown values of the query are not displayed.
  await page.goto('/sign-in?problem=%3Cb%3EYou%20won%3C/b%3E&request=%3Cb%3EYou%20won%3C/b%3E');
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.locator('body')).not.toContainText('You won');
});

// B30
test('a redirect for a sign-in of another browser does not sign in', { tag: '@plain' }, async ({ page, baseURL }) => {
  await page.goto('/sign-in/callback?state=made-up&code=made-up');
  await expect(page.getByRole('alert')).toContainText('another browser');
  // The redirect of another person, opened in this browser.
  const other = await apiRequest.newContext({ baseURL });
  const begun = await other.get('/sign-in/start');
  const fields = [...(await begun.text()).matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const form = Object.fromEntries(fields.map(([, name, value]) => [name, value.replaceAll('&amp;', '&')]));
  const chosen = await other.post(begun.url().split('?')[0], { form: { ...form, person: 'olivia' }, maxRedirects: 0 });
  const carried = chosen.headers()['location'];
  expect(carried).toContain('/sign-in/callback?code=');
  await page.goto(carried);
  await expect(page.getByRole('alert')).toContainText('another browser');
  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in/);
  await other.dispose();
});

// B30
test('the return URL never points to another site', { tag: '@plain' }, async ({ page, baseURL }) => {
  for (const target of ['//evil.example', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)', '/sign-in/start']) {
    await page.goto(`/sign-in?return_to=${encodeURIComponent(target)}`);
    await page.getByRole('link', { name: `Continue as ${OLIVIA}` }).click();
    await expect(page).toHaveURL(/\/settings\/api-keys$/);
    expect(new URL(page.url()).origin).toBe(baseURL);
    await page.context().clearCookies();
  }
});

test('every page specifies its favicon, so that browsers do not request a missing one', { tag: '@plain' }, async ({ request }) => {
  for (const path of ['/sign-in', '/sign-in/start', '/nowhere']) {
    const html = await (await request.get(path)).text();
    const icon = /<link rel="icon" href="([^"]+)"/.exec(html)?.[1];
    expect.soft(icon, path).toBeTruthy();
    if (icon) expect.soft((await request.get(icon)).status(), icon).toBe(200);
  }
});
