// Resubmitted forms (F9), the notice of a new key (RK-12), and waiting buttons.
import { OLIVIA, beginCreating, createKeyAndStay, row, sheet, shownKey, signIn, unique } from '../support/people.ts';
import { WHOLE_KEY } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  // F9
  test('reloading the page of a new key creates no second key', async ({ page }) => {
    await signIn(page, OLIVIA);
    const name = unique('Once');
    await createKeyAndStay(page, name, false);
    await page.reload();
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
    await expect(page.locator('.notice.success')).toContainText('cannot be shown again');
    expect(await page.content()).not.toMatch(WHOLE_KEY);
    await page.goto('/settings/api-keys');
    await expect(row(page, name)).toHaveCount(1);
  });
});

// The notice is in the dialog and on the corresponding page.
// RK-12
test('a new key has a prominent danger notice', { tag: '@plain' }, async ({ page, scripted }) => {
  await signIn(page, OLIVIA);
  await createKeyAndStay(page, unique('Notice'), scripted);
  const reveal = sheet(page, scripted);
  const notice = reveal.locator('.notice.danger');
  await expect(notice).toBeVisible();
  await expect(notice).toContainText('Copy your key now. It will not be shown again.');
  await expect(shownKey(page, scripted)).toHaveAccessibleDescription(/Copy your key now/);
  const box = (await notice.boundingBox())!;
  const key = (await shownKey(page, scripted).boundingBox())!;
  expect(box.y + box.height, 'above the key').toBeLessThanOrEqual(key.y);
  // Without JavaScript the test computes the styles in another page.
  if (!scripted) return;
  const looks = await notice.evaluate((element) => {
    const probe = document.createElement('span');
    probe.style.setProperty('color', 'var(--danger)');
    document.body.append(probe);
    const danger = getComputedStyle(probe).color;
    probe.remove();
    const style = getComputedStyle(element);
    const icon = getComputedStyle(element.querySelector('.icon')!).color;
    const plain = getComputedStyle(document.body).backgroundColor;
    return { danger, icon, background: style.backgroundColor, plain };
  });
  expect(looks.icon).toBe(looks.danger);
  expect(looks.background).not.toBe(looks.plain);
});

// The text of a button is readable in every state.
for (const theme of ['light', 'dark']) {
  test(`a waiting button is readable while hovered, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme as 'light' | 'dark' });
    await signIn(page, OLIVIA);
    const form = await beginCreating(page, true);
    let answer = () => {};
    const held = new Promise<void>((resolve) => { answer = resolve; });
    await page.route('**/ui/create_key', async (route) => { await held; await route.continue(); });
    await form.getByLabel('Name').fill(unique('Waiting'));
    await form.getByRole('button', { name: 'Generate' }).click();
    const button = page.locator('#create-key-button');
    await button.hover();
    await expect(button).toHaveAttribute('aria-busy', 'true');
    await expect(form.getByRole('button', { name: 'Generating…' })).toBeVisible();
    expect(await button.evaluate(contrast)).toBeGreaterThanOrEqual(4.5);
    // The tests use reduced motion.
    expect(await button.evaluate((one) => getComputedStyle(one, '::before').animationName)).toBe('none');
    answer();
    await expect(shownKey(page, true)).toBeVisible();
    for (const kind of ['primary', 'danger', '']) {
      for (const state of ['aria-disabled', 'aria-busy']) {
        await page.evaluate(([kind, state]) => {
          document.querySelector('#probe')?.remove();
          const probe = document.createElement('button');
          probe.id = 'probe';
          probe.className = `button ${kind}`;
          probe.textContent = 'Revoke';
          probe.setAttribute('aria-disabled', 'true');
          probe.setAttribute(state, 'true');
          document.querySelector('dialog[open] .sheet-foot')!.append(probe);
        }, [kind, state]);
        const probe = page.locator('#probe');
        await probe.hover();
        expect(await probe.evaluate(contrast), `${kind} ${state}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });
}

/** The contrast of the text of an element with its background (WCAG 2.2, 1.4.3). */
function contrast(element: Element): number {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  const layers: string[] = [];
  for (let one: Element | null = element; one; one = one.parentElement) layers.unshift(getComputedStyle(one).backgroundColor);
  const luminance = (colors: string[]) => {
    canvas.fillStyle = '#fff';
    for (const color of ['#fff', ...colors]) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => {
      const part = byte / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, light] = [luminance(layers), luminance([...layers, getComputedStyle(element).color])].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
