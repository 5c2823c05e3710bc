// Signing in with an independent, certified provider that requires PKCE.
import type { Browser, Page } from '@playwright/test';

import { signOut } from '../support/people.ts';
import { CLIENT, signInAtProvider, startProvider } from '../support/provider.ts';
import { ports, startServer, url, type Server } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

const CALLBACK = '/sign-in/callback';

async function withProvider(turn: number, use: (server: Server) => Promise<void>) {
  const port = ports.foreign(turn);
  const provider = await startProvider(ports.provider(turn), url(port) + CALLBACK);
  try {
    const env = {
      ROUNDTABLE_OIDC_ISSUER: provider.issuer,
      ROUNDTABLE_GOOGLE_CLIENT_ID: CLIENT.id,
      ROUNDTABLE_GOOGLE_CLIENT_SECRET: CLIENT.secret,
      ROUNDTABLE_ALLOWED_EMAIL_DOMAINS: 'acme.example',
    };
    const server = await startServer(port, { demo: false, env });
    try {
      await use(server);
    } finally {
      expect(await server.stop()).toEqual([]);
    }
  } finally {
    await provider.stop();
  }
}

const begin = (page: Page) => page.getByRole('link', { name: /Continue with .*127\.0\.0\.1/ }).click();

async function browserOf(browser: Browser, server: Server, javaScriptEnabled?: boolean) {
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled, reducedMotion: 'reduce' });
  return { context, page: await context.newPage() };
}

// B22, B30
test('a person signs in, signs out and signs in again', { tag: '@plain' }, async ({ browser, javaScriptEnabled }, info) => {
  test.slow();
  await withProvider(info.parallelIndex, async (server) => {
    const { context, page } = await browserOf(browser, server, javaScriptEnabled);
    await page.goto('/sign-in');
    const left = page.waitForRequest((request) => request.url().includes('/auth?'));
    await begin(page);
    const asked = new URL((await left).url()).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(asked.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    await signInAtProvider(page, 'ada');
    await expect(page).toHaveURL(/\/welcome$/);
    await expect(page.getByText('Welcome, \u2068Ada\u2069.')).toBeVisible();
    await page.getByLabel('Organization name').fill('Analytical Engines');
    await page.getByRole('button', { name: 'Create organization' }).click();
    await page.getByRole('link', { name: 'Skip for now' }).click();
    await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible();
    await signOut(page, 'Ada Lovelace');
    await page.goto('/account');
    await expect(page).toHaveURL(/\/sign-in\?return_to=/);

    // The session at the provider is still valid, so it does not ask again. She returns to the requested page.
    await begin(page);
    await expect(page).toHaveURL(`${server.url}/account`);
    await expect(page.getByText('ada@acme.example').last()).toBeVisible();

    // A fresh sign-in asks for the password despite the session, and must be completed by the same person.
    await page.goto('/sign-in/start?fresh=1&return_to=/account');
    await signInAtProvider(page, 'grace', javaScriptEnabled === false);
    await expect(page.getByRole('alert')).toContainText('You signed in as someone else.');
    await expect(page.getByRole('alert')).toContainText('Request ID: req_');
    await page.getByRole('link', { name: 'Go back' }).click();
    await expect(page).toHaveURL(`${server.url}/account`);
    const before = (await context.cookies()).find((cookie) => cookie.name === 'rt_session')!.value;
    await page.goto('/sign-in/start?fresh=1&return_to=/account');
    await signInAtProvider(page, 'ada', javaScriptEnabled === false);
    await expect(page).toHaveURL(`${server.url}/account`);
    expect((await context.cookies()).find((cookie) => cookie.name === 'rt_session')!.value).not.toBe(before);
    await expect(page.getByText('This device')).toHaveCount(1);
    await expect(page.getByRole('row')).toHaveCount(2);
    await context.close();
  });
});

test('the server uses PKCE, which the provider requires', async ({ browser, request }, info) => {
  test.slow();
  await withProvider(info.parallelIndex, async (server) => {
    // The provider rejects a request without PKCE.
    const start = new URL((await request.get(`${server.url}/sign-in/start`, { maxRedirects: 0 })).headers().location);
    start.searchParams.delete('code_challenge');
    start.searchParams.delete('code_challenge_method');
    const refused = await request.get(start.href, { maxRedirects: 0 });
    const said = new URL(refused.headers().location).searchParams;
    expect([said.get('error'), said.get('error_description')]).toEqual(['invalid_request', expect.stringContaining('PKCE')]);

    // With the challenge of another verifier the code is rejected, because the provider compares the two.
    const { context, page } = await browserOf(browser, server);
    const tampered = new URL((await context.request.get('/sign-in/start', { maxRedirects: 0 })).headers().location);
    tampered.searchParams.set('code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
    await page.goto(tampered.href);
    await signInAtProvider(page, 'ada');
    await expect(page.getByRole('alert')).toContainText('The sign-in was not confirmed.');

    await context.close();

    // Cancelling at the provider shows that the sign-in was cancelled.
    const other = await browserOf(browser, server);
    await other.page.goto('/sign-in');
    await begin(other.page);
    await other.page.getByRole('link', { name: /Cancel/i }).click();
    await expect(other.page.getByRole('alert')).toContainText('The sign-in was canceled.');
    await other.context.close();
  });
});

test('an unavailable provider is shown as unavailable', async ({ page }, info) => {
  test.slow();
  const turn = info.parallelIndex;
  const env = { ROUNDTABLE_OIDC_ISSUER: url(ports.provider(turn)), ROUNDTABLE_GOOGLE_CLIENT_ID: CLIENT.id, ROUNDTABLE_GOOGLE_CLIENT_SECRET: CLIENT.secret };
  const server = await startServer(ports.foreign(turn), { demo: false, env });
  try {
    await page.goto(`${server.url}/sign-in`);
    await begin(page);
    await expect(page.getByRole('alert')).toContainText('Sign-in is temporarily unavailable.');
  } finally {
    expect(await server.stop()).toEqual([]);
  }
});
