// Runs every sample of the documentation in the order of its page. Each page has a separate installation.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Browser } from '@playwright/test';

import { MINA, OLIVIA, createKey, signIn, signInAsStranger } from '../support/people.ts';
import { call, run, SETUP_TOKEN, startEmpty, startInstallation, type Language, type Printed, type Vars } from '../support/programs.ts';
import { ports, startServer, type Server } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');

interface Block {
  language: Language;
  code: string;
}

/** The prerequisites of a page, and the later use of the response to a sample (by its number). */
interface Plan {
  begin(port: number, browser: Browser): Promise<{ server: Server; vars: Vars }>;
  then?: Record<number, (answer: Printed) => Vars>;
  /** The statuses of samples that fail here. The reason is next to the plan. */
  refused?: Record<number, number>;
  /** Samples in other languages, which need only the two variables of every page. */
  others?: number;
}

async function installed(port: number, more: (url: string, key: string, actor: string) => Promise<Vars> = async () => ({})) {
  const { server, key, actor } = await startInstallation(port);
  const vars = { ROUNDTABLE_URL: server.url, ROUNDTABLE_API_KEY: key, ...(await more(server.url, key, actor)) };
  return { server, vars };
}

/** An access token of the owner, who signs in for the first time. */
async function tokenOf(browser: Browser, url: string): Promise<string> {
  const context = await browser.newContext({ baseURL: url });
  const page = await context.newPage();
  await signInAsStranger(page, 'olivia@acme.example', 'Olivia Owens');
  await page.waitForURL('**/settings/api-keys');
  const token = await page.evaluate(async () => (await (await fetch('/api/v1/token', { method: 'POST' })).json()).token);
  await context.close();
  return token;
}

const PLANS: Record<string, Plan> = {
  quickstart: {
    async begin(port) {
      const server = await startEmpty(port);
      return { server, vars: { ROUNDTABLE_URL: server.url, ROUNDTABLE_SETUP_TOKEN: SETUP_TOKEN } };
    },
    then: {
      1: (answer) => ({ ROUNDTABLE_API_KEY: answer.json.api_key }),
      3: (answer) => ({ WORKSPACE_ID: answer.json.id }),
    },
  },
  'api-keys': {
    begin: (port) =>
      installed(port, async (url, key) => ({
        KEYSTROKE_API_KEY: key,
        KEYSTROKE_PLATFORM_URL: url,
        ROOTS_API_KEY: (await call('POST', `${url}/api/v1/keys`, key, { label: 'another' })).api_key,
      })),
    then: { 1: (answer) => ({ KEY_ID: String(answer.json.key_id) }) },
  },
  authentication: {
    begin: (port, browser) =>
      installed(port, async (url, key) => ({
        WORKSPACE_ID: (await call('POST', `${url}/api/v1/workspaces`, key, { name: 'Engineering', provider: 'anthropic' })).id,
        ROUNDTABLE_ID_TOKEN: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
        ROUNDTABLE_TOKEN: await tokenOf(browser, url),
      })),
    // An ID token is accepted for a person who has signed in with Google, which is not possible here. The server tests
    // cover ID tokens.
    refused: { 9: 401 },
    others: 2,
  },
  runs: {
    begin: (port) => installed(port),
    then: {
      1: (answer) => ({ WORKSPACE_ID: answer.json.id }),
      3: (answer) => ({ RUN_ID: answer.json.run.id, LEASE: answer.json.lease }),
    },
  },
  'service-accounts': {
    begin: (port) => installed(port),
    then: { 1: (answer) => ({ ACTOR_ID: String(answer.json.actor_id) }) },
  },
  'protect-your-api': {
    begin: (port) => installed(port),
    then: {
      2: (answer) => ({ ACTOR_ID: String(answer.json.actor_id) }),
      3: (answer) => ({ ORDERS_KEY: answer.json.api_key }),
    },
  },
  'signed-assertion': {
    begin: (port) =>
      installed(port, async (url, key) => {
        await call('POST', `${url}/api/v1/apis`, key, { name: 'Orders', slug: 'orders' });
        return {};
      }),
  },
  encryption: {
    begin: (port) => installed(port, async (_url, _key, actor) => ({ ACTOR_ID: actor })),
    then: { 5: (answer) => ({ TODO_ID: answer.json.id }) },
  },
  organization: { begin: (port) => installed(port) },
  'audit-log': { begin: (port) => installed(port, async () => ({ KEY_ID: '1' })) },
  members: {
    async begin(port, browser) {
      const server = await startServer(port, { demo: true });
      const keyOf = async (person: string) => {
        const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false });
        const page = await context.newPage();
        await signIn(page, person);
        const key = await createKey(page, 'Sample', false);
        await context.close();
        return key;
      };
      const [key, other] = [await keyOf(OLIVIA), await keyOf(MINA)];
      const member = await call('GET', `${server.url}/api/v1/me`, other);
      return { server, vars: { ROUNDTABLE_URL: server.url, ROUNDTABLE_API_KEY: key, MEMBER_ID: String(member.actor_id) } };
    },
  },
};

function blocks(page: string): Block[] {
  const text = readFileSync(join(DOCS, `${page}.md`), 'utf8');
  return [...text.matchAll(/^```(bash|javascript|python)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
    language: language as Language,
    code,
  }));
}

/** Whether a sample needs only the variables that every page sets. `middleware.spec.ts` runs those that check keys. */
const isPlain = ({ language, code }: Block) => language !== 'bash' && /ROUNDTABLE_API_KEY/.test(code) && !/keys\/verify/.test(code);

test('every page with samples has a plan', () => {
  const pages = readdirSync(DOCS).filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -3));
  const sampled = pages.filter((page) => blocks(page).some((block) => block.language === 'bash' || isPlain(block)));
  expect(sampled.sort()).toEqual(Object.keys(PLANS).sort());
});

for (const [index, [page, plan]] of Object.entries(PLANS).entries()) {
  test(`the samples of ${page}.md work`, async ({ browser }) => {
    test.setTimeout(120_000);
    const { server, vars } = await plan.begin(ports.docs(index), browser);
    try {
      const all = blocks(page);
      for (const [at, { code }] of all.filter((block) => block.language === 'bash').entries()) {
        const answer = await run('bash', code, vars);
        const message = `sample ${at + 1} of ${page}.md: ${answer.text}\n${code}`;
        expect(answer.statuses, message).toHaveLength(1);
        const [low, high] = plan.refused?.[at + 1] ? [plan.refused[at + 1], plan.refused[at + 1]] : [200, 299];
        expect(answer.statuses[0], message).toBeGreaterThanOrEqual(low);
        expect(answer.statuses[0], message).toBeLessThanOrEqual(high);
        Object.assign(vars, plan.then?.[at + 1]?.(answer) ?? {});
      }
      const others = all.filter(isPlain);
      expect(others).toHaveLength(plan.others ?? 0);
      for (const { language, code } of others) {
        const { text } = await run(language, code, vars);
        expect(text, code).toContain('Engineering');
      }
    } finally {
      // No sample writes a whole key to the database or the log, not even the one that sends it in a URL.
      expect(await server.stop()).toEqual([]);
    }
  });
}
