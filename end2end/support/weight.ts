// The transfer sizes and loading times of a page.
import type { BrowserContext, Page } from '@playwright/test';

export const KB = 1024;

export const KINDS = ['html', 'css', 'js', 'wasm', 'font', 'icons', 'other'] as const;
export type Kind = (typeof KINDS)[number];

/**
 * The maximum transfer sizes of the keys page with 50 rows, in KB. Icons have no budget, and event streams do not end.
 */
export const BUDGETS: Partial<Record<Kind, number>> = { html: 25, css: 12, js: 10, wasm: 120, font: 50 };

/** The number of rows for which the budgets apply. */
export const ROWS = 50;

export interface Bytes {
  files: number;
  /** The bytes of the bodies as transferred, possibly compressed. */
  sent: number;
  /** The bytes after decompression. */
  plain: number;
}

export interface Measurement {
  kinds: Record<Kind, Bytes>;
  requests: number;
  /** Milliseconds. `server` is the time from the request to the first byte; the others start with the navigation. */
  times: { server: number; firstPaint: number; largestPaint: number; awake: number | undefined };
  /** Cumulative layout shift. */
  shift: number;
  /** The shifted elements with time, old and new position. */
  moved: string[];
}

interface Shift extends PerformanceEntry {
  value: number;
  sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
}

/** Records when the islands of a page are hydrated. Must be called before the page is opened. */
export async function recordHydration(context: BrowserContext) {
  await context.addInitScript(() => {
    const ready = () => document.documentElement?.dataset.islands === 'ready';
    new MutationObserver((_, observer) => {
      if (!ready()) return;
      performance.mark('awake');
      observer.disconnect();
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-islands'] });
  });
}

/** Measures the open page once it has loaded completely. */
export async function measure(page: Page): Promise<Measurement> {
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

function kindOf(url: string): Kind {
  const ending = new URL(url).pathname.split('.').pop();
  const kinds: Record<string, Kind> = { css: 'css', js: 'js', wasm: 'wasm', woff2: 'font', svg: 'icons' };
  return kinds[ending ?? ''] ?? 'other';
}
