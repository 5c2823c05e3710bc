// Runs curl as in the documentation.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Reply {
  status: number;
  headers: Map<string, string>;
  text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

export async function curl(...args: string[]): Promise<Reply> {
  const { stdout } = await run('curl', ['--silent', '--show-error', '--max-time', '20', '--include', ...args]);
  const [head, ...body] = stdout.split('\r\n\r\n');
  const [line, ...fields] = head.split('\r\n');
  const headers = fields.map((field) => field.split(/:\s*/, 2) as [string, string]);
  const text = body.join('\r\n\r\n');
  return {
    status: Number(line.split(' ')[1]),
    headers: new Map(headers.map(([name, value]) => [name.toLowerCase(), value])),
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}

export const bearer = (key: string) => ['-H', `Authorization: Bearer ${key}`];
