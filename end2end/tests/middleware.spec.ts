// The middlewares of protect-your-api.md, in the real frameworks: Express and FastAPI. The server tests run the one for axum.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { shop, stop } from '../support/orders.ts';
import { PYTHON, startInstallation, type Vars } from '../support/programs.ts';
import { samples } from '../support/recipes.mjs';
import { ports, url, WHOLE_KEY } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

/** Writes the sample into the folder, and says how to start it. */
type Start = (folder: string, port: number) => [string, string[]];

const FRAMEWORKS: Record<string, Start> = {
  Express(folder, port) {
    const [code] = samples('### Express', 'javascript');
    symlinkSync(join(import.meta.dirname, '..', 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'orders.mjs'), code.replace('8000', String(port)));
    return ['node', ['orders.mjs']];
  },
  FastAPI(folder, port) {
    const [code] = samples('### FastAPI', 'python');
    writeFileSync(join(folder, 'orders.py'), code);
    return [PYTHON, ['-m', 'uvicorn', 'orders:app', '--port', String(port)]];
  },
};

async function responds(child: ChildProcess, at: string, log: () => string) {
  for (let tries = 0; tries < 400; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the sample exited with code ${child.exitCode}: ${log()}`);
    if (await fetch(at).catch(() => undefined)) return;
    await wait(50);
  }
  throw new Error(`the sample does not respond: ${log()}`);
}

for (const [index, [name, start]] of Object.entries(FRAMEWORKS).entries()) {
  test(`the middleware for ${name} protects an API`, async () => {
    test.setTimeout(120_000);
    const at = { roundtable: ports.middleware + 2 * index, app: ports.middleware + 2 * index + 1 };
    const folder = mkdtempSync(join(tmpdir(), 'roundtable-middleware-'));
    const installation = await startInstallation(at.roundtable);
    const { good, other, powerless, revoke } = await shop(installation);
    const vars: Vars = { ROUNDTABLE_URL: installation.server.url, ROUNDTABLE_API_KEY: installation.key };
    const [program, args] = start(folder, at.app);
    const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', ...vars } as NodeJS.ProcessEnv;
    const app = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const output of [app.stdout, app.stderr]) output.on('data', (chunk: Buffer) => (log += chunk));
    let isStopped = false;
    const orders = `${url(at.app)}/orders`;
    const ask = (headers: Vars = {}) => fetch(orders, { headers });
    const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
    try {
      await responds(app, orders, () => log);

      await test.step('refuses a request without a key, and with a key that is not valid here', async () => {
        const refused = [{}, bearer('wrong'), { 'X-API-Key': 'wrong' }, { Authorization: good.api_key }, bearer(installation.key)];
        for (const headers of refused as Vars[]) {
          const answer = await ask(headers);
          expect(answer.status).toBe(401);
          expect(answer.headers.get('WWW-Authenticate')).toMatch(/^Bearer /);
        }
      });

      await test.step('passes on a good key, and says whose it is', async () => {
        for (const headers of [bearer(good.api_key), { authorization: `bearer ${good.api_key}` }, { 'X-API-Key': good.api_key }] as Vars[]) {
          const answer = await ask(headers);
          expect(answer.status).toBe(200);
          expect(await answer.json()).toEqual({ customer: 'customer_42' });
        }
      });

      await test.step('refuses a key that lacks the scope', async () => {
        for (const headers of [bearer(powerless.api_key), { 'X-API-Key': powerless.api_key }] as Vars[]) {
          expect((await ask(headers)).status).toBe(403);
        }
      });

      await test.step('refuses a key that was revoked between two requests', async () => {
        expect((await ask(bearer(other.api_key))).status).toBe(200);
        await revoke(other.key_id);
        expect((await ask(bearer(other.api_key))).status).toBe(401);
        expect((await ask(bearer(good.api_key))).status).toBe(200);
      });

      await test.step('refuses every key while Roundtable is stopped', async () => {
        expect(await installation.server.stop()).toEqual([]);
        isStopped = true;
        for (const key of [good.api_key, 'wrong']) {
          const answer = await ask(bearer(key));
          expect(answer.status).toBe(503);
          expect(answer.headers.get('Retry-After')).toBe('2');
        }
        expect((await ask()).status).toBe(401);
      });

      await test.step('waits 3 seconds for Roundtable', async () => {
        const open: Socket[] = [];
        const silent = createServer((socket) => open.push(socket));
        await new Promise<void>((resolve) => silent.listen(at.roundtable, '127.0.0.1', resolve));
        const began = performance.now();
        expect((await ask(bearer(good.api_key))).status).toBe(503);
        expect(performance.now() - began).toBeGreaterThan(2_900);
        expect(performance.now() - began).toBeLessThan(10_000);
        for (const socket of open) socket.destroy();
        silent.close();
      });

      expect(log).toContain('Roundtable cannot check keys');
      expect(log).not.toMatch(WHOLE_KEY);
    } finally {
      await stop(app);
      if (!isStopped) await installation.server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
