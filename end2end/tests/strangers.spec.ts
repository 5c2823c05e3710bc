// B31: cross-origin requests. The attacker's page is on another port of the same host, where the browser sends the
// victim's cookies.
import { createServer, type Server } from 'node:http';

import type { Request } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import { ports, url } from '../support/server.ts';
import { OLIVIA, createKey, row, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const escape = (text: string) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');

/** Serves the page that `html` returns for a path. */
function serveAttack(port: number, html: (path: string) => string): Promise<Server> {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(html(decodeURIComponent(request.url ?? '/').slice(1)));
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

// B31
test('a page on another origin cannot create or revoke', async ({ page, baseURL, guard }, info) => {
  test.slow();
  guard.expects(/./); // the browser reports many errors of the attacker's page
  const name = unique('Target');
  const organization = await signIn(page, OLIVIA);
  const key = await createKey(page, name, true);
  const target = await row(page, name).getByRole('link', { name: /^Revoke/ }).getAttribute('href');
  const id = /api-keys\/(\d+)\/revoke/.exec(target!)![1];
  const planted = unique('Planted');
  const actions: Record<string, Record<string, string>> = {
    revoke_key: { organization, key_id: id, reason: 'leaked', confirm_name: name, page: target! },
    create_key: { organization, name: planted, page: `/o/${organization}/settings/api-keys/new` },
    sign_out: { page: '/' },
  };
  const form = (action: string, type: string, method = 'post', into = '') => {
    const fields = Object.entries(actions[action]).map(([field, value]) => `<input name="${field}" value="${escape(value)}">`);
    return `<form id=f method=${method} enctype="${type}" target="${into}" action="${baseURL}/ui/${action}">${fields.join('')}</form>`;
  };
  const send = '<script>document.getElementById("f").submit()</script>';
  const body = (action: string) => JSON.stringify(new URLSearchParams(actions[action]).toString());
  const script = (code: string) => `<script>(async () => { try { ${code} } catch {} document.title = "sent" })()</script>`;
  const typed = '{"content-type":"application/x-www-form-urlencoded"}';
  const shapes: Record<string, (action: string) => string> = {
    form: (action) => form(action, 'application/x-www-form-urlencoded') + send,
    multipart: (action) => form(action, 'multipart/form-data') + send,
    plain: (action) => form(action, 'text/plain') + send,
    get: (action) => form(action, 'application/x-www-form-urlencoded', 'get') + send,
    iframe: (action) => `<iframe name=i></iframe>${form(action, 'application/x-www-form-urlencoded', 'post', 'i')}${send}`,
    image: (action) => `<img src="${baseURL}/ui/${action}?${escape(new URLSearchParams(actions[action]).toString())}">`,
    'no-cors': (action) => script(`await fetch("${baseURL}/ui/${action}", {method:"POST",mode:"no-cors",credentials:"include",headers:${typed},body:${body(action)}})`),
    cors: (action) => script(`await fetch("${baseURL}/ui/${action}", {method:"POST",credentials:"include",headers:${typed},body:${body(action)}})`),
    json: (action) => script(`await fetch("${baseURL}/ui/${action}", {method:"POST",credentials:"include",headers:{"content-type":"application/json"},body:${JSON.stringify(JSON.stringify(actions[action]))}})`),
    beacon: (action) => script(`navigator.sendBeacon("${baseURL}/ui/${action}", new URLSearchParams(${body(action)}))`),
    'no referrer': (action) => `<meta name=referrer content=no-referrer>${form(action, 'application/x-www-form-urlencoded')}${send}`,
    sandbox: (action) => `<iframe sandbox="allow-forms allow-scripts" srcdoc="${escape(form(action, 'application/x-www-form-urlencoded') + send)}"></iframe>`,
  };
  const server = await serveAttack(ports.stranger(info.parallelIndex), (path) => {
    const [shape, action] = path.split('/');
    return `<!doctype html><title>wait</title>${shapes[shape]?.(action) ?? ''}`;
  });
  const arrived: string[] = [];
  try {
    const stranger = ports.stranger(info.parallelIndex);
    for (const origin of [url(stranger), `http://localhost:${stranger}`]) {
      for (const shape of Object.keys(shapes)) {
        for (const action of Object.keys(actions)) {
          const attacker = await page.context().newPage();
          const isSent = (request: Request) => request.url().includes(`/ui/${action}`);
          const outcome = Promise.race([
            attacker.waitForEvent('requestfinished', { predicate: isSent, timeout: 2_000 }),
            attacker.waitForEvent('requestfailed', { predicate: isSent, timeout: 2_000 }),
          ]).catch(() => undefined);
          await attacker.goto(`${origin}/${encodeURIComponent(shape)}/${action}`).catch(() => undefined);
          const request = await outcome;
          const status = (await request?.response())?.status();
          arrived.push(`${shape} ${status}`);
          await attacker.close();
        }
      }
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
  // The forms were sent, and the server rejected them.
  for (const shape of ['form', 'multipart', 'plain', 'iframe', 'no referrer']) expect(arrived, shape).toContain(`${shape} 403`);
  expect(arrived.filter((one) => / [23]\d\d$/.test(one))).toEqual([]);
  expect((await curl(`${baseURL}/api/v1/workspaces`, ...bearer(key))).status).toBe(200);
  await page.goto('/settings/api-keys'); // still signed in
  await expect(row(page, name)).not.toContainText('Revoked');
  await expect(row(page, planted)).toHaveCount(0);
});

// B31
test('pages cannot be framed, and other origins cannot read them', async ({ page, baseURL, guard }, info) => {
  guard.expects(/./);
  await signIn(page, OLIVIA);
  const server = await serveAttack(ports.stranger(info.parallelIndex), () => `<!doctype html><title>x</title><iframe src="${baseURL}/settings/api-keys"></iframe>`);
  try {
    const attacker = await page.context().newPage();
    await attacker.goto(url(ports.stranger(info.parallelIndex)));
    const frame = attacker.frames()[1];
    expect(await frame.content()).not.toContain('API Keys');
    const read = await attacker.evaluate(
      (target) => fetch(target, { credentials: 'include' }).then((reply) => reply.text(), () => 'refused'),
      `${baseURL}/settings/api-keys`,
    );
    expect(read).toBe('refused');
    await attacker.close();
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
