// Runs once before and after all tests: a server with the demo data, and another one on Postgres if it is configured.
import { freshDatabase, postgres } from './postgres.ts';
import { WHOLE_KEY, ports, startServer, type Server } from './server.ts';

export default async function setup() {
  const servers: Server[] = [await startServer(ports.sqlite, { demo: true })];
  const database = postgres ? freshDatabase(`end2end_${process.pid}`) : undefined;
  if (database) servers.push(await startServer(ports.postgres, { demo: true, database: database.url }));
  return async () => {
    const leaks = (await Promise.all(servers.map((server) => server.stop()))).flat();
    leaks.push(...(database?.end(WHOLE_KEY) ?? []));
    // RK-31, RK-33, B32: after all tests, neither the database nor the log contains a whole key.
    if (leaks.length > 0) throw new Error(`a whole key was written to ${leaks.join(', ')}`);
  };
}
