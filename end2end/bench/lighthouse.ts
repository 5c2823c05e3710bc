// Runs Lighthouse with the session of a person who is signed in.
import { chromium, type Cookie, type LaunchOptions } from '@playwright/test';

export const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;
export type Category = (typeof CATEGORIES)[number];
export const PRESETS = ['desktop', 'mobile'] as const;
export type Preset = (typeof PRESETS)[number];

export interface Scores {
  /** 0 to 100. */
  scores: Record<Category, number>;
  /** What cost points, in Lighthouse's words. */
  lost: string[];
}

/** Runs differ a little, so the middle one counts. */
const RUNS = 5;
/** The stream of live marks never ends, so Lighthouse is not to wait for silence for long. */
const PATIENCE = 20_000;

/** The scores of a page: of several runs the one in the middle. */
export async function audit(address: string, cookies: Cookie[], preset: Preset, port: number, launch: LaunchOptions): Promise<Scores> {
  const runs: Scores[] = [];
  for (let lost = 0; runs.length < RUNS; ) {
    try {
      runs.push(await once(address, cookies, preset, port, launch));
    } catch (error) {
      // Now and then the browser gives no record of a load at all.
      if (lost++ === 1 || !String(error).includes('NO_NAVSTART')) throw error;
    }
  }
  console.log(`${preset}: ${runs.map(({ scores }) => Object.values(scores).join('/')).join(', ')}`);
  return runs.sort((one, other) => total(one) - total(other))[(RUNS - 1) / 2];
}

const total = ({ scores }: Scores) => CATEGORIES.reduce((sum, category) => sum + scores[category], 0);

async function once(address: string, cookies: Cookie[], preset: Preset, port: number, launch: LaunchOptions): Promise<Scores> {
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
    const { lhr } = (await lighthouse(address, flags, preset === 'desktop' ? desktopConfig : undefined))!;
    if (lhr.runtimeError) throw new Error(`Lighthouse: ${lhr.runtimeError.message}`);
    if (lhr.finalDisplayedUrl !== address) throw new Error(`Lighthouse came to ${lhr.finalDisplayedUrl}, not to ${address}`);
    const scores = Object.fromEntries(CATEGORIES.map((name) => [name, Math.round((lhr.categories[name].score ?? 0) * 100)]));
    const weighed = CATEGORIES.flatMap((name) => lhr.categories[name].auditRefs.filter(({ weight }) => weight > 0));
    const lost = weighed.map(({ id }) => lhr.audits[id]).filter(({ score }) => score !== null && score < 0.995);
    return { scores: scores as Record<Category, number>, lost: lost.map(({ id, title, displayValue }) => `${id}: ${title} ${displayValue ?? ''}`.trim()) };
  } finally {
    await browser.close();
  }
}
