// Runs Lighthouse with the session of a person who is signed in.
import { chromium, type Cookie, type LaunchOptions } from '@playwright/test';

export const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;
export type Category = (typeof CATEGORIES)[number];
export const PRESETS = ['desktop', 'mobile'] as const;
export type Preset = (typeof PRESETS)[number];

export interface Scores {
  /** 0 to 100. */
  scores: Record<Category, number>;
  /** The audits that lost points. */
  lost: string[];
}

/** The number of runs. The median counts because runs differ slightly. */
const RUNS = 5;
/** Limits how long Lighthouse waits for network idle, because the event stream of live updates never ends. */
const PATIENCE = 20_000;

/** The scores of the median of several runs. */
export async function audit(url: string, cookies: Cookie[], preset: Preset, port: number, launch: LaunchOptions): Promise<Scores> {
  const runs: Scores[] = [];
  for (let lost = 0; runs.length < RUNS; ) {
    try {
      runs.push(await once(url, cookies, preset, port, launch));
    } catch (error) {
      // The browser occasionally records no navigation.
      if (lost++ === 1 || !String(error).includes('NO_NAVSTART')) throw error;
    }
  }
  console.log(`${preset}: ${runs.map(({ scores }) => Object.values(scores).join('/')).join(', ')}`);
  return runs.sort((one, other) => total(one) - total(other))[(RUNS - 1) / 2];
}

const total = ({ scores }: Scores) => CATEGORIES.reduce((sum, category) => sum + scores[category], 0);

async function once(url: string, cookies: Cookie[], preset: Preset, port: number, launch: LaunchOptions): Promise<Scores> {
  const { default: lighthouse, desktopConfig } = await import('lighthouse');
  const browser = await chromium.launch({ ...launch, args: [...(launch.args ?? []), `--remote-debugging-port=${port}`] });
  try {
    const flags = {
      port,
      logLevel: 'error' as const,
      onlyCategories: [...CATEGORIES],
      maxWaitForLoad: PATIENCE,
      extraHeaders: { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') },
    };
    const { lhr } = (await lighthouse(url, flags, preset === 'desktop' ? desktopConfig : undefined))!;
    if (lhr.runtimeError) throw new Error(`Lighthouse: ${lhr.runtimeError.message}`);
    if (lhr.finalDisplayedUrl !== url) throw new Error(`Lighthouse opened ${lhr.finalDisplayedUrl} instead of ${url}`);
    const scores = Object.fromEntries(CATEGORIES.map((name) => [name, Math.round((lhr.categories[name].score ?? 0) * 100)]));
    const weighed = CATEGORIES.flatMap((name) => lhr.categories[name].auditRefs.filter(({ weight }) => weight > 0));
    const lost = weighed.map(({ id }) => lhr.audits[id]).filter(({ score }) => score !== null && score < 0.995);
    return { scores: scores as Record<Category, number>, lost: lost.map(({ id, title, displayValue }) => `${id}: ${title} ${displayValue ?? ''}`.trim()) };
  } finally {
    await browser.close();
  }
}
