// The recipes of protect-your-api.md, in the real proxies: nginx, Caddy, Traefik, Envoy and HAProxy.
import { Agent, createServer, request, type IncomingHttpHeaders, type Server as HttpServer } from 'node:http';

import { shop } from '../support/orders.ts';
import { startInstallation } from '../support/programs.ts';
import { startProxy, type Program } from '../support/proxies.ts';
import { ports } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

interface Refusals {
  /** Whether a refusal has our body, or a body of the proxy's own. */
  body: RegExp;
  /** The status while Roundtable is stopped. */
  outage: number;
}

const RECIPES: Record<Program, Refusals> = {
  nginx: { body: /"code":"(?:unauthorized|forbidden)"/, outage: 503 },
  Caddy: { body: /"code":"(?:unauthorized|missing_scope)"/, outage: 502 },
  Traefik: { body: /"code":"(?:unauthorized|missing_scope)"/, outage: 500 },
  Envoy: { body: /"code":"(?:unauthorized|missing_scope)"/, outage: 503 },
  HAProxy: { body: /"code":"(?:unauthorized|missing_scope)"/, outage: 503 },
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

for (const [index, [name, recipe]] of (Object.entries(RECIPES) as [Program, Refusals][]).entries()) {
  test(`the recipe for ${name} protects an API`, async () => {
    test.setTimeout(120_000);
    const first = ports.gate + 3 * index;
    const at = { roundtable: first, app: first + 1, proxy: first + 2 };
    const installation = await startInstallation(at.roundtable);
    const app = await startApp(at.app);
    let isStopped = false;
    let stopProxy: (() => Promise<void>) | undefined;
    try {
      stopProxy = await startProxy(name, at);
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
      await stopProxy?.();
      app.close();
      if (!isStopped) await installation.server.stop();
    }
  });
}
