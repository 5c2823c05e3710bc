// The sizes and loading times of the keys page with 50 rows on the real server, and the Lighthouse scores of the main pages.
// Writes the tables of docs/performance.md, and fails if a budget or score is missed.
import { cpus, loadavg } from 'node:os';

import type { Browser, BrowserContext } from '@playwright/test';

import { browser as settings } from '../support/browser.ts';
import { createKeys } from '../support/many.ts';
import { OLIVIA, signIn } from '../support/people.ts';
import { ports, startServer } from '../support/server.ts';
import { expect, test as base } from '../support/test.ts';
import { BUDGETS, KB, ROWS, measure, recordHydration, type Measurement } from '../support/weight.ts';
import { PRESETS, audit, type Preset, type Scores } from './lighthouse.ts';
import { write } from './page.mjs';
import { scores, sizes, speeds } from './report.ts';

/** The number of loads with an empty cache; the results are medians. */
const LOADS = 9;

/** Whether the machine is busy. Then times and scores are not reliable, and are printed but not written. */
const load1 = loadavg()[0];
const busy = load1 > cpus().length;
const BUSY = `The machine is busy (load ${load1.toFixed(1)} on ${cpus().length} cores): run this again when it is idle.`;
if (busy) console.log(BUSY);

type State = Awaited<ReturnType<BrowserContext['storageState']>>;

interface World {
  /** The URL of the keys page. */
  home: string;
  /** The URL of the page of one key. */
  key: string;
  /** The browser state of the signed-in owner. */
  state: State;
}

const test = base.extend<object, { world: World }>({
  world: [
    async ({ browser }, use) => {
      const server = await startServer(ports.bench, { demo: true, env: { RUST_LOG: 'warn' } });
      const context = await browser.newContext({ baseURL: server.url });
      const page = await context.newPage();
      await signIn(page, OLIVIA);
      await createKeys(page, ROWS);
      await page.reload();
      const key = await page.locator('a[href*="/api-keys/"]').evaluateAll((links) => {
        return links.map((link) => (link as HTMLAnchorElement).href).find((href) => /\/api-keys\/\d+$/.test(href));
      });
      await use({ home: page.url(), key: key!, state: await context.storageState() });
      await context.close();
      await server.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});

/** Loads a page in a browser with an empty cache. */
async function load(browser: Browser, url: string, storageState: State | undefined, watch: (context: BrowserContext) => void): Promise<Measurement> {
  const context = await browser.newContext({ storageState });
  watch(context);
  await recordHydration(context);
  const page = await context.newPage();
  await page.goto(url);
  const seen = await measure(page);
  await context.close();
  return seen;
}

/** The pages that Lighthouse audits, with their names in the table. */
function audited({ home, key }: World): [string, string][] {
  return [
    ['API keys', home],
    ['One key', key],
    ['Create a key', `${home}/new`],
    ['Audit log', home.replace(/api-keys$/, 'audit-log')],
  ];
}

test('sizes and loading times are within the budgets', async ({ browser, world, guard }) => {
  const [keys, signIns]: [Measurement[], Measurement[]] = [[], []];
  for (let n = 0; n < LOADS; n += 1) {
    keys.push(await load(browser, world.home, world.state, (context) => guard.watch(context)));
    signIns.push(await load(browser, new URL('/sign-in', world.home).href, undefined, (context) => guard.watch(context)));
  }
  const [seen] = keys;
  write('sizes', sizes(seen));
  if (!busy) write('times', speeds(keys, signIns));
  for (const [kind, budget] of Object.entries(BUDGETS)) {
    expect.soft(seen.kinds[kind as keyof Measurement['kinds']].sent / KB, `KB of ${kind} as sent`).toBeLessThanOrEqual(budget);
  }
  for (const { shift, moved } of [...keys, ...signIns]) expect.soft(shift, `layout shift; ${moved.join('\n')}`).toBe(0);
});

test('every Lighthouse score is 100', async ({ world }) => {
  const all: [string, Preset, Scores][] = [];
  for (const [name, url] of audited(world)) {
    for (const preset of PRESETS) {
      all.push([name, preset, await audit(url, world.state.cookies, preset, ports.lighthouse, settings.launchOptions!)]);
    }
  }
  if (busy) console.log(scores(all));
  else write('scores', scores(all));
  for (const [name, preset, { scores, lost }] of all) {
    const message = `Lighthouse, ${name}, ${preset}; what cost points:\n${lost.join('\n')}${busy ? `\n${BUSY}` : ''}`;
    expect.soft(scores, message).toEqual({ performance: 100, accessibility: 100, 'best-practices': 100 });
  }
});
