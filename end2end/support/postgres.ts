// Databases on the Postgres that `.ci/postgres start` has told of.
import { spawnSync } from 'node:child_process';

/** The address of that Postgres, if there is one. */
export const postgres = process.env.ROUNDTABLE_TEST_POSTGRES;

/** The name of the runs on it. */
export const ON_POSTGRES = 'on Postgres';

export interface Database {
  address: string;
  drop(): void;
}

/** A new database. */
export function freshDatabase(name: string): Database {
  psql(`CREATE DATABASE ${name}`);
  const own = new URL(postgres!);
  own.pathname = `/${name}`;
  return { address: own.href, drop: () => psql(`DROP DATABASE ${name} WITH (FORCE)`) };
}

function psql(statement: string) {
  const done = spawnSync('psql', [postgres!, '--quiet', '--no-psqlrc', '--command', statement], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`psql: ${done.error?.message ?? done.stderr}`);
}
