// Pages of other origins call the API in the browser, if the operator has listed their origin.
import type { Page } from '@playwright/test';

import { servePage, type Site } from '../support/pages.ts';
import { startInstallation, type Installation } from '../support/programs.ts';
import { ports, url } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

const EXPOSED = ['link', 'retry-after', 'www-authenticate', 'x-cost', 'x-environment', 'x-request-id'];

interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  credentials?: RequestCredentials;
}

interface Reply {
  /** None if the browser does not show the response to the page. */
  status?: number;
  headers: Record<string, string>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

/** Calls the API from the open page. */
function call(page: Page, path: string, { method, headers, body, credentials }: Call = {}): Promise<Reply> {
  const to = installation.server.url + path;
  return page.evaluate(
    async ([to, init]) => {
      const answer = await fetch(to as string, init as RequestInit).catch(() => undefined);
      if (!answer) return { headers: {}, json: undefined };
      return { status: answer.status, headers: Object.fromEntries(answer.headers), json: await answer.json() };
    },
    [to, { method, headers, credentials, body: body ? JSON.stringify(body) : undefined }] as const,
  );
}

let installation: Installation;
let listed: Site;
let other: Site;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  listed = await servePage(ports.origins(1));
  other = await servePage(ports.origins(2));
  const env = { ROUNDTABLE_CORS_ORIGINS: `https://app.example.com,${listed.url}` };
  installation = await startInstallation(ports.origins(0), env);
});

test.afterAll(async () => {
  listed.stop();
  other.stop();
  expect(await installation.server.stop()).toEqual([]);
});

// RA-10
test('a page of a listed origin calls the API and reads every header', async ({ page, guard }) => {
  guard.expects(/40[14]|422/);
  await page.goto(listed.url);
  const bearer = { Authorization: `Bearer ${installation.key}`, 'Content-Type': 'application/json' };
  const made = await call(page, '/api/v1/workspaces', { method: 'POST', headers: bearer, body: { name: 'Engineering', provider: 'anthropic' } });
  expect(made).toMatchObject({ status: 201, json: { name: 'Engineering' }, headers: { 'x-cost': '1', 'x-environment': 'production' } });
  expect(made.headers['x-request-id']).toMatch(/^req_/);

  const organization = (await call(page, '/api/v1/organization', { headers: bearer })).json.id;
  const every = {
    'X-API-Key': installation.key,
    'X-Organization': organization,
    'Idempotency-Key': 'one-of-a-page',
    'Content-Type': 'application/json',
  };
  const key = await call(page, '/api/v1/keys', { method: 'POST', headers: every, body: { label: 'Page', scopes: [] } });
  expect(key.status).toBe(201);
  const path = `/api/v1/keys/${key.json.key_id}`;
  expect((await call(page, path, { method: 'PATCH', headers: bearer, body: { label: 'Other' } })).json).toMatchObject({ label: 'Other' });
  expect((await call(page, path, { method: 'DELETE', headers: bearer })).json).toMatchObject({ status: 'revoked' });

  // A key in memory is checked before the other routes.
  for (let turn = 0; turn < 3; turn += 1) {
    expect(await call(page, '/api/v1/me', { headers: bearer })).toMatchObject({ status: 200, headers: { 'x-cost': '0' } });
  }
  const part = await call(page, '/api/v1/audit-log?limit=1', { headers: bearer });
  expect(part.headers.link).toContain('rel="next"');

  const refusals = [
    await call(page, '/api/v1/me'),
    await call(page, '/api/v1/me', { headers: { 'X-API-Key': 'unknown' } }),
    await call(page, '/api/v1/nothing', { headers: bearer }),
    await call(page, '/api/v1/workspaces', { method: 'POST', headers: bearer, body: { name: '' } }),
  ];
  expect(refusals.map((one) => one.status)).toEqual([401, 401, 404, 422]);
  for (const one of refusals) expect(one.json.request_id).toBe(one.headers['x-request-id']);
  expect(refusals[1].headers['www-authenticate']).toContain('Bearer');
  const allowed = (await fetch(`${url(ports.origins(0))}/api/v1/me`, { headers: { origin: listed.url } })).headers;
  for (const name of EXPOSED) expect(allowed.get('access-control-expose-headers')?.toLowerCase()).toContain(name);
});

// RA-10
test('a page of another origin reads and changes nothing', async ({ page, guard }) => {
  guard.expects(/./); // the browser reports every refused call
  const bearer = { Authorization: `Bearer ${installation.key}`, 'Content-Type': 'application/json' };
  const count = async () => {
    const answer = await fetch(`${installation.server.url}/api/v1/workspaces`, { headers: { 'X-API-Key': installation.key } });
    return (await answer.json()).workspaces.length;
  };
  const before = await count();
  // A page at `localhost` has another origin than the same page at `127.0.0.1`.
  for (const origin of [other.url, listed.url.replace('127.0.0.1', 'localhost')]) {
    await page.goto(origin);
    for (const one of [
      await call(page, '/api/v1/me'),
      await call(page, '/api/v1/me', { headers: bearer }),
      await call(page, '/api/v1/workspaces', { method: 'POST', headers: bearer, body: { name: 'Foreign', provider: 'anthropic' } }),
    ]) {
      expect(one.status, origin).toBeUndefined();
    }
  }
  expect(await count()).toBe(before);
});

// RA-10
test('a page of a listed origin gets no cookies and no token of the dashboard', async ({ page, guard }) => {
  guard.expects(/./);
  await page.goto(listed.url);
  for (const one of [
    await call(page, '/api/v1/me', { credentials: 'include' }),
    await call(page, '/api/v1/token', { method: 'POST' }),
    await call(page, '/api/v1/token', { method: 'POST', credentials: 'include' }),
    await call(page, '/docs/llms.txt'),
  ]) {
    expect(one.status).toBeUndefined();
  }
});
