// Samples of other pages, code as it is printed there, run against the real server. Only addresses and keys are changed:
// HOST stands for the installation, KEY for a key, ID for the id of one.
import { call, run, startFounded, type Founded, type Language, type Printed } from '../support/programs.ts';
import { ports } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

interface Sample {
  name: string;
  language: Language;
  code: string;
  status?: number;
  check(answer: Printed): void;
}

const listed = ({ json }: Printed) => {
  expect(Object.keys(json)).toEqual(['workspaces']);
  expect(json.workspaces[0]).toMatchObject({ name: 'Engineering', provider: 'anthropic', model: 'claude-sonnet-4-20250514', status: 'running' });
  expect(json.workspaces[0].id).toMatch(/^ws_/);
};

// RK-35, RK-36, RK-37, RK-38, RK-39, RK-40 (000).
const API_KEYS: Sample[] = [
  {
    name: 'RK-35 RK-36 a key as bearer token, with a content type',
    language: 'bash',
    code: `curl -X GET HOST/api/v1/workspaces \\
-H "Authorization: Bearer KEY" \\
-H "Content-Type: application/json"`,
    check: listed,
  },
  {
    name: 'RK-37 RK-38 RK-39 workspaces through jq',
    language: 'bash',
    code: `curl -s HOST/api/v1/workspaces \\
-H "Authorization: Bearer KEY" | jq`,
    check: listed,
  },
  {
    name: 'RK-40 a workspace with its model',
    language: 'bash',
    code: `curl -X POST HOST/api/v1/workspaces \\
-H "Authorization: Bearer KEY" \\
-H "Content-Type: application/json" \\
-d '{
"name": "Analytics",
"provider": "vertex_ai",
"model": "gemini-2.5-pro"
}'`,
    status: 201,
    check: ({ json }) => expect(json).toMatchObject({ name: 'Analytics', model: 'gemini-2.5-pro', status: 'running' }),
  },
];

// RA-06..RA-11, RA-19, RA-20 (001). Where the page shows an ID token a key goes the same way.
const AUTHENTICATION: Sample[] = [
  {
    name: 'RA-06 RA-09 curl with a key',
    language: 'bash',
    code: `curl HOST/api/v1/workspaces \\
-H "Authorization: Bearer KEY"`,
    check: listed,
  },
  {
    name: 'RA-09 curl with a token',
    language: 'bash',
    code: `curl -X GET HOST/api/v1/workspaces \\
-H "Authorization: Bearer KEY" \\
-H "Content-Type: application/json"`,
    check: listed,
  },
  {
    name: 'RA-10 fetch',
    language: 'javascript',
    code: `const token = 'KEY';
const response = await fetch(
'HOST/api/v1/workspaces',
{
headers: {
'Authorization': \`Bearer \${token}\`,
'Content-Type': 'application/json',
},
}
);

const data = await response.json();
console.log(JSON.stringify(data));`,
    check: listed,
  },
  {
    name: 'RA-11 requests',
    language: 'python',
    code: `token = "KEY"
import requests

headers = {
"Authorization": f"Bearer {token}",
"Content-Type": "application/json",
}

response = requests.get(
"HOST/api/v1/workspaces",
headers=headers,
)

data = response.json()
import json; print(json.dumps(data))`,
    check: listed,
  },
  {
    name: 'RA-19 RA-20 a pipeline with its key in a variable',
    language: 'bash',
    code: `ROUNDTABLE_API_KEY="KEY"
curl -X POST HOST/api/v1/workspaces \\
-H "Authorization: Bearer \${ROUNDTABLE_API_KEY}" \\
-H "Content-Type: application/json" \\
-d '{"name": "Staging Environment", "provider": "vertex_ai"}'`,
    status: 201,
    check: ({ json }) => expect(json).toMatchObject({ name: 'Staging Environment', provider: 'vertex_ai' }),
  },
];

// RO-07, RO-29, RO-36..RO-42 (002).
const KEYS: Sample[] = [
  {
    name: 'RO-07 RO-09 RO-40 RO-42 every key',
    language: 'bash',
    code: `ROOTS_API_KEY="KEY"
curl HOST/api/v1/keys \\
  -H "X-API-Key: $ROOTS_API_KEY"`,
    check: ({ json }) => expect(json.at(-1)).toMatchObject({ key_id: 1, actor_id: 1, label: 'bootstrap key', expires_at: null }),
  },
  {
    name: 'RO-37 RO-38 RO-39 a key is revoked',
    language: 'bash',
    code: `ROOTS_API_KEY="KEY"
curl -X DELETE HOST/api/v1/keys/ID \\
  -H "X-API-Key: $ROOTS_API_KEY"`,
    check: ({ json }) => expect(json).toEqual({ status: 'revoked', key_id: expect.any(Number) }),
  },
];

// KE-34, KE-35 (003).
const PROJECTS: Sample = {
  name: 'KE-34 KE-35 projects',
  language: 'bash',
  code: `export KEYSTROKE_API_KEY="KEY"
export KEYSTROKE_PLATFORM_URL="HOST"

curl "$KEYSTROKE_PLATFORM_URL/api/projects" \\
  -H "Authorization: Bearer $KEYSTROKE_API_KEY"`,
  check: ({ json }) => expect(json.projects[0]).toMatchObject({ name: 'Engineering', provider: 'anthropic' }),
};

// RO-29, RO-35, RO-41 (002): with the name and the word for what would be lost.
const ROTATE = `ROOTS_API_KEY="KEY"
curl -X POST HOST/api/v1/keys/rotate \\
  -H "X-API-Key: $ROOTS_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"confirm_message_loss": true, "label": "rotated-2026-04"}'`;

test.describe('samples', () => {
  test.describe.configure({ mode: 'serial' });
  let house: Founded;
  const fill = (code: string, key = house.key, id = '') =>
    code.replaceAll('HOST', house.server.url).replaceAll('"KEY"', `"${key}"`).replaceAll(/\bKEY\b/g, key).replaceAll('/ID', `/${id}`);

  test.beforeAll(async () => {
    house = await startFounded(ports.samples);
    await call('POST', `${house.server.url}/api/v1/workspaces`, house.key, { name: 'Engineering', provider: 'anthropic' });
  });
  test.afterAll(async () => expect(await house.server.stop()).toEqual([]));

  // What only reads goes first, while there is one workspace.
  const samples = [...API_KEYS, ...AUTHENTICATION, PROJECTS, ...KEYS].sort((a, b) => (a.status ?? 0) - (b.status ?? 0));
  for (const sample of samples) {
    test(sample.name, async () => {
      const spare = await call('POST', `${house.server.url}/api/v1/keys`, house.key, { label: 'spare', scopes: [] });
      const answer = await run(sample.language, fill(sample.code, house.key, String(spare.key_id)), {});
      if (sample.language === 'bash') expect(answer.statuses, answer.text).toEqual([sample.status ?? 200]);
      sample.check(answer);
    });
  }

  test('RO-29 RO-35 RO-41 a key replaces itself', async () => {
    const old = await call('POST', `${house.server.url}/api/v1/keys`, house.key, { label: 'old' });
    const { statuses, json } = await run('bash', fill(ROTATE, old.api_key), {});
    expect(statuses).toEqual([201]);
    expect(json).toMatchObject({ actor_id: old.actor_id, messages_orphaned: 0 });
    expect(json.api_key.startsWith(json.key_prefix)).toBe(true);
    expect(json.public_key_hex).not.toBe(old.public_key_hex);
    const gone = await fetch(`${house.server.url}/api/v1/me`, { headers: { 'X-API-Key': old.api_key } });
    expect(gone.status).toBe(401);
  });
});
