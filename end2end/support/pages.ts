// Pages of other origins.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { url } from './server.ts';

export interface Site {
  /** The origin of the pages. */
  url: string;
  stop(): void;
}

/** Serves an origin on loopback. */
export function serveSite(port: number, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Site> {
  const server = createServer(answer);
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve({ url: url(port), stop })));
}

/** Serves the same page at every path of an origin. */
export const servePage = (port: number, html = '<!doctype html><link rel="icon" href="data:,"><title>Other origin</title>') =>
  serveSite(port, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(html);
  });
