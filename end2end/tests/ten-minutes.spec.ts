// The guide of protect-your-api.md: every command, with the answer that the guide promises.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { signIn, OLIVIA } from '../support/people.ts';
import { run, type Printed, type Vars } from '../support/programs.ts';
import { caddy, nginx, onPorts, recipe, section } from '../support/recipes.mjs';
import { ports, startServer, url } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

const at = { roundtable: ports.guide, app: ports.guide + 1, proxy: ports.guide + 2 };

test.use({ baseURL: url(at.roundtable) });

interface Block {
  code: string;
  /** The text from here to the next block. */
  then: string;
}

/** The commands of a step. */
function step(name: string): Block[] {
  const found = section(`### ${name}`).matchAll(/^```sh\n([\s\S]*?)^```\n([\s\S]*?)(?=^```|$(?![\s\S]))/gm);
  return [...found].map(([, code, then]) => ({ code: onPorts(code, at), then }));
}

/** Runs a call, and checks what the guide says after it. */
async function call({ code, then }: Block, vars: Vars): Promise<Printed> {
  const answer = await run('bash', code, vars);
  const [, status] = /The status is (\d{3})/.exec(then) ?? [];
  const [, whole] = /The response is `(.+?)`/.exec(then) ?? [];
  const [, piece] = /The response contains `(.+?)`/.exec(then) ?? [];
  if (status) expect(answer.statuses, code).toEqual([Number(status)]);
  else expect(String(answer.statuses), `${code}${answer.text}`).toMatch(/^2\d\d$/);
  if (whole) expect(answer.text.trim()).toBe(whole);
  if (piece) expect(answer.text).toContain(piece);
  return answer;
}

const calls = (all: Block[]) => all.filter(({ code }) => code.startsWith('curl '));

async function isOpen(port: number) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await fetch(url(port)).catch(() => undefined)) return;
    await wait(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}

async function stop(child: ChildProcess) {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  if (child.exitCode === null) await exited;
}

test('the guide leads to a protected API', async ({ page }) => {
  test.setTimeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'roundtable-guide-'));
  const env = { PATH: process.env.PATH, HOME: folder, PORT: String(at.app) } as NodeJS.ProcessEnv;
  const launch = (command: string, args: string[]) => spawn(command, args, { cwd: folder, env, stdio: 'ignore' });
  const server = await startServer(at.roundtable, { demo: true });
  const running = new Set<ChildProcess>();
  try {
    await signIn(page, OLIVIA);
    const nav = page.getByRole('navigation', { name: 'Settings' });
    await nav.getByRole('link', { name: 'APIs' }).click();
    await page.getByRole('link', { name: 'Register API' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('Orders');
    await page.getByLabel('Name in URLs').fill('orders');
    await page.getByLabel('Permissions (optional)').fill('orders:read Read orders');
    await page.getByRole('button', { name: 'Register API' }).click();
    await expect(page.getByRole('heading', { name: 'Connect' })).toBeVisible();

    await nav.getByRole('link', { name: 'Consumers' }).click();
    await page.getByRole('link', { name: 'Create consumer' }).first().click();
    await page.getByLabel('External ID').fill('customer_42');
    await page.getByLabel('Name (optional)').fill('Initech');
    await page.getByRole('button', { name: 'Create consumer' }).click();
    await page.getByRole('link', { name: 'Create key' }).click();
    await expect(page.getByRole('dialog').getByRole('heading', { name: /^Create key/ })).toBeVisible();
    await page.getByLabel('Name', { exact: true }).fill('Initech production');
    await page.getByRole('checkbox', { name: /orders:read/ }).check();
    await page.getByRole('button', { name: 'Generate' }).click();
    const vars: Vars = { ORDERS_KEY: await page.locator('.key-value').inputValue() };
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('link', { name: 'Done' }).click();

    const program = join(folder, 'orders-api.mjs');
    writeFileSync(program, recipe('### Step 5: Start the sample API', 'javascript', at));
    running.add(launch(process.execPath, [program]));
    await isOpen(at.app);
    for (const block of calls(step('Step 5: Start the sample API'))) await call(block, vars);

    const first = nginx(folder, recipe('### nginx', 'nginx', at));
    const proxy = launch(first.command, first.args);
    running.add(proxy);
    await isOpen(at.proxy);
    const both = calls(step('Step 6: Protect it with nginx'));
    expect(both).toHaveLength(2);
    for (const block of both) await call(block, vars);
    await stop(proxy);
    running.delete(proxy);

    const second = caddy(folder, recipe('### Caddy', 'caddy', at));
    running.add(launch(second.command, second.args));
    await isOpen(at.proxy);
    for (const block of both) await call(block, vars);

    await nav.getByRole('link', { name: 'APIs' }).click();
    await page.getByRole('link', { name: 'Orders', exact: true }).click();
    await expect(page.getByRole('img', { name: /^4 calls and 2 refusals|^\d+ calls/ }).first()).toBeVisible();
    await page.getByRole('link', { name: 'Initech production', exact: true }).click();
    await page.getByRole('link', { name: 'Revoke…' }).click();
    await page.getByLabel('Type Initech production to confirm').fill('Initech production');
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await expect(page.getByRole('status').filter({ hasText: '“Initech production” revoked.' })).toBeVisible();
    const [refused] = calls(step('Step 8: Revoke the key'));
    await call(refused, vars);
  } finally {
    for (const child of running) await stop(child);
    // An open page connects to its live updates again.
    await page.close();
    expect(await server.stop()).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  }
});
