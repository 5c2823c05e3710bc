// B31: pages of other sites attack every server function and every page while the owner is signed in. The targets are
// read from the table of the server tests, which is complete.
import { readFileSync } from 'node:fs';
import { createServer, type Server as Http } from 'node:http';
import { join } from 'node:path';

import type { Response } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import { test } from '../support/own.ts';
import { OLIVIA, createKey, organizationOf, unique } from '../support/people.ts';
import { ports, url } from '../support/server.ts';
import { expect } from '../support/test.ts';

const TABLE = readFileSync(join(import.meta.dirname, '..', '..', 'server', 'tests', 'it', 'server_fns.rs'), 'utf8');
const FORMS = [...TABLE.matchAll(/\(\s*"(\/ui\/\w+)",\s*"([^"]*)",\s*\d+,\s*\d+,?\s*\)/g)].map(([, path, form]) => ({ path, form }));

const escape = (text: string) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
const fields = (form: string) =>
  [...new URLSearchParams(form)].map(([name, value]) => `<input name="${escape(name)}" value="${escape(value)}">`).join('');
const script = (code: string) => `<script>(async () => { ${code}; document.title = "sent" })()</script>`;
const quoted = (value: unknown) => JSON.stringify(value).replace(/</g, '\\u003c');

interface Target {
  base: string;
  forms: { path: string; form: string }[];
  pages: string[];
}

/** The attacks. Each is a page of another site. */
const ATTACKS: Record<string, (target: Target) => string> = {
  'forms of three kinds into frames': ({ base, forms }) => {
    const kinds = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];
    // All forms as browsers send them, and some in each of the other ways: a browser is slow with hundreds of frames.
    const all = forms.flatMap(({ path, form }, at) =>
      kinds.slice(0, at % 8 === 0 ? kinds.length : 1).map((kind, n) => {
        const name = `f${at}-${n}`;
        return `<iframe name="${name}"></iframe><form method=post enctype="${kind}" target="${name}" action="${base}${path}">${fields(form)}</form>`;
      }),
    );
    return all.join('') + script('for (const form of document.forms) form.submit()');
  },
  'forms that say another method': ({ base, forms }) => {
    const all = forms.map(({ path, form }, at) => {
      const to = `${base}${path}?_method=POST&${form}`;
      return `<iframe name="g${at}"></iframe><form method=get target="g${at}" action="${escape(to)}">${fields(`_method=post&${form}`)}</form>`;
    });
    return all.join('') + script('for (const form of document.forms) form.submit()');
  },
  'requests without asking first': ({ base, forms }) =>
    script(`await Promise.allSettled(${quoted(forms)}.map(({ path, form }) => fetch(${quoted(base)} + path, { method: "POST", mode: "no-cors", credentials: "include", headers: { "content-type": "application/x-www-form-urlencoded" }, body: form })))`),
  'requests that ask first': ({ base, forms }) =>
    script(`await Promise.allSettled(${quoted(forms)}.flatMap(({ path, form }) => ["POST", "PUT", "PATCH", "DELETE"].map((method) => fetch(${quoted(base)} + path, { method, credentials: "include", headers: { "content-type": "application/json", "x-requested-with": "x" }, body: JSON.stringify(Object.fromEntries(new URLSearchParams(form))) }))))`),
  'requests of the old kind': ({ base, forms }) =>
    script(`await Promise.allSettled(${quoted(forms)}.map(({ path, form }) => new Promise((done) => { const call = new XMLHttpRequest(); call.open("POST", ${quoted(base)} + path); call.withCredentials = true; call.onloadend = done; call.setRequestHeader("content-type", "application/x-www-form-urlencoded"); call.send(form) })))`),
  beacons: ({ base, forms }) =>
    script(`for (const { path, form } of ${quoted(forms)}) navigator.sendBeacon(${quoted(base)} + path, new URLSearchParams(form))`),
  'pictures, scripts, styles and objects': ({ base, forms, pages }) => {
    const all = [...forms.map(({ path, form }) => `${path}?${form}`), ...pages].map((path) => escape(base + path));
    return all
      .map((to) => `<img src="${to}"><script src="${to}"></script><link rel=stylesheet href="${to}"><object data="${to}"></object><embed src="${to}"><video src="${to}"></video>`)
      .join('');
  },
  'frames of every page': ({ base, pages }) => pages.map((path) => `<iframe src="${escape(base + path)}"></iframe>`).join(''),
  'what is fetched ahead': ({ base, forms, pages }) => {
    const all = [...forms.map(({ path, form }) => `${path}?${form}`), ...pages].map((path) => base + path);
    const rules = { prefetch: [{ source: 'list', urls: all }], prerender: [{ source: 'list', urls: all }] };
    return `${all.map((to) => `<link rel=prefetch href="${escape(to)}">`).join('')}<script type=speculationrules>${quoted(rules)}</script>`;
  },
  'a token for the API': ({ base }) =>
    script(`for (const mode of ["no-cors", "cors"]) for (const query of ["", "?force=true"]) await fetch(${quoted(base)} + "/api/v1/token" + query, { method: "POST", mode, credentials: "include" }).then((reply) => reply.text()).then((text) => { window.got = text }, () => {})`),
  'the API with the cookie': ({ base }) =>
    script(`for (const path of ["/api/v1/keys", "/api/v1/members", "/api/v1/audit-log", "/api/v1/sessions", "/api/v1/organizations"]) for (const method of ["GET", "POST", "DELETE"]) await fetch(${quoted(base)} + path, { method, mode: "no-cors", credentials: "include" }).catch(() => {})`),
  'a socket': ({ base }) =>
    script(`await new Promise((done) => { const socket = new WebSocket(${quoted(base.replace('http', 'ws'))} + "/"); socket.onerror = socket.onopen = done })`),
  'a form without a referrer, in the page itself': ({ base, forms }) => {
    const { path, form } = forms.find((one) => one.path === '/ui/revoke_other_sessions') ?? forms[0];
    return `<meta name=referrer content=no-referrer><form id=f method=post action="${base}${path}">${fields(form)}</form><script>document.getElementById("f").submit()</script>`;
  },
  'a page that sends itself away': ({ base }) => `<meta http-equiv=refresh content="0;url=${base}/ui/sign_out">`,
};

function serveAttack(port: number, target: Target): Promise<Http> {
  const server = createServer((request, response) => {
    const attack = ATTACKS[decodeURIComponent(request.url ?? '/').slice(1)];
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(`<!doctype html><title>wait</title>${attack?.(target) ?? ''}`);
  });
  return new Promise((resolve) => server.listen(port, () => resolve(server)));
}

// B31
test('pages of other sites cannot change anything', async ({ own, as, guard }, info) => {
  test.setTimeout(420_000);
  guard.expects(/./); // the browser reports many errors of the attackers' pages
  const page = await as(OLIVIA);
  const organization = organizationOf(page);
  const key = await createKey(page, unique('Target'), true);
  const call = async (path: string) => (await curl(own.url + path, ...bearer(key))).json;
  const newest = async () => (await call('/api/v1/audit-log?limit=1')).events[0].n as number;
  const me = await call('/api/v1/me');
  const fill = (text: string) =>
    text
      .replaceAll('ORG', organization)
      .replaceAll('KEY', String(me.key_id))
      .replaceAll('MEMBER', String(me.actor_id))
      .replaceAll('ACTOR', String(me.actor_id))
      .replaceAll('INVITATION', 'inv_none')
      .replaceAll('TOKEN', 'none');
  const forms = FORMS.map(({ path, form }) => ({ path, form: fill(form) }));
  expect(forms.length).toBeGreaterThan(20);
  const settings = `/o/${organization}/settings`;
  const places = ['', '/api-keys', '/api-keys/new', '/members', '/members/leave', '/members/invite', '/service-accounts', '/apis', '/consumers', '/audit-log'];
  const pages = ['/', '/account', '/organizations/new', ...places.map((place) => settings + place)];
  const before = await newest();
  const keys = (await call('/api/v1/keys')).length;
  const server = await serveAttack(ports.stranger(info.parallelIndex), { base: own.url, forms, pages });
  try {
    // Another port is the same site, so the browser sends the cookies; another host name is another site.
    for (const origin of [url(ports.stranger(info.parallelIndex)), `http://localhost:${ports.stranger(info.parallelIndex)}`]) {
      for (const name of Object.keys(ATTACKS)) {
        const attacker = await page.context().newPage();
        const passed: string[] = [];
        let refused = 0;
        attacker.on('response', (response: Response) => {
          const method = response.request().method();
          if (!response.url().startsWith(own.url) || method === 'GET' || method === 'OPTIONS') return;
          if (response.status() < 400) passed.push(`${method} ${response.url()} ${response.status()}`);
          else refused += 1;
        });
        await attacker.goto(`${origin}/${encodeURIComponent(name)}`, { waitUntil: 'load' }).catch(() => undefined);
        await attacker.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => undefined);
        if (name.startsWith('forms of three kinds')) {
          await expect.poll(() => refused, { message: name, timeout: 60_000 }).toBeGreaterThanOrEqual(forms.length);
        }
        expect(passed, `${name} from ${origin}`).toEqual([]);
        if (name.startsWith('a token')) expect(await attacker.evaluate('window.got ?? ""')).not.toContain('eyJ');
        if (name.startsWith('frames')) {
          for (const frame of attacker.frames().slice(1)) expect(await frame.content().catch(() => '')).not.toContain('<main');
        }
        await attacker.close();
        expect(await newest(), `${name} from ${origin}`).toBe(before);
      }
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
  expect((await call('/api/v1/keys')).length).toBe(keys);
  await page.goto('/settings/api-keys'); // still signed in, and a member of the organization
  await expect(page).toHaveURL(new RegExp(`/o/${organization}/settings/api-keys$`));
});


// B31
test('a page of another site cannot access a window that it opened', async ({ own, as, guard }, info) => {
  guard.expects(/./);
  const page = await as(OLIVIA);
  const server = await serveAttack(ports.stranger(info.parallelIndex), { base: own.url, forms: [], pages: [] });
  try {
    const attacker = await page.context().newPage();
    await attacker.goto(`http://localhost:${ports.stranger(info.parallelIndex)}/`);
    const opened = attacker.context().waitForEvent('page');
    await attacker.evaluate((to) => void Object.assign(window, { victim: window.open(to) }), `${own.url}/account`);
    const ours = await opened;
    await ours.waitForLoadState();
    await expect(ours.getByRole('main')).toBeVisible();
    // Cross-Origin-Opener-Policy separates the two windows.
    expect(await ours.evaluate('window.opener')).toBeNull();
    expect(await attacker.evaluate('window.victim.closed')).toBe(true);
    await attacker.close();
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
