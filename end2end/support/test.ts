// `test` with a guard: any error or warning of the browser fails the test unless the test expects it.
import { expect, test as base, type BrowserContext } from '@playwright/test';

export class Guard {
  private readonly problems: string[] = [];
  private readonly expected: RegExp[] = [];

  /** Problems that match are expected by the test. */
  expects(...patterns: RegExp[]) {
    this.expected.push(...patterns);
  }

  watch(context: BrowserContext, scripted = true) {
    context.on('console', (message) => {
      // The browser reports this if the test focuses a field before the page does.
      const late = message.type() === 'info' && message.text().startsWith('Autofocus processing was blocked');
      // The browser reports this if it drops prefetched pages, as the response to a form requests.
      const dropped = message.type() === 'info' && message.text().startsWith('Clear-Site-Data header');
      if (!late && !dropped) this.note(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.note(`page error: ${error.error().message}`));
    context.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      // Leaving a page aborts its requests, and a page without JavaScript aborts the script.
      const harmless = why === 'net::ERR_ABORTED' || (!scripted && request.resourceType() === 'script');
      if (!harmless) this.note(`request failed: ${why} ${request.method()} ${request.url()}`);
    });
    context.on('response', (response) => {
      if (response.status() >= 400) this.note(`response ${response.status()}: ${response.request().method()} ${response.url()}`);
    });
  }

  unexpected() {
    return this.problems.filter((problem) => !this.expected.some((pattern) => pattern.test(problem)));
  }

  private note(problem: string) {
    this.problems.push(problem);
  }
}

export const test = base.extend<{ guard: Guard; scripted: boolean }>({
  guard: [
    async ({ context, javaScriptEnabled }, use) => {
      const guard = new Guard();
      guard.watch(context, javaScriptEnabled !== false);
      await use(guard);
      expect(guard.unexpected(), 'unexpected errors and warnings of the browser').toEqual([]);
    },
    { auto: true },
  ],
  scripted: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled !== false),
});

export { expect };
