// A server that checks keys with the API-key plugin of Better Auth:
//
//   node better-auth.mjs fill URL COUNT FILE   makes the tables and keys, and writes the keys
//   node better-auth.mjs serve URL PORT        answers every request whose key is valid
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { SqliteDialect } from 'kysely';

const [command, url, ...rest] = process.argv.slice(2);
const auth = betterAuth({
  database: await open(url),
  baseURL: 'http://127.0.0.1',
  secret: 'a secret of the measurements, used nowhere else',
  emailAndPassword: { enabled: true },
  logger: { level: 'error' },
  telemetry: { enabled: false },
  plugins: [apiKey({ rateLimit: { enabled: false } })],
});

if (command === 'fill') await fill(Number(rest[0]), rest[1]);
else if (command === 'serve') serve(Number(rest[0]));
else throw new Error('usage: better-auth.mjs fill URL COUNT FILE | serve URL PORT');

/** Opens `sqlite://PATH` or `postgres://…`. */
async function open(url) {
  if (url.startsWith('postgres:')) {
    const { default: pg } = await import('pg');
    return new pg.Pool({ connectionString: url });
  }
  // It has the interface of better-sqlite3, and needs no compiler.
  const { default: Database } = await import('libsql');
  const database = new Database(url.replace('sqlite://', ''));
  // The plugin writes on every check. With a rollback journal, each would wait for the disk.
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  return { dialect: new SqliteDialect({ database }), type: 'sqlite' };
}

async function fill(count, file) {
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  const { user } = await auth.api.signUpEmail({
    body: { name: 'One', email: 'one@bench.example', password: 'used by the measurements' },
  });
  const keys = [];
  for (let n = 0; n < count; n += 1) {
    const { key } = await auth.api.createApiKey({ body: { name: `Script ${n}`, userId: user.id } });
    keys.push(key);
  }
  writeFileSync(file, `${keys.join('\n')}\n`);
  process.exit(0);
}

function serve(port) {
  const server = createServer(async (request, response) => {
    request.resume();
    if (request.url === '/ready') return answer(response, 200, {});
    const key = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const { valid, key: found } = await auth.api.verifyApiKey({ body: { key } });
    if (!valid) return answer(response, 401, {});
    return answer(response, 200, { id: found.id, name: found.name, owner: found.referenceId });
  });
  process.on('SIGTERM', () => process.exit(0));
  server.listen(port, '127.0.0.1');
}

function answer(response, status, value) {
  const body = JSON.stringify(value);
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  response.writeHead(status, headers).end(body);
}
