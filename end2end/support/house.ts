// Runs once around all tests: the server with the people of the demonstration, and its twin on Postgres if one is given.
import { freshDatabase, postgres } from './postgres.ts';
import { WHOLE_KEY, ports, startServer, type Server } from './server.ts';

export default async function setup() {
  const servers: Server[] = [await startServer(ports.sqlite, { demo: true })];
  const database = postgres ? freshDatabase(`end2end_${process.pid}`) : undefined;
  if (database) servers.push(await startServer(ports.postgres, { demo: true, database: database.address }));
  return async () => {
    const leaks = (await Promise.all(servers.map((server) => server.stop()))).flat();
    leaks.push(...(database?.end(WHOLE_KEY) ?? []));
    // RK-31, RK-33, B32: after everything that the tests did, no whole key is in the database or in the log.
    if (leaks.length > 0) throw new Error(`a whole key was written to ${leaks.join(', ')}`);
  };
}
