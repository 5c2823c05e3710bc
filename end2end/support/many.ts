// Creates many keys over the API as the signed-in person.
import type { Page } from '@playwright/test';

import { call } from './programs.ts';

const USES = ['Deploy script', 'Nightly report', 'Monitoring', 'Data sync', 'Smoke tests', 'Webhook relay', 'Backup job', 'Import'];
const PLACES = ['Berlin', 'São Paulo', 'Tōkyō', 'Nairobi', 'Kraków', 'Montréal', 'Kairo'];
const TEMPLATES = ['ci_cd', 'read_only', 'automation', 'monitoring', 'key_rotation'];
const DAY = 24 * 60 * 60 * 1000;

/** An access token from the session of this browser. */
export async function tokenOf(page: Page): Promise<string> {
  return page.evaluate(async () => (await (await fetch('/api/v1/token', { method: 'POST' })).json()).token);
}

/** Creates keys of all kinds, with and without expiration. Every third key is used once. */
export async function createKeys(page: Page, count: number) {
  const { origin } = new URL(page.url());
  const token = await tokenOf(page);
  for (let n = 0; n < count; n += 1) {
    const body = {
      label: `${USES[n % USES.length]}, ${PLACES[n % PLACES.length]}`,
      environment: n % 4 === 3 ? 'test' : 'production',
      template: n % 4 === 3 ? 'automation' : TEMPLATES[n % TEMPLATES.length],
      expires_at: n % 2 ? new Date(Date.now() + (n + 2) * 5 * DAY).toISOString() : null,
    };
    const { api_key: key } = await call('POST', `${origin}/api/v1/keys`, token, body);
    if (n % 3 === 0) await call('GET', `${origin}/api/v1/me`, key);
  }
}
