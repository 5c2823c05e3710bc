// `test` with the guard: whatever the browser complains about fails the test, unless the test said it would come.
import { expect, test as base, type BrowserContext } from '@playwright/test';

export class Guard {
  private readonly complaints: string[] = [];
  private readonly foreseen: RegExp[] = [];

  /** Complaints like this one belong to the test. */
  expects(...patterns: RegExp[]) {
    this.foreseen.push(...patterns);
  }

  watch(context: BrowserContext, scripted = true) {
    context.on('console', (message) => {
      // The browser says so when someone was quicker than the page in choosing where to type.
      const late = message.type() === 'info' && message.text().startsWith('Autofocus processing was blocked');
      // It also says when pages that it fetched ahead are dropped, as the answer to a form asks for.
      const dropped = message.type() === 'info' && message.text().startsWith('Clear-Site-Data header');
      if (!late && !dropped) this.note(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.note(`page error: ${error.error().message}`));
    context.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      // A page that is left gives up what it was still loading, and one without script the script.
      const given = why === 'net::ERR_ABORTED' || (!scripted && request.resourceType() === 'script');
      if (!given) this.note(`request failed: ${why} ${request.method()} ${request.url()}`);
    });
    context.on('response', (response) => {
      if (response.status() >= 400) this.note(`answer ${response.status()}: ${response.request().method()} ${response.url()}`);
    });
  }

  unforeseen() {
    return this.complaints.filter((complaint) => !this.foreseen.some((pattern) => pattern.test(complaint)));
  }

  private note(complaint: string) {
    this.complaints.push(complaint);
  }
}

export const test = base.extend<{ guard: Guard; scripted: boolean }>({
  guard: [
    async ({ context, javaScriptEnabled }, use) => {
      const guard = new Guard();
      guard.watch(context, javaScriptEnabled !== false);
      await use(guard);
      expect(guard.unforeseen(), 'what the browser complained about').toEqual([]);
    },
    { auto: true },
  ],
  scripted: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled !== false),
});

export { expect };
