// Signing in through a provider that is not ours: certified, with PKCE enforced, on loopback.
import type { Browser, Page } from '@playwright/test';

import { signOut } from '../support/people.ts';
import { CLIENT, signInThere, startProvider } from '../support/provider.ts';
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

test('a person signs in, out, and in again: B22, B30', { tag: '@plain' }, async ({ browser, javaScriptEnabled }, info) => {
  test.slow();
  await withProvider(info.parallelIndex, async (server) => {
    const { context, page } = await browserOf(browser, server, javaScriptEnabled);
    await page.goto('/sign-in');
    const left = page.waitForRequest((request) => request.url().includes('/auth?'));
    await begin(page);
    const asked = new URL((await left).url()).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(asked.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    await signInThere(page, 'ada');
    await expect(page).toHaveURL(/\/welcome$/);
    await expect(page.getByText('Welcome, \u2068Ada\u2069.')).toBeVisible();
    await page.getByLabel('Organization name').fill('Analytical Engines');
    await page.getByRole('button', { name: 'Create organization' }).click();
    await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible();
    await signOut(page, 'Ada Lovelace');
    await page.goto('/account');
    await expect(page).toHaveURL(/\/sign-in\?return_to=/);

    // The provider knows her still, and asks nothing; she is led back to where she wanted to go.
    await begin(page);
    await expect(page).toHaveURL(`${server.url}/account`);
    await expect(page.getByText('ada@acme.example').last()).toBeVisible();

    // Signing in again asks for the password although it knows her, and must end with her.
    await page.goto('/sign-in/start?fresh=1&return_to=/account');
    await signInThere(page, 'grace', javaScriptEnabled === false);
    await expect(page.getByRole('alert')).toContainText('You signed in as someone else.');
    await expect(page.getByRole('alert')).toContainText('Request ID: req_');
    await page.getByRole('link', { name: 'Go back' }).click();
    await expect(page).toHaveURL(`${server.url}/account`);
    const before = (await context.cookies()).find((cookie) => cookie.name === 'rt_session')!.value;
    await page.goto('/sign-in/start?fresh=1&return_to=/account');
    await signInThere(page, 'ada', javaScriptEnabled === false);
    await expect(page).toHaveURL(`${server.url}/account`);
    expect((await context.cookies()).find((cookie) => cookie.name === 'rt_session')!.value).not.toBe(before);
    await expect(page.getByText('This device')).toHaveCount(1);
    await expect(page.getByRole('row')).toHaveCount(2);
    await context.close();
  });
});

test('the provider enforces PKCE, and the server proves it', async ({ browser, request }, info) => {
  test.slow();
  await withProvider(info.parallelIndex, async (server) => {
    // A request without it is turned away by the provider itself.
    const start = new URL((await request.get(`${server.url}/sign-in/start`, { maxRedirects: 0 })).headers().location);
    start.searchParams.delete('code_challenge');
    start.searchParams.delete('code_challenge_method');
    const refused = await request.get(start.href, { maxRedirects: 0 });
    const said = new URL(refused.headers().location).searchParams;
    expect([said.get('error'), said.get('error_description')]).toEqual(['invalid_request', expect.stringContaining('PKCE')]);

    // With the challenge of another verifier the code is worth nothing: the provider compares the two.
    const { context, page } = await browserOf(browser, server);
    const tampered = new URL((await context.request.get('/sign-in/start', { maxRedirects: 0 })).headers().location);
    tampered.searchParams.set('code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
    await page.goto(tampered.href);
    await signInThere(page, 'ada');
    await expect(page.getByRole('alert')).toContainText('The sign-in was not confirmed.');

    await context.close();

    // Turning back at the provider is told as what it is.
    const other = await browserOf(browser, server);
    await other.page.goto('/sign-in');
    await begin(other.page);
    await other.page.getByRole('link', { name: /Cancel/i }).click();
    await expect(other.page.getByRole('alert')).toContainText('The sign-in was canceled.');
    await other.context.close();
  });
});

test('a provider that is away is said to be away', async ({ page }, info) => {
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
