// Runs once around all tests: the server with the people of the demonstration, and its twin on Postgres if one is given.
import { spawnSync } from 'node:child_process';

import { ports, startServer, type Server } from './server.ts';

export default async function setup() {
  const servers: Server[] = [await startServer(ports.sqlite, { demo: true })];
  const postgres = process.env.ROUNDTABLE_TEST_POSTGRES;
  const database = `end2end_${process.pid}`;
  if (postgres) {
    psql(postgres, `CREATE DATABASE ${database}`);
    const own = new URL(postgres);
    own.pathname = `/${database}`;
    servers.push(await startServer(ports.postgres, { demo: true, database: own.href }));
  }
  return async () => {
    const leaks = (await Promise.all(servers.map((server) => server.stop()))).flat();
    if (postgres) psql(postgres, `DROP DATABASE ${database} WITH (FORCE)`);
    // RK-31, RK-33, B32: after everything that the tests did, no whole key is in the database or in the log.
    if (leaks.length > 0) throw new Error(`a whole key was written to ${leaks.join(', ')}`);
  };
}

function psql(postgres: string, statement: string) {
  const done = spawnSync('psql', [postgres, '--quiet', '--no-psqlrc', '--command', statement], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`psql: ${done.error?.message ?? done.stderr}`);
}
