// An independent, certified OpenID provider that requires PKCE and has its own sign-in pages.
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';

import type { Page } from '@playwright/test';
import Provider from 'oidc-provider';

export const CLIENT = { id: 'roundtable', secret: 'the-secret-of-the-client' };

const PEOPLE: Record<string, string> = { ada: 'Ada Lovelace', grace: 'Grace Hopper' };

export interface Running {
  issuer: string;
  stop(): Promise<void>;
}

/**
 * Starts the provider on loopback for one client with this redirect URI. With `aged` it reports a sign-in of an hour
 * ago unless the request has `prompt=login`.
 */
export async function startProvider(port: number, redirect: string, aged = false): Promise<Running> {
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirect],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic',
        require_auth_time: aged,
      },
    ],
    pkce: { required: () => true },
    // The ID token contains email and name, like that of Google.
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@acme.example`, email_verified: true, name: PEOPLE[id] ?? id }),
    }),
    // Grants the scopes without asking the user for consent.
    async loadExistingGrant(context: any) {
      const { client, session, params, provider: here } = context.oidc;
      if (aged && !`${params.prompt ?? ''}`.includes('login')) session.loginTs = Math.floor(Date.now() / 1000) - 3600;
      const grant = new here.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
    cookies: { keys: ['a key that signs the cookies of the provider'] },
    features: { devInteractions: { enabled: true } },
  });
  const server: Server = await new Promise((resolve) => {
    const listening = provider.listen(port, '127.0.0.1', () => resolve(listening));
  });
  if ((server.address() as AddressInfo).port !== port) throw new Error(`the provider does not listen on ${port}`);
  return {
    issuer,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Signs in on the page of the provider. Without JavaScript its page between two users needs a click. */
export async function signInAtProvider(page: Page, person: string, waits = false) {
  await page.getByPlaceholder('Enter any login').fill(person);
  await page.getByPlaceholder('and password').fill('any password');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  if (waits) await page.getByRole('button', { name: 'Continue', exact: true }).click();
}
