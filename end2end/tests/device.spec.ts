// Signing in from a terminal, with the real program and the real browser.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { startKeychain } from '../support/keychain.ts';
import { inspect } from '../support/looks.ts';
import { ADAM, MINA, OLIVIA, signIn } from '../support/people.ts';
import { BINARY } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

/** A user of a computer. Without `env`, it has no keychain. */
class Terminal {
  readonly home = mkdtempSync(join(tmpdir(), 'roundtable-terminal-'));
  env: Record<string, string> = {};

  /** Runs a command. `said` waits for a text, `ended` for the end. */
  start(args: string[], env: Record<string, string> = {}) {
    const child = spawn(BINARY, args, { env: { HOME: this.home, PATH: process.env.PATH, ...this.env, ...env }, cwd: this.home });
    child.stdin.end();
    let [output, errors] = ['', ''];
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (errors += data));
    const ended = new Promise<{ code: number | null; output: string; errors: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, output, errors }));
    });
    const said = async (pattern: RegExp) => {
      await expect.poll(() => errors, { timeout: 20_000 }).toMatch(pattern);
      return pattern.exec(errors)?.[1] ?? '';
    };
    return { said, ended };
  }

  async run(...args: string[]) {
    return await this.start(args).ended;
  }

  remove() {
    // The browser that the program has opened may still write here.
    rmSync(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

const origin = (page: Page) => new URL(page.url()).origin;

test('the sign-in is stored in the keychain', async ({ page }) => {
  test.slow();
  const terminal = new Terminal();
  const keychain = await startKeychain(terminal.home);
  terminal.env = keychain.env;
  const isOnDisk = () => {
    const file = join(terminal.home, '.local/state/roundtable/credentials.json');
    return existsSync(file) && readFileSync(file, 'utf8').includes('rtr_');
  };
  const store = async () => JSON.parse((await terminal.run('auth', 'status', '--json')).output).store;
  try {
    await signIn(page, MINA);
    const login = terminal.start(['auth', 'login', '--url', origin(page)], { DISPLAY: ':0' });
    await page.goto(await login.said(/^ {2}(http\S+)$/m));
    await page.getByRole('button', { name: 'Allow' }).click();
    const { code, errors } = await login.ended;
    expect([code, errors]).toEqual([0, expect.not.stringContaining('no keychain')]);
    expect([await store(), isOnDisk()]).toEqual(['keychain', false]);
    // Without the keychain, nothing says who is signed in.
    terminal.env = {};
    expect((await terminal.run('auth', 'status')).code).toBe(4);
    terminal.env = keychain.env;
    expect((await terminal.run('auth', 'logout')).code).toBe(0);
    expect((await terminal.run('auth', 'status')).code).toBe(4);
  } finally {
    keychain.stop();
    terminal.remove();
  }
});

// A test that revokes a session in the list has a person of its own: the tests run at the same time.
for (const [scripted, person] of [[true, OLIVIA], [false, ADAM]] as const) {
  test.describe(scripted ? 'with script' : 'without script', () => {
    test.use({ javaScriptEnabled: scripted });

    test('a person signs in with a code, creates a key and revokes the session', async ({ page, request }) => {
      test.slow();
      const terminal = new Terminal();
      try {
        await signIn(page, person);
        const login = terminal.start(['auth', 'login', '--url', origin(page), '--no-browser']);
        const code = await login.said(/enter this code: {2}([A-Z]{4}-[A-Z]{4})/);
        await page.goto('/device');
        if (scripted) await inspect(page, 'device-enter');
        await page.getByLabel('Code').fill('bbbb bbbb');
        await page.getByRole('button', { name: 'Continue' }).click();
        await expect(page.getByText('This code is not valid.')).toBeVisible();
        await page.getByLabel('Code').fill(` ${code.toLowerCase().replace('-', ' ')} `);
        await page.getByRole('button', { name: 'Continue' }).click();
        await expect(page.getByText(code)).toBeVisible();
        await expect(page.getByText(/Command line on/)).toBeVisible();
        if (scripted) await inspect(page, 'device-question');
        await page.getByRole('button', { name: 'Allow' }).click();
        await expect(page.getByText('The device is signed in.')).toBeVisible();
        if (scripted) await inspect(page, 'device-done');
        const { code: exit, output } = await login.ended;
        expect([exit, output]).toEqual([0, expect.stringMatching(`^${person} \\((owner|admin)\\) in Acme \\(org_`)]);

        const created = await terminal.run('api-key', 'create', '--name', 'From a terminal', '--expires', '1d');
        const answer = await request.get(`${origin(page)}/api/v1/me`, { headers: { 'X-API-Key': created.output.trim() } });
        expect(answer.status(), created.errors).toBe(200);
        const { key_id: id } = await answer.json();
        expect((await terminal.run('api-key', 'revoke', String(id), '--yes')).code).toBe(0);

        await page.goto('/account');
        // The session that was used last comes first.
        const row = page.getByRole('row').filter({ hasText: 'Command line on' }).first();
        if (scripted) await inspect(page, 'account-device');
        await row.getByRole('button', { name: 'Revoke' }).click();
        await expect(page.getByRole('status').filter({ hasText: 'Session revoked.' })).toBeVisible();
        expect((await terminal.run('auth', 'status')).code).toBe(4);
      } finally {
        terminal.remove();
      }
    });

    test('a person signs in in the browser of the same computer', async ({ page }) => {
      test.slow();
      const terminal = new Terminal();
      try {
        await signIn(page, MINA);
        for (const [button, text, exit] of [['Deny', 'The sign-in was denied.', 3], ['Allow', 'You are signed in.', 0]] as const) {
          const login = terminal.start(['auth', 'login', '--url', origin(page)], { DISPLAY: ':0' });
          await page.goto(await login.said(/^ {2}(http\S+)$/m));
          await expect(page.getByText('It runs on this computer')).toBeVisible();
          if (scripted) await inspect(page, `authorize-${button.toLowerCase()}`);
          await page.getByRole('button', { name: button }).click();
          await expect(page.getByText(text)).toBeVisible();
          expect((await login.ended).code).toBe(exit);
          await page.goBack();
        }
      } finally {
        terminal.remove();
      }
    });
  });
}
