// What a page weighs on the wire, and how it comes to the eye.
import type { BrowserContext, Page } from '@playwright/test';

export const KB = 1024;

export const KINDS = ['html', 'css', 'js', 'wasm', 'font', 'icons', 'other'] as const;
export type Kind = (typeof KINDS)[number];

/** What the keys page with 50 rows may weigh as it is sent, in KB. Icons have no budget, and live marks do not end. */
export const BUDGETS: Partial<Record<Kind, number>> = { html: 25, css: 12, js: 10, wasm: 120, font: 50 };

/** Rows of the keys page that the budgets are about. */
export const ROWS = 50;

export interface Bytes {
  files: number;
  /** Bytes of the body as they were sent, compressed or not. */
  sent: number;
  /** Bytes once they are unpacked. */
  plain: number;
}

export interface Look {
  kinds: Record<Kind, Bytes>;
  requests: number;
  /** Milliseconds. `server`: from asking for the page to its first byte; the others from the start of the navigation. */
  times: { server: number; firstPaint: number; largestPaint: number; awake: number | undefined };
  /** Cumulative layout shift. */
  shift: number;
  /** What moved, when, and from where to where. */
  moved: string[];
}

interface Shift extends PerformanceEntry {
  value: number;
  sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
}

/** Notes on every page of these browsers when its islands are awake. Call it before the page is opened. */
export async function noteAwakening(context: BrowserContext) {
  await context.addInitScript(() => {
    const ready = () => document.documentElement?.dataset.islands === 'ready';
    new MutationObserver((_, observer) => {
      if (!ready()) return;
      performance.mark('awake');
      observer.disconnect();
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-islands'] });
  });
}

/** Looks at the page that is open, once everything on it has come to rest. */
export async function look(page: Page): Promise<Look> {
  await page.waitForLoadState('load');
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  if (await page.locator('leptos-island').count()) await page.locator('html[data-islands=ready]').waitFor();
  await page.waitForTimeout(500);
  const seen = await page.evaluate(async () => {
    const entries = (type: string) =>
      new Promise<PerformanceEntry[]>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type, buffered: true });
        setTimeout(() => resolve([]), 200);
      });
    const [document] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    const files = [document, ...(performance.getEntriesByType('resource') as PerformanceResourceTiming[])];
    const shifts = (await entries('layout-shift')) as Shift[];
    const place = ({ x, y, width, height }: DOMRectReadOnly) => [x, y, width, height].map(Math.round).join(' ');
    const moved = shifts.flatMap(({ startTime, sources }) =>
      sources.map(({ node, previousRect, currentRect }) => {
        const what = node instanceof Element ? node.outerHTML.slice(0, 80) : node?.textContent?.slice(0, 80);
        return `${Math.round(startTime)} ms: ${what} [${place(previousRect)}] -> [${place(currentRect)}]`;
      }),
    );
    return {
      files: files.map(({ name, encodedBodySize, decodedBodySize }) => ({ name, encodedBodySize, decodedBodySize })),
      times: {
        server: document.responseStart - document.requestStart,
        firstPaint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
        largestPaint: (await entries('largest-contentful-paint')).at(-1)?.startTime ?? 0,
        awake: performance.getEntriesByName('awake')[0]?.startTime,
      },
      shift: shifts.reduce((sum, shift) => sum + shift.value, 0),
      moved,
    };
  });
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, { files: 0, sent: 0, plain: 0 }])) as Record<Kind, Bytes>;
  seen.files.forEach((file, at) => {
    const bytes = kinds[at === 0 ? 'html' : kindOf(file.name)];
    bytes.files += 1;
    bytes.sent += file.encodedBodySize;
    bytes.plain += file.decodedBodySize;
  });
  return { kinds, requests: seen.files.length, times: seen.times, shift: seen.shift, moved: seen.moved };
}

function kindOf(address: string): Kind {
  const ending = new URL(address).pathname.split('.').pop();
  const kinds: Record<string, Kind> = { css: 'css', js: 'js', wasm: 'wasm', woff2: 'font', svg: 'icons' };
  return kinds[ending ?? ''] ?? 'other';
}
