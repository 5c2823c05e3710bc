// The samples of signed-assertion.md: each accepts a valid assertion, and no other. A test of the server runs the sample in
// Rust. Those in Java and Go run where their tools are installed.
import { execFile, spawnSync } from 'node:child_process';
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { call, PYTHON, startInstallation } from '../support/programs.ts';
import { ports, url } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'signed-assertion.md'), 'utf8');
const ISSUER = 'https://roundtable.example.com';

interface Program {
  files: Record<string, string>;
  build?: string[];
  command: string[];
}

interface Sample {
  /** A program that prints the external ID of the assertion in its argument. */
  program(code: string): Program;
  /** Fails unless the tools are installed. */
  tools: string[];
}

const MAIN_GO = `package main

import (
	"fmt"
	"os"
)

func main() {
	claims, err := Verify(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(claims.ExternalID)
}
`;

const SAMPLES: Record<string, Sample> = {
  javascript: {
    program: (code) => ({
      files: { 'sample.mjs': `${code}\nconsole.log((await verifyAssertion(process.argv[2])).external_id);\n` },
      command: ['node', 'sample.mjs'],
    }),
    tools: ['node', '--version'],
  },
  python: {
    program: (code) => ({
      files: { 'sample.py': `${code}\nimport sys\nprint(verify_assertion(sys.argv[1])["external_id"])\n` },
      command: [PYTHON, 'sample.py'],
    }),
    tools: [PYTHON, '--version'],
  },
  go: {
    program: (code) => ({
      files: { 'sample.go': code.replace('package assertion', 'package main'), 'main.go': MAIN_GO },
      build: ['go', 'build', '-o', 'sample', 'sample.go', 'main.go'],
      command: ['./sample'],
    }),
    tools: ['go', 'version'],
  },
  java: {
    program: (code) => {
      const main = 'public static void main(String[] arguments) throws Exception { System.out.println(Assertion.verify(arguments[0])); }';
      return {
        files: { 'Sample.java': code.replace('public class Assertion', `class Sample { ${main} }\n\nclass Assertion`) },
        build: ['javac', 'Sample.java'],
        command: ['java', '-cp', '.', 'Sample'],
      };
    },
    tools: ['javac', '-version'],
  },
};

function sample(language: string, issuer: string): string {
  const [, code] = PAGE.split(`\n\`\`\`${language}\n`);
  return code.split('\n```\n')[0].replaceAll(ISSUER, issuer);
}

interface Result {
  passes: boolean;
  text: string;
}

/** The sample as a program. */
class Checker {
  private folder = mkdtempSync(join(tmpdir(), 'roundtable-assertion-'));
  private command: string[] = [];

  async build(language: string, issuer: string) {
    const { files, build, command } = SAMPLES[language].program(sample(language, issuer));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, name), text);
    this.command = command;
    if (!build) return;
    const built = await this.run(build);
    expect(built, built.text).toMatchObject({ passes: true });
  }

  /** What the sample says about an assertion. */
  check(assertion: string): Promise<Result> {
    return this.run([...this.command, assertion]);
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private run([program, ...args]: string[]): Promise<Result> {
    return new Promise((resolve) => {
      execFile(program, args, { cwd: this.folder, timeout: 120_000 }, (error, stdout, stderr) => {
        resolve({ passes: error === null, text: stdout + stderr });
      });
    });
  }
}

/** An issuer of our own, which can sign what Roundtable never signs. */
class Issuer {
  readonly url: string;
  readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly others = generateKeyPairSync('rsa', { modulusLength: 2048 });
  private server: HttpServer;

  constructor(port: number) {
    this.url = url(port);
    this.server = createServer((_, answer) => {
      const { n, e } = this.keys.publicKey.export({ format: 'jwk' });
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'sig_1', n, e }] }));
    });
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  close() {
    this.server.close();
  }

  token(header: object, claims: object, key: KeyObject = this.keys.privateKey): string {
    const now = Math.floor(Date.now() / 1000);
    const all = { alg: 'RS256', typ: 'rt-assertion+jwt', kid: 'sig_1', ...header };
    const body = {
      iss: this.url,
      aud: `${this.url}/gate/orders`,
      sub: '16',
      external_id: 'customer_42',
      scope: 'orders:read',
      environment: 'production',
      key_id: 2,
      jti: 'req_1',
      iat: now,
      exp: now + 60,
      ...claims,
    };
    const signed = [all, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`;
  }
}

for (const [index, language] of Object.keys(SAMPLES).entries()) {
  test(`the sample in ${language} accepts valid assertions only`, async () => {
    const [program, ...version] = SAMPLES[language].tools;
    test.skip(spawnSync(program, version).error !== undefined, `${program} is not installed`);
    test.setTimeout(240_000);

    const checker = new Checker();
    const { server, key } = await startInstallation(ports.assertion(index));
    try {
      await checker.build(language, server.url);
      const api = { name: 'Orders', slug: 'orders', signed_assertion: true };
      await call('POST', `${server.url}/api/v1/apis`, key, api);
      const consumer = await call('POST', `${server.url}/api/v1/consumers`, key, { external_id: 'customer_42' });
      const made = await call('POST', `${server.url}/api/v1/apis/orders/keys`, key, { actor_id: consumer.actor_id });
      const answer = await fetch(`${server.url}/gate/orders`, { headers: { 'x-api-key': made.api_key } });
      const assertion = answer.headers.get('x-roundtable-assertion') ?? '';
      const real = await checker.check(assertion);
      expect(real, real.text).toMatchObject({ passes: true });
      expect(real.text).toContain('customer_42');
    } finally {
      expect(await server.stop()).toEqual([]);
    }

    const issuer = new Issuer(ports.assertion(index));
    await issuer.listen(ports.assertion(index));
    try {
      await checker.build(language, issuer.url);
      const good = issuer.token({}, {});
      const [head, claims, signature] = good.split('.');
      const passes = await checker.check(good);
      expect(passes, passes.text).toMatchObject({ passes: true });
      const past = Math.floor(Date.now() / 1000) - 1;
      const wrong = {
        'expired': issuer.token({}, { exp: past }),
        'without an end': issuer.token({}, { exp: undefined }),
        'for another API': issuer.token({}, { aud: `${issuer.url}/gate/billing` }),
        // A value that looks like the claim.
        'for another API, with a misleading value': issuer.token({}, { external_id: `","aud":"${issuer.url}/gate/orders`, aud: 'x' }),
        'of another issuer': issuer.token({}, { iss: 'https://other.example' }),
        'an access token': issuer.token({ typ: 'JWT' }, {}),
        'without a type': issuer.token({ typ: undefined }, {}),
        'signed with another key': issuer.token({}, {}, issuer.others.privateKey),
        'of an unknown key': issuer.token({ kid: 'sig_2' }, {}),
        'without a signature': `${head}.${claims}.`,
        'without an algorithm': `${Buffer.from('{"alg":"none","typ":"rt-assertion+jwt","kid":"sig_1"}').toString('base64url')}.${claims}.`,
        'with other claims': `${head}.${issuer.token({}, { sub: '1' }).split('.')[1]}.${signature}`,
        'not a token': 'e30',
      };
      for (const [what, assertion] of Object.entries(wrong)) {
        const refused = await checker.check(assertion);
        expect(refused, `${what}: ${refused.text}`).toMatchObject({ passes: false });
      }
    } finally {
      issuer.close();
      checker.remove();
    }
  });
}
