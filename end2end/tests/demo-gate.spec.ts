// `.ci/demo-gate`: what it prints works, and Ctrl-C leaves nothing behind.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { confirmRevoking, signInAsStranger } from '../support/people.ts';
import { run } from '../support/programs.ts';
import { ports, url } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROGRAM = join(ROOT, '.ci', 'demo-gate');
const [ROUNDTABLE, APP, NGINX] = [ports.demo, ports.demo + 1, ports.demo + 2];
const ENV = {
  ...process.env,
  DEMO_ROUNDTABLE_PORT: String(ROUNDTABLE),
  DEMO_APP_PORT: String(APP),
  DEMO_NGINX_PORT: String(NGINX),
  // The demo ignores the settings of the shell.
  ROUNDTABLE_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
};

test.use({ baseURL: url(ROUNDTABLE) });

interface Demo {
  child: ChildProcess;
  text: string;
  /** Presses Ctrl-C, and returns the exit code. */
  interrupt(): Promise<number | null>;
}

/** Starts the demo as from a terminal, and waits until it has printed everything. */
async function start(): Promise<Demo> {
  const child = spawn(PROGRAM, [], { env: ENV, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const demo = {
    child,
    text: '',
    interrupt: () => {
      // A terminal sends the signal to all processes of the group.
      process.kill(-child.pid!, 'SIGINT');
      return exited;
    },
  };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (demo.text += part));
  for (let tries = 0; tries < 600 && child.exitCode === null; tries += 1) {
    if (demo.text.includes('Press Ctrl-C')) return demo;
    await wait(50);
  }
  child.kill('SIGTERM');
  throw new Error(`the demo did not start: ${demo.text}`);
}

/** The processes that work in a folder, even after it was deleted. */
function processesIn(folder: string): string[] {
  const folderOf = (id: string) => {
    try {
      return readlinkSync(`/proc/${id}/cwd`);
    } catch {
      return '';
    }
  };
  return readdirSync('/proc').filter((id) => /^\d+$/.test(id) && folderOf(id).startsWith(folder));
}

test('the demo protects the sample app, and stops with Ctrl-C', async ({ page, guard }) => {
  test.setTimeout(120_000);
  const demo = await start();
  const folder = /The data and the logs are in (\S+)\./.exec(demo.text)![1];
  try {
    const lines = demo.text.split('\n').filter((line) => line.startsWith('    curl '));
    expect(lines).toHaveLength(3);
    const [without, good, powerless] = lines.map((line) => () => run('bash', line.trim(), {}));

    await test.step('the printed commands have the printed statuses', async () => {
      expect((await without()).statuses).toEqual([401]);
      const answered = await good();
      expect(answered.statuses).toEqual([200]);
      expect(answered.text).toContain('"customer":"customer_42","scopes":"orders:read"');
      expect((await powerless()).statuses).toEqual([403]);
    });

    await test.step('the printed key of the owner calls the REST API', async () => {
      const variables = demo.text.split('\n').filter((line) => line.startsWith('    export '));
      expect(variables).toHaveLength(2);
      const me = 'curl --fail "$ROUNDTABLE_URL/api/v1/me" -H "Authorization: Bearer $ROUNDTABLE_API_KEY"';
      expect((await run('bash', [...variables, me].join('\n'), {})).json).toMatchObject({ name: 'Olivia Owens' });
    });

    await test.step('the owner revokes the key in the dashboard', async () => {
      await signInAsStranger(page, 'olivia@acme.example', 'Olivia Owens');
      await page.waitForURL('**/o/*/settings/api-keys');
      await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'APIs' }).click();
      await page.getByRole('link', { name: 'Orders', exact: true }).click();
      await page.getByRole('link', { name: 'Initech reader', exact: true }).click();
      await expect(page.getByRole('heading', { name: 'Initech reader', level: 1 })).toBeVisible();
      await page.getByRole('link', { name: 'Revoke…' }).click();
      await confirmRevoking(page, page.getByRole('dialog', { name: /^Revoke/ }), 'Initech reader');
      expect((await good()).statuses).toEqual([401]);
    });

    await test.step('a second demo on the same ports says which port is in use', () => {
      const second = spawnSync(PROGRAM, { env: ENV, encoding: 'utf8', timeout: 20_000 });
      expect(second.status).toBe(1);
      expect(second.stderr).toContain(`Port ${ROUNDTABLE} is in use, so Roundtable cannot start.`);
      expect(second.stderr).toContain('DEMO_ROUNDTABLE_PORT');
    });
    expect(processesIn(folder).length).toBeGreaterThanOrEqual(3);
  } finally {
    // The page in the browser loses its connection.
    guard.expects(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_NETWORK/);
    expect(await demo.interrupt()).toBe(0);
  }
  expect(demo.text).toContain('Stopping the programs');
  expect(processesIn(folder)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
  for (const port of [ROUNDTABLE, APP, NGINX]) await expect(fetch(url(port))).rejects.toThrow();
});
