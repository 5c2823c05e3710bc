// A form that asks for a fresh sign-in says so before, keeps everything, and is finished after the return; with and
// without script, at a provider on another origin.
import type { Browser, Page } from '@playwright/test';

import { beginCreating, shownKey } from '../support/people.ts';
import { CLIENT, signInThere, startProvider } from '../support/provider.ts';
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

/** Ada, who signed in an hour ago and has an organization of her own. */
async function ada(browser: Browser, server: Server, javaScriptEnabled?: boolean): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await page.getByRole('link', { name: /Continue with .*127\.0\.0\.1/ }).click();
  await signInThere(page, 'ada');
  await page.getByLabel('Organization name').fill('Analytical Engines');
  await page.getByRole('button', { name: 'Create organization' }).click();
  await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible();
  return page;
}

test('a key is created after confirming, with everything that was filled in: B22', { tag: '@plain' }, async ({ browser, javaScriptEnabled, scripted }, info) => {
  test.slow();
  await withProvider(info.parallelIndex, async (server) => {
    const page = await ada(browser, server, javaScriptEnabled);
    const form = await beginCreating(page, scripted);
    await form.getByLabel('Name').fill('Nightly export');
    // What is chosen decides what the button says.
    const note = form.getByText(/^You will confirm with/);
    await expect(note).toBeVisible();
    await expect(form.getByRole('button', { name: 'Confirm and generate' })).toBeVisible();
    await form.getByRole('radio', { name: /^Read only/ }).check();
    await expect(note).toBeHidden();
    await expect(form.getByRole('button', { name: 'Generate', exact: true })).toBeVisible();
    await form.getByRole('radio', { name: /^Custom/ }).check();
    await form.getByRole('radio', { name: /Members.*Write/i }).check();
    await form.getByRole('radio', { name: /^30 days/ }).check();
    await expect(note).toBeVisible();
    await form.getByRole('button', { name: 'Confirm and generate' }).click();
    await signInThere(page, 'ada');
    // The answer is a page of its own, for the dialog is gone.
    const key = await shownKey(page, false).inputValue();
    expect(key).toMatch(new RegExp(`^${WHOLE_KEY.source}$`));
    expect(page.url()).not.toContain(key);
    await page.getByRole('main').getByText('Done', { exact: true }).click();
    await page.getByRole('link', { name: 'Nightly export', exact: true }).click();
    await expect(page.getByRole('main')).toContainText('Members');
    await page.context().close();
  });
});

test('a sign-in as somebody else finishes nothing, and the form still waits: B22', { tag: '@plain' }, async ({ browser, javaScriptEnabled, scripted }, info) => {
  test.slow();
  await withProvider(info.parallelIndex, async (server) => {
    const page = await ada(browser, server, javaScriptEnabled);
    const form = await beginCreating(page, scripted);
    await form.getByLabel('Name').fill('Nightly export');
    await form.getByRole('button', { name: 'Confirm and generate' }).click();
    await signInThere(page, 'grace', !scripted);
    await expect(page.getByRole('alert')).toContainText('You signed in as someone else. Nothing was changed.');
    await page.getByRole('link', { name: /^Continue with/ }).click();
    await signInThere(page, 'ada', !scripted);
    expect(await shownKey(page, false).inputValue()).toMatch(WHOLE_KEY);
    await page.context().close();
  });
});
