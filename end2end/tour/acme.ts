// Half a year of a fictional organization: its keys, their usage and their events. Everything is created over the API
// with a simulated clock.
import type { Browser, Page } from '@playwright/test';

import { tokenOf } from '../support/many.ts';
import { ADAM, MINA, NOOR, OLIVIA, organizationOf, signIn } from '../support/people.ts';
import { call } from '../support/programs.ts';
import type { Server } from '../support/server.ts';
import type { Clock } from './clock.ts';

/** The time of the screenshots. */
export const TODAY = new Date('2026-11-20T10:30:00Z');
const DAY = 24 * 60 * 60 * 1000;

/** The key whose page is shown. */
export const BUSY = 'Mobile app backend';
/** The key that expires soon. */
export const ENDING = 'Nightly usage report';

interface Planned {
  by: string;
  on: string;
  name: string;
  /** The service account that owns it. */
  account?: string;
  test?: boolean;
  template?: string;
  scopes?: string[];
  /** Days until it expires. */
  days?: number;
  /**
   * Calls on an average day of the last month, their IP addresses and user agent, and minutes before the screenshots.
   */
  calls?: number;
  from?: string[];
  agent?: string;
  before?: number;
  /** How many days ago it was last used, if it is no longer used. */
  last?: number;
}

const KEYS: Planned[] = [
  { by: OLIVIA, on: '2026-05-12T08:20', name: 'Billing export', template: 'read_only', days: 365, calls: 2, from: ['198.51.100.24'], agent: 'python-requests/2.34', before: 452 },
  { by: ADAM, on: '2026-05-19T13:05', name: 'Support console', template: 'read_only', calls: 3, from: ['203.0.113.80'], agent: 'support-console/3.2', last: 104 },
  { by: MINA, on: '2026-06-02T09:40', name: 'Spreadsheet import', template: 'automation', days: 90, calls: 4, from: ['203.0.113.17'], agent: 'curl/8.14', last: 86 },
  { by: OLIVIA, on: '2026-07-06T07:55', name: BUSY, scopes: ['workspaces:read', 'runs:read', 'runs:write'], days: 180, calls: 46, from: ['198.51.100.7', '198.51.100.8'], agent: 'acme-backend/4.11', before: 2 },
  { by: ADAM, on: '2026-08-17T15:10', name: 'Old laptop', calls: 5, from: ['203.0.113.80'], agent: 'curl/8.14', last: 39 },
  { by: ADAM, on: '2026-08-24T11:25', name: ENDING, template: 'read_only', days: 93, calls: 1, from: ['198.51.100.31'], agent: 'report-job/1.8', before: 387 },
  { by: OLIVIA, on: '2026-09-08T08:45', name: 'Deploy pipeline', account: 'Deploy pipeline', template: 'ci_cd', days: 90, calls: 11, from: ['192.0.2.140'], agent: 'ci-runner/2.9', before: 24 },
  { by: ADAM, on: '2026-09-21T10:00', name: 'Uptime monitoring', account: 'Monitoring', template: 'monitoring', calls: 24, from: ['192.0.2.61'], agent: 'uptime-probe/6.0', before: 1 },
  { by: NOOR, on: '2026-10-05T12:15', name: 'التقرير الأسبوعي', template: 'read_only', days: 90, calls: 2, from: ['203.0.113.45'], agent: 'node', before: 1180 },
  { by: MINA, on: '2026-10-19T09:30', name: 'Data warehouse sync', template: 'automation', days: 90, calls: 8, from: ['198.51.100.52'], agent: 'warehouse-sync/0.14', before: 96 },
  { by: MINA, on: '2026-11-03T14:50', name: 'Local experiments', test: true, template: 'automation', days: 30, calls: 6, from: ['203.0.113.17'], agent: 'python-requests/2.34', before: 171 },
  { by: NOOR, on: '2026-11-11T16:05', name: 'Smoke tests', test: true, template: 'ci_cd', days: 60, calls: 5, from: ['192.0.2.140'], agent: 'playwright/1.65', before: 47 },
  { by: ADAM, on: '2026-11-19T15:45', name: 'Slack notifications', scopes: ['runs:read'], days: 90 },
];
const ACCOUNTS = [
  { by: OLIVIA, on: '2026-09-08T08:40', name: 'Deploy pipeline', role: 'member' },
  { by: ADAM, on: '2026-09-21T09:55', name: 'Monitoring', role: 'member' },
];
const INVITED = { by: ADAM, on: '2026-11-18T09:10', email: 'layla@acme.example', role: 'member' };
const LEAKED = { by: ADAM, on: '2026-10-12T17:20', name: 'Old laptop' };
const RENEWED = { by: OLIVIA, on: '2026-11-16T08:30', name: 'Billing export' };

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Call = (method: string, path: string, body: unknown) => Promise<any>;

interface CreatedKey {
  id: number;
  plain: string;
}

/** Creates everything in chronological order, up to the time of the screenshots. */
export async function createHistory(server: Server, browser: Browser, clock: Clock) {
  const keys = new Map<string, CreatedKey>();
  const accounts = new Map<string, number>();
  const past: [string, () => Promise<void>][] = [
    ...ACCOUNTS.map(({ by, on, name, role }) => happening(on, async () => {
      const created = await as(by, (call) => call('POST', 'service-accounts', { name, role }));
      accounts.set(name, created.actor_id);
    })),
    ...KEYS.map((plan) => happening(plan.on, async () => {
      const created = await as(plan.by, (call) => call('POST', 'keys', order(plan, accounts)));
      keys.set(plan.name, { id: created.key_id, plain: created.api_key });
    })),
    ...KEYS.filter(({ last }) => last).map((plan) => happening(daysAgo(plan.last!), () => use(server, keys.get(plan.name)!, plan, plan.calls!))),
    happening(LEAKED.on, () => as(LEAKED.by, (call) => call('DELETE', `keys/${keys.get(LEAKED.name)!.id}`, { reason: 'leaked' }))),
    happening(RENEWED.on, async () => {
      const to = `keys/${keys.get(RENEWED.name)!.id}/rotate`;
      const created = await as(RENEWED.by, (call) => call('POST', to, { overlap_seconds: 24 * 60 * 60 }));
      keys.set(RENEWED.name, { id: created.key_id, plain: created.api_key });
    }),
    happening(INVITED.on, () => as(INVITED.by, (call) => call('POST', 'invitations', { email: INVITED.email, role: INVITED.role }))),
    ...KEYS.filter(({ before }) => before).flatMap((plan) => days(plan).map(([on, n]) => happening(on, () => day(plan, on, n)))),
  ];
  past.sort(([a], [b]) => a.localeCompare(b));
  for (const [on, happen] of past) {
    clock.set(on);
    await happen();
  }
  clock.set(TODAY);

  async function day(plan: Planned, on: string, n: number) {
    const key = keys.get(plan.name)!;
    await use(server, key, plan, often(plan.calls!, n, new Date(on).getUTCDay()));
    // Occasionally a forbidden request.
    if (plan.name === BUSY && n % 9 === 4) await fetch(`${server.url}/api/v1/keys/${key.id}`, { headers: headers(key.plain, plan) });
  }

  async function as<T>(person: string, act: (call: Call) => Promise<T>): Promise<T> {
    const context = await browser.newContext({ baseURL: server.url, extraHTTPHeaders: from(person) });
    const page = await context.newPage();
    await signIn(page, person);
    const token = await tokenOf(page);
    const done = await act((method, path, body) => call(method, `${server.url}/api/v1/${path}`, token, body, from(person)));
    await context.close();
    return done;
  }
}

const DESKS: Record<string, string> = { [OLIVIA]: '203.0.113.9', [ADAM]: '203.0.113.80', [MINA]: '203.0.113.17', [NOOR]: '203.0.113.45' };

/** The headers that a proxy would add for the browser of a person. */
export const from = (person: string) => ({ 'X-Forwarded-For': DESKS[person] });

/** Signs in for the screenshots. Returns the ID of the organization. */
export async function visit(page: Page): Promise<string> {
  await signIn(page, OLIVIA);
  return organizationOf(page);
}

function happening(on: string, happen: () => Promise<unknown>): [string, () => Promise<void>] {
  return [on.endsWith('Z') ? on : `${on}:00.000Z`, async () => void (await happen())];
}

/** The time this many days and minutes before the screenshots. */
function daysAgo(days: number, minutes = 18): string {
  return new Date(TODAY.getTime() - days * DAY - minutes * 60 * 1000).toISOString();
}

/** The days of the last month in which a key existed, with their numbers. */
function days({ on, before }: Planned): [string, number][] {
  const all = Array.from({ length: 30 }, (_, n): [string, number] => [daysAgo(29 - n, before), n]);
  return all.filter(([day]) => day > `${on}Z`);
}

function order(plan: Planned, accounts: Map<string, number>) {
  return {
    label: plan.name,
    environment: plan.test ? 'test' : 'production',
    ...(plan.account && { actor_id: accounts.get(plan.account) }),
    ...(plan.template && { template: plan.template }),
    ...(plan.scopes && { scopes: plan.scopes }),
    ...(plan.days && { expires_at: new Date(new Date(`${plan.on}Z`).getTime() + plan.days * DAY).toISOString() }),
  };
}

/** Fewer calls on weekends, more towards the end of the month; deterministic. */
function often(calls: number, n: number, weekday: number): number {
  const week = weekday === 0 || weekday === 6 ? 0.4 : 1;
  const wave = 1 + 0.25 * Math.sin(n * 1.7) + n / 60;
  return Math.max(1, Math.round(calls * week * wave));
}

async function use(server: Server, key: CreatedKey, plan: Planned, times: number) {
  const calls = Array.from({ length: times }, (_, n) => fetch(`${server.url}/api/v1/workspaces`, { headers: headers(key.plain, plan, n) }));
  const refused = (await Promise.all(calls)).find(({ ok }) => !ok);
  if (refused) throw new Error(`“${plan.name}” was refused with ${refused.status}`);
}

function headers(plain: string, { from = [], agent = '' }: Planned, n = 0): Record<string, string> {
  return { Authorization: `Bearer ${plain}`, 'X-Forwarded-For': from[n % from.length], 'User-Agent': agent };
}
