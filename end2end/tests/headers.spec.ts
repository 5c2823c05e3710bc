import { MINA, OLIVIA, createKey, openAccountMenu, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

test('every page has the security headers', async ({ page, guard }) => {
  guard.expects(/40[34]/);
  await page.goto('/sign-in');
  const paths = ['/sign-in'];
  const organization = await signIn(page, OLIVIA);
  await createKey(page, unique('Headers'), true);
  const revoke = await page.getByRole('link', { name: /^Revoke/ }).first().getAttribute('href');
  const inside = `/o/${organization}/settings`;
  paths.push(`${inside}/api-keys`, `${inside}/api-keys/new`, `${inside}/audit-log`, revoke!, '/nowhere', '/o/org_nobody/settings/api-keys');
  const nonces = new Set<string>();
  for (const path of [...paths, ...paths]) {
    const answer = (await page.goto(path))!;
    const headers = answer.headers();
    const policy = headers['content-security-policy'] ?? '';
    const nonce = /script-src [^;]*'nonce-([^']+)'/.exec(policy)?.[1];
    expect.soft(nonce, path).toBeTruthy();
    nonces.add(nonce!);
    expect.soft(policy, path).toContain("default-src 'none'");
    expect.soft(policy, path).toContain("frame-ancestors 'none'");
    expect.soft(policy, path).toContain("base-uri 'none'");
    expect.soft(policy, path).toContain("form-action 'self'");
    expect.soft(policy, path).not.toMatch(/unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)|\*/);
    expect.soft(headers['cache-control'], path).toBe('no-store');
    expect.soft(headers['x-content-type-options'], path).toBe('nosniff');
    expect.soft(headers['cross-origin-opener-policy'], path).toBe('same-origin');
    expect.soft(headers['cross-origin-resource-policy'], path).toBe('same-origin');
    expect.soft(headers['referrer-policy'], path).toMatch(/same-origin|no-referrer/);
    expect.soft(headers['x-request-id'], path).toMatch(/^req_/);
    expect.soft(headers['content-type'], path).toBe('text/html; charset=utf-8');
    const html = await answer.text();
    for (const script of html.match(/<script[^>]*>/g) ?? []) expect.soft(script, path).toContain(`nonce="${nonce}"`);
    expect.soft(html, path).not.toMatch(/ on[a-z]+="| style="|javascript:/);
  }
  // Every response has another nonce.
  expect(nonces.size).toBe(paths.length * 2);
});

test('cookies are not accessible to scripts and other sites', async ({ page }) => {
  await signIn(page, MINA);
  await openAccountMenu(page);
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const cookies = await page.context().cookies();
  expect(cookies.map((cookie) => cookie.name)).toContain('rt_session');
  for (const cookie of cookies) {
    expect(cookie, cookie.name).toMatchObject({ httpOnly: true, path: '/' });
    expect(['Lax', 'Strict']).toContain(cookie.sameSite);
  }
  expect(await page.evaluate(() => document.cookie)).toBe('');
});

test('a session gets a new id at sign-in and is invalid after sign-out', { tag: '@plain' }, async ({ page }) => {
  const session = async () => (await page.context().cookies()).find((cookie) => cookie.name === 'rt_session');
  await page.goto('/sign-in');
  const before = await session();
  await signIn(page, MINA);
  const during = await session();
  expect(during?.value).toBeTruthy();
  expect(during?.value).not.toBe(before?.value);
  await page.getByText(`Account menu of ${MINA}`).locator('xpath=ancestor::summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  // The old cookie is rejected.
  await page.context().addCookies([during!]);
  await page.goto('/settings/api-keys');
  await expect(page).toHaveURL(/\/sign-in/);
});

test('versioned files are cached, everything else is revalidated', async ({ page }) => {
  const kept: string[] = [];
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.startsWith('/pkg/')) kept.push(`${response.headers()['cache-control']}`);
  });
  await signIn(page, OLIVIA);
  await page.waitForLoadState('networkidle');
  expect(kept.length).toBeGreaterThan(0);
  for (const rule of kept) expect(rule).toContain('immutable');
});
