// What a person has sealed, and the warning before a rotation that loses it.
import { bearer, curl } from '../support/curl.ts';
import { inspect } from '../support/looks.ts';
import { MINA, OLIVIA, createKey, openKey, row, signIn, unique } from '../support/people.ts';
import { expect, test } from '../support/test.ts';

const SECRET = 'Meet at the lighthouse';

async function post(baseURL: string | undefined, key: string, path: string, body: object) {
  const json = ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)];
  const made = await curl(`${baseURL}/api/v1${path}`, ...bearer(key), ...json);
  expect(made.status, made.text).toBe(201);
  return made.json;
}

/** Writes an item, and returns its ID. */
async function seal(baseURL: string | undefined, key: string, kind: string): Promise<string> {
  return (await post(baseURL, key, `/sealed/${kind}`, { text: SECRET })).id;
}

// RO-31, D31
test('the page of sealed items shows numbers and keys, never texts', { tag: ['@plain', '@store'] }, async ({ page, baseURL, scripted }) => {
  const name = unique('Journal');
  await signIn(page, MINA);
  const key = await createKey(page, name, scripted);
  for (const kind of ['notebook', 'sessions', 'todos', 'todos', 'activities']) await seal(baseURL, key, kind);
  const todo = await seal(baseURL, key, 'todos');
  const done = await curl(`${baseURL}/api/v1/sealed/todos/${todo}`, ...bearer(key), '-X', 'PATCH', '-H', 'Content-Type: application/json', '-d', '{"done":true}');
  expect(done.json).toEqual({ id: todo, done: true });

  await openKey(page, name);
  await page.getByRole('link', { name: '1 note, 1 session, 3 todos and 1 activity' }).click();
  await expect(page.getByRole('heading', { name: 'Sealed items', level: 1 })).toBeVisible();
  await expect(row(page, 'Todos')).toContainText('just now');
  const mine = page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
  await expect(mine).toContainText('1 note, 1 session, 3 todos and 1 activity');
  expect(await page.content()).not.toContain(SECRET);
});

/** No later than the key that creates the key. */
const tomorrow = () => new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString();

// RO-31, RO-32, RO-33
test('the page of a rotation says what would be lost, and asks only if there are messages', { tag: '@plain' }, async ({ page, baseURL, scripted, guard }) => {
  guard.expects(/409/);
  const organization = await signIn(page, OLIVIA);
  const owner = await createKey(page, unique('Courier'), scripted);
  // A service account has one key, so its messages are sealed to that key.
  const name = unique('Courier');
  const account = await post(baseURL, owner, '/service-accounts', { name });
  const { key_id: id, api_key: key } = await post(baseURL, owner, '/keys', { actor_id: account.actor_id, expires_at: tomorrow() });
  const rotation = `/o/${organization}/settings/api-keys/${id}/rotate`;
  await page.goto(rotation);
  await expect(page.getByText('encrypted for this key')).toHaveCount(0);

  await seal(baseURL, key, 'notebook');
  const confirm = page.getByLabel('I understand these messages will be permanently unreadable.');
  await page.goto(rotation);
  await expect(page.getByText('1 note is encrypted for this key.')).toBeVisible();
  await expect(confirm).toHaveCount(0);

  for (const kind of ['inbox', 'todos', 'todos']) await seal(baseURL, key, kind);
  await page.goto(rotation);
  await expect(page.getByText('1 message, 1 note and 2 todos are encrypted for this key.')).toBeVisible();
  await page.getByRole('link', { name: 'See all sealed items' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(name);
  await expect(row(page, 'Inbox')).toContainText('just now');
  await page.goto(rotation);
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('Messages are encrypted for this key.');
  await confirm.check();
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  await expect(page.getByText('1 message, 1 note and 2 todos were encrypted for the old key and can no longer be read.')).toBeVisible();
});

test('the page of sealed items and the warning fit every width and both themes', async ({ page, baseURL, scripted }) => {
  test.slow();
  const organization = await signIn(page, OLIVIA);
  const owner = await createKey(page, unique('Journal'), scripted);
  const account = await post(baseURL, owner, '/service-accounts', { name: unique('Journal') });
  const { key_id: id, api_key: key } = await post(baseURL, owner, '/keys', { actor_id: account.actor_id, expires_at: tomorrow() });
  await page.goto(`/o/${organization}/settings/service-accounts/${account.actor_id}/sealed`);
  await expect(page.getByText('Nothing is sealed yet.')).toBeVisible();
  await inspect(page, 'sealed-nothing');
  for (const kind of ['inbox', 'notebook', 'sessions', 'todos', 'activities']) await seal(baseURL, key, kind);
  await page.reload();
  await inspect(page, 'sealed');
  await page.goto(`/o/${organization}/settings/api-keys/${id}/rotate`);
  await inspect(page, 'rotate-key-loss');
});
