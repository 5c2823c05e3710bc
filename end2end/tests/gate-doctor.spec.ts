// `roundtable gate doctor` against nginx, Caddy, Traefik and Envoy: with the recipes of protect-your-api.md, and with a wrong line.
import { spawn } from 'node:child_process';

import { shop } from '../support/orders.ts';
import { startInstallation } from '../support/programs.ts';
import { startProxy, type Change, type Ports, type Program } from '../support/proxies.ts';
import { BINARY, WHOLE_KEY, ports } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

interface Check {
  check: string;
  outcome: string;
  found: string | null;
  advice: { proxy: string; change: string }[];
}

interface Ended {
  code: number | null;
  report: { proxy: string | null; checks: Check[] };
}

interface Keys {
  good: string;
  powerless: string;
}

/** Runs the command with `--app`. `onPrompt` runs when it asks the person to revoke the key. */
function doctor(at: Ports, { good, powerless }: Keys, more: string[] = [], onPrompt?: () => void): Promise<Ended> {
  const args = ['gate', 'doctor', `http://127.0.0.1:${at.proxy}/orders/7`, '--app', `127.0.0.1:${at.app}`, '--json', ...more];
  const env = { ROUNDTABLE_GATE_KEY: good, ROUNDTABLE_GATE_KEY_WITHOUT_SCOPE: powerless } as unknown as NodeJS.ProcessEnv;
  const child = spawn(BINARY, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  let isAsked = false;
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
    if (!isAsked && stderr.includes('Revoke the key')) {
      isAsked = true;
      onPrompt?.();
    }
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      expect(`${stdout}${stderr}`).not.toMatch(WHOLE_KEY);
      try {
        resolve({ code, report: JSON.parse(stdout) });
      } catch {
        reject(new Error(`the command exited with ${code}: ${stderr}${stdout}`));
      }
    });
  });
}

const named = ({ report }: Ended, outcome: string) =>
  report.checks.filter((check) => check.outcome === outcome).map(({ check }) => check);

const without = (line: string): Change => (text) => {
  expect(text).toContain(line);
  return text.replace(line, '');
};

const instead = (from: string, to: string): Change => (text) => {
  expect(text).toContain(from);
  return text.replace(from, to);
};

interface Wrong {
  what: string;
  change: Change;
  /** The checks that fail. */
  failed: string[];
  /** A part of the advice. */
  line: string;
}

const delete_ = (line: string, failed: string[]): Wrong => ({ what: `without ${line}`, change: without(line), failed, line: line.replace(/^- /, '') });

const WRONG: Partial<Record<Program, Wrong[]>> = {
  nginx: [
    delete_('proxy_set_header X-API-Key "";', ['key_hidden_x_api_key']),
    delete_('proxy_set_header Authorization "";', ['key_hidden_authorization']),
    delete_('proxy_set_header X-Roundtable-Owner $rt_owner;', ['owner_headers', 'forged_headers', 'doubled_header']),
    delete_('proxy_set_header X-Roundtable-Expires $rt_expires;', ['forged_headers']),
    delete_('auth_request /_gate;', ['no_key', 'bad_key', 'refused_stays_out', 'owner_headers']),
    {
      what: 'with a limit of the body',
      change: instead('listen ', 'client_max_body_size 100k; listen '),
      failed: ['large_body'],
      line: 'client_max_body_size',
    },
    {
      what: 'without a scope',
      change: instead('?scope=orders:read&deny=403', '?deny=403'),
      failed: ['missing_scope', 'refused_stays_out'],
      line: '?scope=',
    },
    {
      what: 'with a cache',
      change: instead('proxy_method GET;', 'proxy_method GET; proxy_cache checks; proxy_cache_valid 200 1m; proxy_ignore_headers Cache-Control;'),
      failed: ['same_connection', 'refused_stays_out'],
      line: 'proxy_cache off;',
    },
    {
      what: 'with underscores',
      change: instead('listen ', 'underscores_in_headers on; listen '),
      failed: ['underscores'],
      line: 'underscores_in_headers on;',
    },
    {
      what: 'with another method',
      change: instead('proxy_set_header Authorization "";', 'proxy_set_header Authorization ""; proxy_method GET;'),
      failed: ['method'],
      line: 'proxy_method GET;',
    },
  ],
  Caddy: [
    delete_('request_header -X-API-Key', ['key_hidden_x_api_key']),
    delete_('request_header -Authorization', ['key_hidden_authorization']),
    delete_('request_header -X-Roundtable-*', ['other_headers']),
    {
      what: 'without the owner',
      change: instead('copy_headers X-Roundtable-Key-Id X-Roundtable-Owner', 'copy_headers X-Roundtable-Key-Id'),
      failed: ['owner_headers'],
      line: 'copy_headers',
    },
  ],
  Traefik: [
    delete_('X-API-Key: ""', ['key_hidden_x_api_key']),
    delete_('aliasHeadersStrategy: delete', ['underscores', 'dots']),
    {
      what: 'with a list of headers',
      change: instead(
        'authResponseHeadersRegex: "^X-Roundtable-"',
        'authResponseHeaders: [X-Roundtable-Key-Id, X-Roundtable-Owner, X-Roundtable-External-Id, X-Roundtable-Scopes, X-Roundtable-Environment, X-Roundtable-Expires, X-Roundtable-Assertion]',
      ),
      failed: ['other_headers'],
      line: 'authResponseHeadersRegex: "^X-Roundtable-"',
    },
  ],
  Envoy: [
    delete_('common_http_protocol_options: { headers_with_underscores_action: DROP_HEADER }', ['underscores']),
    delete_('- remove_on_match: { key_matcher: { prefix: x.roundtable., ignore_case: true } }', ['dots']),
    delete_('- remove_on_match: { key_matcher: { prefix: x-roundtable-, ignore_case: true } }', ['other_headers']),
  ],
};

/** Programs that send no header with their name. */
const NAMELESS: Program[] = ['Traefik'];

for (const [index, program] of (Object.keys(WRONG) as Program[]).entries()) {
  test(`the doctor finds what is wrong in ${program}`, async () => {
    test.setTimeout(240_000);
    const first = ports.doctor(index);
    const at = { roundtable: first, app: first + 1, proxy: first + 2 };
    const installation = await startInstallation(at.roundtable);
    try {
      const { good, powerless, revoke } = await shop(installation);
      const keys = { good: good.api_key, powerless: powerless.api_key };

      await test.step('passes the recipe', async () => {
        const end = await startProxy(program, at);
        try {
          const ended = await doctor(at, keys);
          expect(ended.report.proxy).toBe(NAMELESS.includes(program) ? null : program.toLowerCase());
          expect(ended.report.checks.filter(({ outcome }) => outcome !== 'passed' && outcome !== 'note')).toEqual([]);
          expect(named(ended, 'note')).toEqual(program === 'nginx' ? ['other_headers'] : []);
          expect(ended.code).toBe(0);
        } finally {
          await end();
        }
      });

      // These lines are for gates that wait for the body. That of Roundtable answers without it.
      const harmless = ['proxy_set_header Content-Length "";', 'proxy_pass_request_body off;'];
      for (const line of program === 'nginx' ? harmless : []) {
        await test.step(`passes the recipe without ${line}`, async () => {
          const end = await startProxy(program, at, without(line));
          try {
            expect(named(await doctor(at, keys), 'failed')).toEqual([]);
          } finally {
            await end();
          }
        });
      }

      for (const { what, change, failed, line } of WRONG[program] ?? []) {
        await test.step(`fails the recipe ${what}`, async () => {
          const end = await startProxy(program, at, change);
          try {
            const ended = await doctor(at, keys, NAMELESS.includes(program) ? ['--proxy', program.toLowerCase()] : []);
            expect(named(ended, 'failed').sort()).toEqual([...failed].sort());
            const advice = ended.report.checks.flatMap((check) => check.advice);
            expect(advice.filter(({ proxy }) => proxy !== program.toLowerCase())).toEqual([]);
            expect(advice.map((one) => one.change).join('\n')).toContain(line);
            expect(ended.code).toBe(1);
          } finally {
            await end();
          }
        });
      }

      await test.step('sees that a revoked key is refused', async () => {
        const end = await startProxy(program, at);
        try {
          const ended = await doctor(at, keys, ['--wait-for-revoke'], () => void revoke(good.key_id));
          expect(ended.report.checks.find(({ check }) => check === 'revoked')?.outcome).toBe('passed');
          expect(ended.code).toBe(0);
        } finally {
          await end();
        }
      });
    } finally {
      expect(await installation.server.stop()).toEqual([]);
    }
  });
}
