// A separate installation for each test that would interfere with other tests. On Postgres if the test runs there.
import type { BrowserContext, Page } from '@playwright/test';

import { signIn } from './people.ts';
import { ON_POSTGRES, freshDatabase } from './postgres.ts';
import { WHOLE_KEY, ports, startServer, type Server } from './server.ts';
import { expect, test as base } from './test.ts';

interface Own {
  own: Server;
  /** Another browser for that installation, with or without JavaScript like the test. */
  browserOf: () => Promise<Page>;
  /** A browser in which a demo user is signed in, on the page of the API keys. */
  as: (person: string) => Promise<Page>;
}

export const test = base.extend<Own>({
  own: async ({}, use, info) => {
    const database = info.project.name === ON_POSTGRES ? freshDatabase(`own_${process.pid}_${info.workerIndex}`) : undefined;
    const server = await startServer(ports.empty(info.parallelIndex), { demo: true, database: database?.url });
    await use(server);
    const leaks = [...(await server.stop()), ...(database?.end(WHOLE_KEY) ?? [])];
    expect(leaks).toEqual([]);
  },
  browserOf: async ({ own, browser, javaScriptEnabled, guard, scripted }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({
        baseURL: own.url,
        javaScriptEnabled,
        reducedMotion: 'reduce',
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      guard.watch(context, scripted);
      contexts.push(context);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
  as: async ({ browserOf }, use) => {
    await use(async (person) => {
      const page = await browserOf();
      await signIn(page, person);
      return page;
    });
  },
});
