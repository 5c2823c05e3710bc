// Forms that require a fresh sign-in: they say so, keep the input, and are submitted after the sign-in, with and
// without JavaScript, with a provider on another origin.
import type { Browser, Page } from '@playwright/test';

import { beginCreating, shownKey } from '../support/people.ts';
import { CLIENT, signInAtProvider, startProvider } from '../support/provider.ts';
import { WHOLE_KEY, ports, startServer, url, type Server } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

async function withProvider(turn: number, use: (server: Server) => Promise<void>) {
  const port = ports.foreign(turn);
  const provider = await startProvider(ports.provider(turn), `${url(port)}/sign-in/callback`, true);
  try {
    const env = {
      ROUNDTABLE_OIDC_ISSUER: provider.issuer,
      ROUNDTABLE_GOOGLE_CLIENT_ID: CLIENT.id,
      ROUNDTABLE_GOOGLE_CLIENT_SECRET: CLIENT.secret,
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

/** A browser of Ada, who signed in an hour ago and has her own organization. */
async function ada(browser: Browser, server: Server, javaScriptEnabled?: boolean): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await page.getByRole('link', { name: /Continue with .*127\.0\.0\.1/ }).click();
  await signInAtProvider(page, 'ada');
  await page.getByLabel('Organization name').fill('Analytical Engines');
  await page.getByRole('button', { name: 'Create organization' }).click();
  await page.getByRole('link', { name: 'Skip for now' }).click();
  await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible();
  return page;
}

// B22
test('a key is created with all entered fields after a fresh sign-in', { tag: '@plain' }, async ({ browser, javaScriptEnabled, scripted }, info) => {
  test.slow();
  await withProvider(info.parallelIndex, async (server) => {
    const page = await ada(browser, server, javaScriptEnabled);
    const form = await beginCreating(page, scripted);
    await form.getByLabel('Name').fill('Nightly export');
    // The label of the button depends on the selected permissions.
    const note = form.getByText(/^You will confirm with/);
    await expect(note).toBeHidden();
    await form.getByRole('radio', { name: /^Full access/ }).check();
    await expect(note).toBeVisible();
    await expect(form.getByRole('button', { name: 'Confirm and generate' })).toBeVisible();
    await form.getByRole('radio', { name: /^Read only/ }).check();
    await expect(note).toBeHidden();
    await expect(form.getByRole('button', { name: 'Generate', exact: true })).toBeVisible();
    await form.getByRole('radio', { name: /^Custom/ }).check();
    await form.getByRole('radio', { name: /Members.*Write/i }).check();
    await form.getByLabel('Expiration').selectOption('30 days');
    await expect(note).toBeVisible();
    await form.getByRole('button', { name: 'Confirm and generate' }).click();
    await signInAtProvider(page, 'ada');
    // The response is a page, because the dialog was closed.
    const key = await shownKey(page, false).inputValue();
    expect(key).toMatch(new RegExp(`^${WHOLE_KEY.source}$`));
    expect(page.url()).not.toContain(key);
    await page.getByRole('main').getByText('Done', { exact: true }).click();
    await page.getByRole('link', { name: 'Nightly export', exact: true }).click();
    await expect(page.getByRole('main')).toContainText('Members');
    await page.context().close();
  });
});

// B22
test('a sign-in as another person does not submit the form', { tag: '@plain' }, async ({ browser, javaScriptEnabled, scripted }, info) => {
  test.slow();
  await withProvider(info.parallelIndex, async (server) => {
    const page = await ada(browser, server, javaScriptEnabled);
    const form = await beginCreating(page, scripted);
    await form.getByLabel('Name').fill('Nightly export');
    await form.getByRole('radio', { name: /^Full access/ }).check();
    await form.getByRole('button', { name: 'Confirm and generate' }).click();
    await signInAtProvider(page, 'grace', !scripted);
    await expect(page.getByRole('alert')).toContainText('You signed in as someone else. Nothing was changed.');
    await page.getByRole('link', { name: /^Continue with/ }).click();
    await signInAtProvider(page, 'ada', !scripted);
    expect(await shownKey(page, false).inputValue()).toMatch(WHOLE_KEY);
    await page.context().close();
  });
});
