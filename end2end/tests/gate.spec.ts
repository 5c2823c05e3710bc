// The recipes of protect-your-api.md, in the real proxies: nginx, Caddy, Traefik and Envoy.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type IncomingHttpHeaders, type Server as HttpServer } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { call, startInstallation, type Installation } from '../support/programs.ts';
import { ports } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'protect-your-api.md'), 'utf8');
const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
/** The programs of `.ci/tools test`. */
const PROGRAMS = process.env.ROUNDTABLE_PROXIES ?? join(CACHE, 'roundtable/tools/python/bin');

interface Ports {
  roundtable: number;
  app: number;
  proxy: number;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** The recipes under a heading of the page, with the ports of the test. */
function recipes(heading: string, language: string, { roundtable, app, proxy }: Ports): string[] {
  const section = PAGE.split(`\n### ${heading}\n`)[1].split('\n### ')[0];
  const blocks = [...section.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))];
  return blocks.map(([, text]) =>
    text
      .replaceAll('127.0.0.1:3000', `127.0.0.1:${roundtable}`)
      .replaceAll('127.0.0.1:8000', `127.0.0.1:${app}`)
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${proxy}`)
      .replaceAll('port_value: 3000', `port_value: ${roundtable}`)
      .replaceAll('port_value: 8000', `port_value: ${app}`)
      .replaceAll('port_value: 8080', `port_value: ${proxy}`),
  );
}

interface Recipe {
  /** Writes the configuration into the folder, and says how to start the proxy. */
  start(folder: string, ports: Ports): [string, string[]];
  /** Whether a refusal has our body, or a body of the proxy's own. */
  body: RegExp;
  /** The status while Roundtable is stopped. */
  outage: number;
}

const RECIPES: Record<string, Recipe> = {
  nginx: {
    start(folder, at) {
      const [site] = recipes('nginx', 'nginx', at);
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
      // Started by root, the workers would run as another user, who has no access to the folder.
      const user = process.getuid?.() === 0 ? 'user root;' : '';
      const main = `daemon off; ${user} worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; events {}
        http { access_log off; client_max_body_size 2m; ${paths.join(' ')}\n${site}}`;
      writeFileSync(join(folder, 'nginx.conf'), main);
      return ['/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')]];
    },
    body: /"code":"(?:unauthorized|forbidden)"/,
    outage: 503,
  },
  Caddy: {
    start(folder, at) {
      const [site] = recipes('Caddy', 'caddy', at);
      writeFileSync(join(folder, 'Caddyfile'), `{\n  admin off\n  persist_config off\n}\n${site}`);
      return [join(PROGRAMS, 'caddy'), ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile']];
    },
    body: /"code":"(?:unauthorized|missing_scope)"/,
    outage: 502,
  },
  Traefik: {
    start(folder, at) {
      const [fixed, dynamic] = recipes('Traefik', 'yaml', at);
      writeFileSync(join(folder, 'dynamic.yaml'), dynamic);
      const provider = `providers:\n  file:\n    filename: ${join(folder, 'dynamic.yaml')}\n`;
      writeFileSync(join(folder, 'traefik.yaml'), `${fixed}${provider}`);
      return [join(PROGRAMS, 'traefik'), [`--configFile=${join(folder, 'traefik.yaml')}`]];
    },
    body: /"code":"(?:unauthorized|missing_scope)"/,
    outage: 500,
  },
  Envoy: {
    start(folder, at) {
      const [config] = recipes('Envoy', 'yaml', at);
      writeFileSync(join(folder, 'envoy.yaml'), config);
      return [join(PROGRAMS, 'envoy'), ['-c', join(folder, 'envoy.yaml'), '--base-id', String(at.proxy), '--log-level', 'off']];
    },
    body: /"code":"(?:unauthorized|missing_scope)"/,
    outage: 503,
  },
};

/** An API that answers with what it received. */
async function startApp(port: number): Promise<HttpServer> {
  const app = createServer((received, answer) => {
    let bytes = 0;
    received.on('data', (chunk: Buffer) => (bytes += chunk.length));
    received.on('end', () => answer.end(JSON.stringify({ method: received.method, headers: received.headers, bytes })));
  });
  await new Promise<void>((resolve) => app.listen(port, '127.0.0.1', resolve));
  return app;
}

interface Ask {
  headers?: Record<string, string | string[]>;
  method?: string;
  body?: Buffer;
  agent?: Agent;
  path?: string;
}

function ask(port: number, { headers = {}, method = 'GET', body, agent, path = '/orders/7?scope=x' }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

async function responds(child: ChildProcess, port: number) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the proxy exited with code ${child.exitCode}`);
    const answer = await ask(port).catch(() => undefined);
    // Traefik answers 404 until it has read the dynamic configuration.
    if (answer && answer.status !== 404) return;
    await wait(50);
  }
  throw new Error('the proxy does not respond');
}

/** Ends the proxy with its processes. */
async function stop(child: ChildProcess) {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = wait(5_000).then(() => child.kill('SIGKILL'));
  if (child.exitCode === null) await Promise.race([exited, late]);
}

/** The API `orders` with a key that may read, and one that may do nothing. */
async function shop({ server, key }: Installation) {
  const at = `${server.url}/api/v1`;
  const scopes = [{ scope: 'orders:read', description: 'Read orders' }];
  await call('POST', `${at}/apis`, key, { name: 'Orders', slug: 'orders', scopes });
  const consumer = await call('POST', `${at}/consumers`, key, { external_id: 'customer_42' });
  const create = (body: object) => call('POST', `${at}/apis/orders/keys`, key, { actor_id: consumer.actor_id, ...body });
  const [good, other, powerless] = [
    await create({ scopes: ['orders:read'] }),
    await create({ scopes: ['orders:read'] }),
    await create({}),
  ];
  return { consumer, good, other, powerless, revoke: (id: number) => call('DELETE', `${at}/keys/${id}`, key) };
}

for (const [index, [name, recipe]] of Object.entries(RECIPES).entries()) {
  test(`the recipe for ${name} protects an API`, async () => {
    test.setTimeout(120_000);
    const first = ports.gate + 3 * index;
    const at = { roundtable: first, app: first + 1, proxy: first + 2 };
    const folder = mkdtempSync(join(tmpdir(), 'roundtable-gate-'));
    mkdirSync(join(folder, 'home'));
    const installation = await startInstallation(at.roundtable);
    const app = await startApp(at.app);
    const [program, args] = recipe.start(folder, at);
    const env = { PATH: process.env.PATH, HOME: join(folder, 'home') } as NodeJS.ProcessEnv;
    const proxy = spawn(program, args, { cwd: folder, env, stdio: 'ignore' });
    let isStopped = false;
    try {
      await responds(proxy, at.proxy);
      const { consumer, good, other, powerless, revoke } = await shop(installation);
      const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

      await test.step('refuses a request without a key, with a bad key, and without the scope', async () => {
        for (const [headers, status] of [
          [{}, 401],
          [bearer('wrong'), 401],
          [bearer(installation.key), 401],
          [bearer(powerless.api_key), 403],
        ] as [Record<string, string>, number][]) {
          const answer = await ask(at.proxy, { headers });
          expect(answer.status).toBe(status);
          expect(answer.text).toMatch(recipe.body);
          if (status === 401) expect(answer.headers['www-authenticate']).toContain('Bearer');
        }
      });

      await test.step('passes on a good key, hides it, and says whose it is', async () => {
        for (const headers of [bearer(good.api_key), { 'X-API-Key': good.api_key }]) {
          const answer = await ask(at.proxy, { headers });
          expect(answer.status, answer.text).toBe(200);
          const seen = JSON.parse(answer.text).headers;
          expect(seen).toMatchObject({
            'x-roundtable-key-id': String(good.key_id),
            'x-roundtable-owner': String(consumer.actor_id),
            'x-roundtable-external-id': 'customer_42',
            'x-roundtable-scopes': 'orders:read',
            'x-roundtable-environment': 'production',
          });
          expect(answer.text).not.toContain(good.api_key);
        }
      });

      await test.step('replaces headers that a client made up', async () => {
        const forged = {
          'X-Roundtable-Key-Id': '1',
          'x-roundtable-owner': ['1', '2'],
          X_Roundtable_Scopes: 'admin',
          'X.Roundtable.Scopes': 'admin',
          'X-Roundtable-Expires': '1970-01-01T00:00:00Z',
          'X-Roundtable-External-ID': 'customer_1',
        };
        const answer = await ask(at.proxy, { headers: { ...bearer(good.api_key), ...forged } });
        const seen = JSON.parse(answer.text).headers;
        expect(seen['x-roundtable-key-id']).toBe(String(good.key_id));
        expect(seen['x-roundtable-owner']).toBe(String(consumer.actor_id));
        expect(seen['x-roundtable-external-id']).toBe('customer_42');
        expect(seen['x-roundtable-expires'] ?? '').toBe('');
        expect(answer.text).not.toContain('admin');
      });

      await test.step('passes on a large body and every method', async () => {
        const body = Buffer.alloc(1024 * 1024, 'x');
        const answer = await ask(at.proxy, { method: 'POST', body, headers: bearer(good.api_key) });
        expect(answer.status).toBe(200);
        expect(JSON.parse(answer.text)).toMatchObject({ method: 'POST', bytes: body.length });
        const deleted = await ask(at.proxy, { method: 'DELETE', headers: bearer(good.api_key) });
        expect(JSON.parse(deleted.text).method).toBe('DELETE');
      });

      await test.step('does not take one key for another on the same connection', async () => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        const statuses = [];
        for (const key of [good.api_key, 'wrong', other.api_key, 'wrong', good.api_key]) {
          statuses.push((await ask(at.proxy, { headers: bearer(key), agent })).status);
        }
        agent.destroy();
        expect(statuses).toEqual([200, 401, 200, 401, 200]);
      });

      await test.step('refuses a key that was revoked between two requests', async () => {
        expect((await ask(at.proxy, { headers: bearer(other.api_key) })).status).toBe(200);
        await revoke(other.key_id);
        expect((await ask(at.proxy, { headers: bearer(other.api_key) })).status).toBe(401);
        expect((await ask(at.proxy, { headers: bearer(good.api_key) })).status).toBe(200);
      });

      await test.step('refuses every request while Roundtable is stopped', async () => {
        expect(await installation.server.stop()).toEqual([]);
        isStopped = true;
        const answer = await ask(at.proxy, { headers: bearer(good.api_key) });
        expect(answer.status).toBe(recipe.outage);
      });
    } finally {
      await stop(proxy);
      app.close();
      if (!isStopped) await installation.server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
