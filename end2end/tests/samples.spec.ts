// Unchanged code samples of other pages, run against the real server. Only placeholders are replaced: HOST by the URL
// of the installation, KEY by a key, ID by the ID of a key.
import { call, run, startInstallation, type Installation, type Language, type Printed } from '../support/programs.ts';
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
    // RK-35, RK-36
    name: 'a key as bearer token, with a content type',
    language: 'bash',
    code: `curl -X GET HOST/api/v1/workspaces \\
-H "Authorization: Bearer KEY" \\
-H "Content-Type: application/json"`,
    check: listed,
  },
  {
    // RK-37, RK-38, RK-39
    name: 'workspaces through jq',
    language: 'bash',
    code: `curl -s HOST/api/v1/workspaces \\
-H "Authorization: Bearer KEY" | jq`,
    check: listed,
  },
  {
    // RK-40
    name: 'a workspace with its model',
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
    // RA-06, RA-09
    name: 'curl with a key',
    language: 'bash',
    code: `curl HOST/api/v1/workspaces \\
-H "Authorization: Bearer KEY"`,
    check: listed,
  },
  {
    // RA-09
    name: 'curl with a token',
    language: 'bash',
    code: `curl -X GET HOST/api/v1/workspaces \\
-H "Authorization: Bearer KEY" \\
-H "Content-Type: application/json"`,
    check: listed,
  },
  {
    // RA-10
    name: 'fetch',
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
    // RA-11
    name: 'requests',
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
    // RA-19, RA-20
    name: 'a pipeline with its key in a variable',
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
    // RO-07, RO-09, RO-40, RO-42
    name: 'every key',
    language: 'bash',
    code: `ROOTS_API_KEY="KEY"
curl HOST/api/v1/keys \\
  -H "X-API-Key: $ROOTS_API_KEY"`,
    check: ({ json }) => expect(json.at(-1)).toMatchObject({ key_id: 1, actor_id: 1, label: 'bootstrap key', expires_at: null }),
  },
  {
    // RO-37, RO-38, RO-39
    name: 'a key is revoked',
    language: 'bash',
    code: `ROOTS_API_KEY="KEY"
curl -X DELETE HOST/api/v1/keys/ID \\
  -H "X-API-Key: $ROOTS_API_KEY"`,
    check: ({ json }) => expect(json).toEqual({
      status: 'revoked',
      key_id: expect.any(Number),
      stopped: { nodes: 1, took_ms: expect.any(Number) },
    }),
  },
];

// KE-34, KE-35 (003).
const PROJECTS: Sample = {
  // KE-34, KE-35
  name: 'projects',
  language: 'bash',
  code: `export KEYSTROKE_API_KEY="KEY"
export KEYSTROKE_PLATFORM_URL="HOST"

curl "$KEYSTROKE_PLATFORM_URL/api/projects" \\
  -H "Authorization: Bearer $KEYSTROKE_API_KEY"`,
  check: ({ json }) => expect(json.projects[0]).toMatchObject({ name: 'Engineering', provider: 'anthropic' }),
};

// RO-29, RO-35, RO-41 (002): with a name and with the confirmation of the loss.
const ROTATE = `ROOTS_API_KEY="KEY"
curl -X POST HOST/api/v1/keys/rotate \\
  -H "X-API-Key: $ROOTS_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"confirm_message_loss": true, "label": "rotated-2026-04"}'`;

test.describe('samples', () => {
  test.describe.configure({ mode: 'serial' });
  let installation: Installation;
  const fill = (code: string, key = installation.key, id = '') =>
    code.replaceAll('HOST', installation.server.url).replaceAll('"KEY"', `"${key}"`).replaceAll(/\bKEY\b/g, key).replaceAll('/ID', `/${id}`);

  test.beforeAll(async () => {
    installation = await startInstallation(ports.samples);
    await call('POST', `${installation.server.url}/api/v1/workspaces`, installation.key, { name: 'Engineering', provider: 'anthropic' });
  });
  test.afterAll(async () => expect(await installation.server.stop()).toEqual([]));

  // Samples that only read run first, while there is only one workspace.
  const samples = [...API_KEYS, ...AUTHENTICATION, PROJECTS, ...KEYS].sort((a, b) => (a.status ?? 0) - (b.status ?? 0));
  for (const sample of samples) {
    test(sample.name, async () => {
      const spare = await call('POST', `${installation.server.url}/api/v1/keys`, installation.key, { label: 'spare', scopes: [] });
      const answer = await run(sample.language, fill(sample.code, installation.key, String(spare.key_id)), {});
      if (sample.language === 'bash') expect(answer.statuses, answer.text).toEqual([sample.status ?? 200]);
      sample.check(answer);
    });
  }

  test('the calling key rotates itself', async () => {
    const old = await call('POST', `${installation.server.url}/api/v1/keys`, installation.key, { label: 'old' });
    const { statuses, json } = await run('bash', fill(ROTATE, old.api_key), {});
    expect(statuses).toEqual([201]);
    expect(json).toMatchObject({ actor_id: old.actor_id, messages_orphaned: 0 });
    expect(json.api_key.startsWith(json.key_prefix)).toBe(true);
    expect(json.public_key_hex).not.toBe(old.public_key_hex);
    const gone = await fetch(`${installation.server.url}/api/v1/me`, { headers: { 'X-API-Key': old.api_key } });
    expect(gone.status).toBe(401);
  });
});
