// `/sdk/roundtable.js`: access tokens of the signed-in user in a page. And Firebase's own SDK with a project.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { Page } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import { PROJECT, SUBJECT, startFirebase } from '../support/firebase.ts';
import { servePage } from '../support/pages.ts';
import { ADAM, MINA, NOOR, OLIVIA, signIn, signOut } from '../support/people.ts';
import { PYTHON } from '../support/programs.ts';
import { ports, startServer } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

const TOKEN = '/api/v1/token';

/** Opens a page of the installation that has no script of its own, and loads the module. Reports go to two lists. */
async function load(page: Page) {
  await page.goto('/docs/errors');
  await loadHere(page, '/sdk/roundtable.js');
}

async function loadHere(page: Page, module: string) {
  await page.evaluate(`(async () => {
    const { getAuth } = await import('${module}');
    window.auth = getAuth();
    window.users = [];
    window.tokens = [];
    auth.onAuthStateChanged((user) => users.push(user && user.uid));
    auth.onIdTokenChanged(async (user) => tokens.push(user && (await user.getIdToken())));
    await auth.authStateReady();
  })()`);
}

/* eslint-disable @typescript-eslint/no-explicit-any */
const uid = (page: Page) => page.evaluate(() => (globalThis as any).auth.currentUser?.uid ?? null);
const users = (page: Page): Promise<(string | null)[]> => page.evaluate('users');
const tokens = (page: Page): Promise<(string | null)[]> => page.evaluate('tokens');
const idToken = (page: Page, force = false): Promise<string> => page.evaluate(`auth.currentUser.getIdToken(${force})`);
/** What the browser reports when the user comes back to the tab. */
const comeBack = (page: Page) => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));

/** Counts the requests for a token. From the first on, the server issues a new token, as it does near the end of one. */
async function countRequests(page: Page): Promise<() => number> {
  let count = 0;
  await page.route(`**${TOKEN}`, (route) => {
    count += 1;
    return route.continue({ url: `${route.request().url()}?force=true` });
  });
  return () => count;
}

/** Tokens that are issued in the same second are the same. */
const nextSecond = () => wait(1_100);

// RA-03, RA-04, RA-14
test('a page has the token of the signed-in user, and none without a user', async ({ page, baseURL, guard }) => {
  guard.expects(/401/);
  await load(page);
  expect([await uid(page), await users(page)]).toEqual([null, [null]]);
  await signIn(page, MINA);
  await load(page);
  const user = await uid(page);
  expect([user, await users(page)]).toEqual([expect.any(String), [user]]);
  const token = await idToken(page);
  expect(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).sub).toBe(user);
  expect((await curl(`${baseURL}/api/v1/me`, ...bearer(token))).json).toMatchObject({ role: 'member', credential: 'id_token' });
  expect(await idToken(page)).toBe(token);
  await nextSecond();
  const fresh = await idToken(page, true);
  expect(fresh).not.toBe(token);
  expect((await curl(`${baseURL}/api/v1/me`, ...bearer(fresh))).status).toBe(200);
  await expect.poll(() => tokens(page)).toEqual([token, fresh]);
  expect(await users(page)).toEqual([user]);
});

// RA-13
test('a token is replaced in the background five minutes before its end', async ({ page, baseURL }) => {
  await page.clock.install();
  await signIn(page, ADAM);
  const count = await countRequests(page);
  await load(page);
  const [first] = await tokens(page);
  expect(count()).toBe(1);
  await nextSecond();
  await page.clock.runFor('54:00');
  expect([count(), await idToken(page)]).toEqual([1, first]);
  await page.clock.runFor('01:10');
  await expect.poll(() => tokens(page)).toHaveLength(2);
  expect(count()).toBe(2);
  const second = await idToken(page);
  expect([second === first, await users(page)]).toEqual([false, [await uid(page)]]);
  expect((await curl(`${baseURL}/api/v1/me`, ...bearer(second))).status).toBe(200);
  await nextSecond();
  await page.clock.runFor('55:10');
  await expect.poll(() => tokens(page)).toHaveLength(3);
});

// RA-13: timers do not run while a computer sleeps.
test('a token that ended during sleep is replaced when the user comes back', async ({ page }) => {
  await page.clock.install();
  await signIn(page, ADAM);
  const count = await countRequests(page);
  await load(page);
  const [first] = await tokens(page);
  await nextSecond();
  // The clock goes on, and no timer fires.
  await page.clock.setSystemTime(Date.now() + 3 * 3_600_000);
  expect(count()).toBe(1);
  await comeBack(page);
  await expect.poll(() => tokens(page)).toHaveLength(2);
  expect(await idToken(page)).not.toBe(first);

  // Without any event, the next look at the clock finds out, and so does a call of the page.
  await nextSecond();
  await page.clock.setSystemTime(Date.now() + 6 * 3_600_000);
  const third = await idToken(page);
  expect([third === first, count()]).toEqual([false, 3]);
  await nextSecond();
  await page.clock.setSystemTime(Date.now() + 9 * 3_600_000);
  await page.clock.runFor('01:01');
  await expect.poll(count).toBe(4);
});

test('an outage keeps the user and the token, and the request is repeated', async ({ page, guard }) => {
  guard.expects(/ERR_|Failed to load/);
  await page.clock.install();
  await signIn(page, ADAM);
  await load(page);
  const token = await idToken(page);
  let failed = 0;
  await page.route(`**${TOKEN}`, (route) => {
    failed += 1;
    return route.abort();
  });
  await page.clock.runFor('56:00');
  await expect.poll(() => failed).toBeGreaterThan(1);
  expect([await idToken(page), await users(page)]).toEqual([token, [await uid(page)]]);
  // The newest route applies.
  const count = await countRequests(page);
  await nextSecond();
  await page.clock.runFor('01:01');
  await expect.poll(count).toBe(1);
  await expect.poll(() => tokens(page)).toHaveLength(2);
});

// RA-04: the session ends in another tab.
test('two tabs have the same token, and a sign-out ends both', async ({ page, context, baseURL, guard }) => {
  guard.expects(/401/);
  await signIn(page, MINA);
  await load(page);
  const other = await context.newPage();
  await load(other);
  const token = await idToken(page);
  expect(await idToken(other)).toBe(token);
  await page.evaluate('auth.signOut()');
  expect([await uid(page), await users(page)]).toEqual([null, [expect.any(String), null]]);
  await expect.poll(() => users(other)).toEqual([expect.any(String), null]);
  expect(await uid(other)).toBeNull();
  await expect(idToken(other)).rejects.toThrow();
  expect((await curl(`${baseURL}/api/v1/me`, ...bearer(token))).status).toBe(401);
});

// RA-04
test('a sign-out in the dashboard is noticed by the tab that the user comes back to', async ({ page, context, guard }) => {
  guard.expects(/401/);
  await signIn(page, NOOR);
  const dashboard = await context.newPage();
  await dashboard.goto('/');
  await load(page);
  await signOut(dashboard, NOOR);
  await expect
    .poll(async () => {
      await comeBack(page);
      return uid(page);
    })
    .toBeNull();
  expect(await users(page)).toEqual([expect.any(String), null]);
  // Another user who signs in there is another user here.
  await signIn(dashboard, MINA);
  await expect
    .poll(async () => {
      await comeBack(page);
      return (await users(page)).length;
    })
    .toBe(3);
  expect(await uid(page)).not.toBe((await users(page))[0]);
});

// RA-04: the sample of the documentation runs as it is written there.
test('the sample of the documentation works', async ({ page }) => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'authentication.md'), 'utf8');
  const samples = [...text.matchAll(/^```javascript\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  const code = samples.find((sample) => sample.includes("from '/sdk/roundtable.js'"))!;
  await signIn(page, OLIVIA);
  await page.route('**/sample.js', (route) => route.fulfill({ contentType: 'text/javascript', body: `${code}\nexport const result = workspaces;` }));
  await page.goto('/docs/errors');
  const result = await page.evaluate("import('/sample.js').then((sample) => sample.result)");
  expect(result).toEqual(expect.any(Array));
});

test('the module and its types are cached for an hour, and pages of every origin can load them', async ({ baseURL }) => {
  for (const [file, type] of [['roundtable.js', 'text/javascript; charset=utf-8'], ['roundtable.d.ts', 'text/plain; charset=utf-8']]) {
    const answer = await fetch(`${baseURL}/sdk/${file}`, { headers: { origin: 'https://app.example.com', 'accept-encoding': 'br' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=3600');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  }
});

// RA-03, RA-10, RA-13: a page of another origin.
test('a page of another origin gets tokens by the device flow', async ({ browser, guard }) => {
  test.slow();
  const [port, foreign] = [ports.sdk(0), ports.sdk(1)];
  const site = await servePage(foreign);
  const server = await startServer(port, { demo: true, env: { ROUNDTABLE_CORS_ORIGINS: site.url } });
  const context = await browser.newContext({ baseURL: server.url, reducedMotion: 'reduce' });
  guard.watch(context);
  guard.expects(/status of 400|response 400/);
  try {
    const dashboard = await context.newPage();
    await signIn(dashboard, OLIVIA);
    const page = await context.newPage();
    /** The refresh tokens that the page has sent, and those that it has got. */
    const [sent, got]: (string | undefined)[][] = [[], []];
    page.on('response', async (response) => {
      if (!response.url().endsWith('/api/v1/oauth/token') || response.request().method() !== 'POST') return;
      const fields = new URLSearchParams(response.request().postData() ?? '');
      if (fields.get('grant_type') === 'refresh_token') sent.push(fields.get('refresh_token') ?? undefined);
      if (response.ok()) got.push((await response.json()).refresh_token);
    });
    await page.goto(site.url);
    await loadHere(page, `${server.url}/sdk/roundtable.js`);
    expect(await uid(page)).toBeNull();
    const prompt = await page.evaluate(`new Promise((shown) => { window.signing = auth.signIn(shown) })`);
    const { userCode, verificationUriComplete } = prompt as Record<string, string>;
    expect(verificationUriComplete).toBe(`${server.url}/device?user_code=${userCode}`);
    await dashboard.goto(verificationUriComplete);
    await dashboard.getByRole('button', { name: 'Allow' }).click();
    await expect(dashboard.getByText('The device is signed in.')).toBeVisible();
    await page.evaluate('signing');
    const use = () =>
      page.evaluate(
        async (base) => {
          const token = await (globalThis as any).auth.currentUser.getIdToken();
          return (await (await fetch(`${base}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } })).json()).role;
        },
        server.url,
      );
    expect(await use()).toBe('owner');
    const first = await idToken(page);
    await nextSecond();
    const second = await idToken(page, true);
    expect(second).not.toBe(first);
    await nextSecond();
    await idToken(page, true);
    expect(await use()).toBe('owner');
    // Each refresh replaces the refresh token.
    await expect.poll(() => got.length).toBe(3);
    expect(sent).toEqual(got.slice(0, 2));
    expect(new Set(got).size).toBe(3);
    // The refresh token is in the memory of the page only.
    expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])')).toBe('[{},{},""]');
    await page.evaluate('auth.signOut()');
    expect(await users(page)).toEqual([null, expect.any(String), null]);
  } finally {
    await context.close();
    site.stop();
    expect(await server.stop()).toEqual([]);
  }
});

// RA-02, RA-03, RA-04, RA-08, RA-14: Google Sign-In through Firebase Auth, with Firebase's own SDK.
test('a page signs in with Firebase Auth, and its ID token works on the API', async ({ page, guard }) => {
  guard.expects(/Auth Emulator/);
  const firebase = await startFirebase(ports.sdk(3));
  const folder = mkdtempSync(join(tmpdir(), 'roundtable-firebase-'));
  const file = join(folder, 'roundtable.db');
  const server = await startServer(ports.sdk(2), {
    demo: true,
    database: `sqlite://${file}`,
    env: {
      ROUNDTABLE_CORS_ORIGINS: firebase.url,
      ROUNDTABLE_FIREBASE_PROJECT_ID: PROJECT,
      ROUNDTABLE_FIREBASE_JWKS_URL: `${firebase.url}/jwks`,
    },
  });
  try {
    // The demo users have signed in with the development provider. This one has signed in with Google.
    const sql = `UPDATE people SET issuer = 'https://accounts.google.com', subject = '${SUBJECT}' WHERE name = '${MINA}'`;
    const code = `import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=10); assert db.execute(sys.argv[2]).rowcount == 1; db.commit()`;
    execFileSync(PYTHON, ['-c', code, file, sql]);

    await page.goto(firebase.url);
    await page.waitForFunction('window.isReady');
    expect(await page.evaluate('auth.currentUser')).toBeNull();
    await page.evaluate('signIn().then(() => {})');
    const token = await idToken(page);
    const header = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString());
    expect(header.alg).toBe('RS256');
    const use = (credential: string) =>
      page.evaluate(
        async ([base, credential]) => {
          const headers = { Authorization: `Bearer ${credential}`, 'Content-Type': 'application/json' };
          const [me, workspaces] = await Promise.all(['me', 'workspaces'].map((path) => fetch(`${base}/api/v1/${path}`, { headers })));
          return { status: workspaces.status, ...(await me.json()) };
        },
        [server.url, credential],
      );
    expect(await use(token)).toMatchObject({ status: 200, credential: 'id_token', role: 'member' });
    const fresh = await idToken(page, true);
    expect(fresh).not.toBe(token);
    expect(await use(fresh)).toMatchObject({ status: 200, role: 'member' });
    await page.evaluate('signOut()');
    expect(await page.evaluate('auth.currentUser')).toBeNull();
  } finally {
    firebase.stop();
    expect(await server.stop()).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  }
});
