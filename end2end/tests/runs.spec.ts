// Runs: a webhook starts one, the real worker executes it, and the dashboard shows the result.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { inspect } from '../support/looks.ts';
import { test } from '../support/own.ts';
import { MINA, OLIVIA, createKey } from '../support/people.ts';
import { call } from '../support/programs.ts';
import { BINARY } from '../support/server.ts';
import { expect } from '../support/test.ts';

const nav = (page: Page) => page.getByRole('navigation', { name: 'Settings' });

/** Starts `roundtable worker` with a program that counts the words of its input. */
function startWorker(url: string, key: string, folder: string): ChildProcess {
  const program = join(folder, 'count.sh');
  const count = `#!/bin/sh\ninput=$(cat)\n[ "$input" = broken ] && { echo "cannot count this" >&2; exit 3; }\nset -- $input\nprintf '{"words": %d}' "$#"\n`;
  writeFileSync(program, count);
  chmodSync(program, 0o755);
  const env = { PATH: process.env.PATH, ROUNDTABLE_API_KEY: key } as NodeJS.ProcessEnv;
  return spawn(BINARY, ['worker', '--exec', program, '--url', url], { env, cwd: folder, stdio: 'ignore' });
}

/** Stops a worker. Gives its exit code. */
async function stopped(worker: ChildProcess): Promise<number | null> {
  const exited = new Promise<number | null>((resolve) => worker.once('exit', resolve));
  worker.kill('SIGTERM');
  return exited;
}

/** Creates a workspace, and stays on its page. */
async function createWorkspace(page: Page, name: string): Promise<string> {
  await nav(page).getByRole('link', { name: 'Workspaces' }).click();
  await page.getByRole('link', { name: 'Create workspace' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Create workspace' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Next, start a run in it.' })).toBeVisible();
  return new URL(page.url()).pathname.split('/').pop()!;
}

for (const scripted of [true, false]) {
  test.describe(scripted ? 'with script' : 'without script', () => {
    test.use({ javaScriptEnabled: scripted });

    // RU-01
    test('a run of a webhook is executed by a worker', async ({ own, as, guard }) => {
      test.slow();
      guard.expects(/409|422/);
      const page = await as(OLIVIA);
      const owner = await createKey(page, 'Owner', scripted);
      // A key creates no key that outlives it.
      const expires_at = `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 19)}Z`;
      const create = (body: object) => call('POST', `${own.url}/api/v1/keys`, owner, { ...body, expires_at });
      const { api_key: key } = await create({ label: 'Worker', template: 'worker' });
      const { api_key: sender } = await create({ label: 'Sender', scopes: ['runs:write'] });

      await nav(page).getByRole('link', { name: 'Runs' }).click();
      await expect(page.getByRole('heading', { name: 'No runs yet' })).toBeVisible();
      if (scripted) await inspect(page, 'runs-empty');
      const workspace = await createWorkspace(page, 'Reports');
      if (scripted) await inspect(page, 'workspace');
      const start = (input: string) => call('POST', `${own.url}/api/v1/hooks/${workspace}/runs?token=${sender}`, '', { input });
      const [good, broken] = [await start('one two three'), await start('broken')];

      await nav(page).getByRole('link', { name: 'Runs' }).click();
      await page.getByRole('link', { name: good.id }).click();
      await expect(page.getByText('This run waits for a worker.')).toBeVisible();
      if (scripted) await inspect(page, 'run-queued');

      const folder = mkdtempSync(join(tmpdir(), 'roundtable-worker-'));
      const worker = startWorker(own.url, key, folder);
      try {
        await expect(async () => {
          await page.reload();
          await expect(page.getByText('Succeeded', { exact: true })).toBeVisible({ timeout: 500 });
        }).toPass();
        await expect(page.getByText('"words": 3')).toBeVisible();
        await expect(page.getByText('one two three')).toBeVisible();
        await expect(page.getByText('by webhook')).toBeVisible();
        if (scripted) await inspect(page, 'run-succeeded');

        await page.goto(page.url().replace(good.id, broken.id));
        await expect(async () => {
          await page.reload();
          await expect(page.getByText('Failed', { exact: true })).toBeVisible({ timeout: 500 });
        }).toPass();
        await expect(page.getByText('cannot count this')).toBeVisible();

        await nav(page).getByRole('link', { name: 'Runs' }).click();
        await page.getByText('Status', { exact: true }).first().click();
        await page.getByRole('link', { name: 'Failed' }).click();
        await expect(page.getByRole('row')).toHaveCount(2);
        await expect(page.getByRole('link', { name: broken.id })).toBeVisible();
        if (scripted) await inspect(page, 'runs');
      } finally {
        expect(await stopped(worker)).toBe(0);
        rmSync(folder, { recursive: true, force: true });
      }

      // A stopped workspace takes no runs, and a queued run can be cancelled.
      const waits = await start('later');
      await page.goto(page.url().replace(/\/runs.*/, `/workspaces/${workspace}`));
      await page.getByRole('button', { name: 'Stop' }).click();
      await expect(page.getByRole('status').filter({ hasText: 'It takes no runs.' })).toBeVisible();
      await expect(start('refused')).rejects.toThrow(/409/);
      await page.getByRole('link', { name: waits.id }).click();
      await expect(page.getByText('its workspace is stopped')).toBeVisible();
      await page.getByRole('button', { name: 'Cancel run' }).click();
      await expect(page.getByRole('status').filter({ hasText: 'The run was cancelled.' })).toBeVisible();
      await expect(page.getByText('Cancelled', { exact: true })).toBeVisible();

      // Deleting a workspace needs its name.
      await page.getByRole('link', { name: 'Reports' }).click();
      await page.getByLabel(/^Type /).fill('Other');
      await page.getByRole('button', { name: 'Delete' }).click();
      await expect(page.getByText('That doesn’t match.').first()).toBeVisible();
      await page.getByLabel(/^Type /).fill('Reports');
      await page.getByRole('button', { name: 'Delete' }).click();
      await expect(page.getByRole('status').filter({ hasText: 'deleted, with its runs' })).toBeVisible();
    });
  });
}

// D7, D22
test('test runs are separate, and members change only their own workspaces', async ({ own, as }) => {
  const page = await as(OLIVIA);
  const olivias = await createWorkspace(page, 'Production only');
  await nav(page).getByRole('link', { name: 'Workspaces' }).click();
  await page.getByText('Environment', { exact: true }).first().click();
  await page.getByRole('link', { name: 'Test', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'No test workspaces yet' })).toBeVisible();
  await page.getByRole('link', { name: 'Create workspace' }).first().click();
  await expect(page.getByLabel('Environment')).toHaveValue('test');
  await page.getByLabel('Name', { exact: true }).fill('Trial');
  await page.getByRole('button', { name: 'Create workspace' }).click();
  await expect(page.getByRole('heading', { name: 'Trial', level: 1 })).toBeVisible();
  expect(page.url()).toContain('environment=test');

  const mina = await as(MINA);
  const settings = new URL(mina.url()).pathname.replace('/api-keys', '');
  await mina.goto(`${own.url}${settings}/workspaces/${olivias}`);
  await expect(mina.getByRole('heading', { name: 'Production only', level: 1 })).toBeVisible();
  await expect(mina.getByRole('button', { name: 'Stop' })).toHaveCount(0);
  await expect(mina.getByRole('button', { name: 'Delete' })).toHaveCount(0);
  await createWorkspace(mina, 'Own');
  await expect(mina.getByRole('button', { name: 'Stop' })).toBeVisible();
});
