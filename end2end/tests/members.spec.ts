// Members, invitations and organizations. Each test has a separate installation, because it would interfere with other
// tests.
import type { Page } from '@playwright/test';

import { bearer, curl } from '../support/curl.ts';
import { inspect } from '../support/looks.ts';
import { test } from '../support/own.ts';
import { ADAM, MINA, NOOR, OLIVIA, awake, createKey, openRowMenu, row } from '../support/people.ts';
import { WHOLE_KEY } from '../support/server.ts';
import { expect } from '../support/test.ts';

const LAYLA = 'ليلى حداد';
const EMAIL = 'layla@new.example';
const LINK = /^http:\/\/127\.0\.0\.1:\d+\/join\/[0-9A-Za-z]{43}$/;

/** The button of the form, whose dialog copies the link. */
const INVITE = /^Create (invitation|link and copy it)$/;

const nav = (page: Page) => page.getByRole('navigation', { name: 'Settings' });
/** The message about the previous action. */
const status = (page: Page) => page.getByRole('status').filter({ hasText: /\S/ });
const link = (page: Page) => page.getByRole('textbox', { name: 'Link' });

/** Goes to the members, from a dialog too. */
async function openMembers(page: Page) {
  const dialog = page.getByRole('dialog');
  if (await dialog.count()) {
    await dialog.getByText(/^(Done|Cancel)$/).click();
    await expect(dialog).toHaveCount(0);
  }
  await nav(page).getByRole('link', { name: 'Members' }).click();
  await expect(page.getByRole('heading', { name: 'Members', level: 1 })).toBeVisible();
}

/** Invites a person, and leaves the page with the link open. */
async function invite(page: Page, email: string, role: string): Promise<string> {
  await openMembers(page);
  await page.getByRole('link', { name: 'Invite member' }).click();
  await page.getByLabel('Email').fill(email);
  await page.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
  await page.getByRole('button', { name: INVITE }).click();
  await expect(link(page)).toHaveValue(LINK);
  return link(page).inputValue();
}

/** Copies the shown secret if JavaScript is on. */
async function copy(page: Page, scripted: boolean) {
  if (!scripted) return;
  await awake(page, scripted);
  for (const button of await page.getByRole('button', { name: 'Copy', exact: true }).all()) {
    await button.click();
    await expect(page.getByText('Copied', { exact: true }).first()).toBeVisible();
  }
}

/** Signs in on the page of the provider as a new person. */
async function signInAs(page: Page, email: string, name: string) {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Continue with this email' }).click();
}

/** Opens a link without a session, and joins with a sign-in. */
async function join(page: Page, url: string, email: string, name: string) {
  await page.goto(url);
  await page.getByRole('button', { name: 'Sign in and join' }).click();
  await signInAs(page, email, name);
  await page.waitForURL(/settings\/api-keys$/);
}

/** Opens the menu of a member. */
const menuOf = (page: Page, name: string) => openRowMenu(row(page, name));

async function openRemoval(page: Page, name: string) {
  await openMembers(page);
  await menuOf(page, name);
  await row(page, name).getByRole('link', { name: 'Remove…' }).click();
  await expect(page.getByRole('heading', { name: `Remove ${name}?`, level: 1 })).toBeVisible();
}

const disposition = (page: Page, key: string) => page.getByLabel(`What to do with \u2068${key}\u2069`);
const removeButton = (page: Page) => page.getByRole('button', { name: /^Remove/ });

// B4, B20, B21, D6, KE-38, RA-30, RA-31
test(
  'someone is invited, joins, gets another role and is removed with their keys',
  { tag: '@plain' },
  async ({ as, browserOf, own, scripted, guard }) => {
    test.setTimeout(90_000);
    guard.expects(/40[134]|422/);
    const owner = await as(OLIVIA);
    await openMembers(owner);
    await expect(nav(owner).getByRole('link', { name: 'Members' })).toHaveAttribute('aria-current', 'page');
    await expect(nav(owner).locator('[aria-current]')).toHaveCount(1);
    for (const role of ['Owner', 'Admin', 'Member']) await expect(owner.getByRole('term').filter({ hasText: role })).toBeVisible();
    await expect(row(owner, `${OLIVIA} You`)).toContainText('olivia@demo.example');
    // You are the first, though the newest members come first.
    await expect(owner.getByRole('rowheader').first()).toHaveText(/Olivia Owens\s*You$/);
    // Ten members are few enough to see them at once.
    await expect(owner.getByRole('searchbox')).toHaveCount(0);

    // The error is at the field, and the input stays.
    await owner.getByRole('link', { name: 'Invite member' }).click();
    await owner.getByLabel('Email').fill('layla@');
    await owner.getByRole('radio', { name: /^Admin/ }).check();
    await owner.getByRole('button', { name: INVITE }).click();
    await expect(owner.getByRole('alert')).toBeFocused();
    await expect(owner.getByLabel('Email')).toHaveAccessibleDescription(/Enter an email address/);
    await expect(owner.getByLabel('Email')).toHaveValue('layla@');
    await expect(owner.getByRole('radio', { name: /^Admin/ })).toBeChecked();

    const invitationUrl = await invite(owner, EMAIL, 'Admin');
    await expect(owner.getByText(`${scripted ? 'Link copied.' : 'Copy the link now.'} It will not be shown again.`).first()).toBeVisible();
    await expect(owner.getByText(/Only .*layla@new\.example.* can use it, once\. They join as an admin\. The link expires in 7 days\./)).toBeVisible();
    await expect(owner.getByText('Roundtable does not send email. Send this link to them yourself.')).toBeVisible();
    await copy(owner, scripted);
    if (scripted) expect(await owner.evaluate(() => navigator.clipboard.readText())).toBe(invitationUrl);
    await owner.getByText('Done', { exact: true }).click();
    await expect(row(owner, EMAIL)).toContainText(/Admin.*Olivia Owens.*in 7 days/);
    expect(await owner.content()).not.toContain(invitationUrl.split('/').at(-1));

    // B28: the page shows the sender and the organization before the sign-in.
    const layla = await browserOf();
    await layla.goto(invitationUrl);
    await expect(layla.getByRole('heading', { level: 1 })).toContainText('Join');
    for (const text of ['Acme', /^org_/, 'olivia@demo.example', 'Admin']) {
      await expect(layla.getByRole('definition').filter({ hasText: text }).first()).toBeVisible();
    }
    await expect(layla.getByText(/l…@new\.example/)).toBeVisible();
    await join(layla, invitationUrl, EMAIL, LAYLA);
    await expect(status(layla)).toHaveText('Welcome to “Acme”. You are an admin.');
    // B4: the link was used, and redirects the member to the organization.
    await layla.goto(invitationUrl);
    await expect(layla).toHaveURL(/settings\/api-keys$/);
    await expect(status(layla)).toHaveCount(0);
    const old = await createKey(layla, 'Old laptop', scripted);
    const report = await createKey(layla, 'تقرير', scripted);

    // D6: the lower role applies immediately.
    await openMembers(owner);
    await expect(owner.getByRole('heading', { name: 'Pending invitations' })).toHaveCount(0);
    await expect(row(owner, LAYLA)).toContainText(/layla@new\.example.*Admin.*2/);
    await menuOf(owner, LAYLA);
    await row(owner, LAYLA).getByRole('link', { name: 'Change role…' }).click();
    await expect(owner.getByText('A lower role takes effect immediately')).toBeVisible();
    await owner.getByRole('radio', { name: /^Member/ }).check();
    await owner.getByRole('button', { name: 'Change role' }).click();
    await expect(status(owner)).toHaveText(`${LAYLA} is now a member.`);
    await layla.goto('/settings/api-keys');
    await openMembers(layla);
    await expect(layla.getByRole('link', { name: 'Invite member' })).toHaveCount(0);
    await expect(layla.getByRole('main')).not.toContainText('@');

    // The number links to the keys.
    await row(owner, LAYLA).getByRole('link', { name: /^2/ }).click();
    await expect(owner.getByRole('rowheader')).toHaveText(['تقرير', 'Old laptop']);
    await expect(owner.getByText('Owner:')).toContainText(LAYLA);

    expect((await curl(`${own.url}/api/v1/me`, ...bearer(report))).status).toBe(200);
    await openRemoval(owner, LAYLA);
    await expect(disposition(owner, 'Old laptop')).toHaveValue('end');
    // The most recently used key is first.
    await expect(owner.getByRole('group', { name: 'Their active keys' }).getByRole('strong')).toHaveText(['تقرير', 'Old laptop']);
    // A key in use is handed over by default. To revoke it, its name must be typed.
    await expect(disposition(owner, 'تقرير')).toHaveValue('new');
    const confirm = owner.getByLabel('Type تقرير to confirm');
    await expect(confirm).toBeHidden();
    await disposition(owner, 'تقرير').selectOption('end');
    await expect(confirm).toBeVisible();
    await removeButton(owner).click();
    await expect(confirm).toHaveAccessibleDescription('To confirm, type it exactly as shown.');
    await expect(disposition(owner, 'تقرير')).toHaveValue('end');
    expect((await curl(`${own.url}/api/v1/me`, ...bearer(report))).status).toBe(200);
    await disposition(owner, 'تقرير').selectOption({ label: 'Hand over to a new service account' });
    await removeButton(owner).click();
    const successor = owner.getByRole('textbox', { name: /^Key for/ });
    await expect(successor).toHaveValue(new RegExp(`^${WHOLE_KEY.source}$`));
    const key = await successor.inputValue();
    await copy(owner, scripted);
    await owner.getByText('Done', { exact: true }).click();
    await expect(status(owner)).toHaveText(`${LAYLA} was removed.`);
    await expect(row(owner, LAYLA)).toHaveCount(0);
    const answers = async (bearers: string[]) =>
      Promise.all(bearers.map(async (one) => (await curl(`${own.url}/api/v1/me`, ...bearer(one))).status));
    expect(await answers([key, old, report])).toEqual([200, 401, 401]);
    await nav(owner).getByRole('link', { name: 'Service accounts' }).click();
    await expect(row(owner, 'تقرير')).toContainText(/Member.*1.*Active/);

    // B20: the member is signed out, and the link does not work.
    await layla.goto('/settings/api-keys');
    await expect(layla).toHaveURL(/\/sign-in/);
    await layla.goto(invitationUrl);
    await expect(layla.getByRole('heading', { name: 'This invitation is not valid' })).toBeVisible();
  },
);

test('a link that the browser does not copy is selected, and the dialog says so', async ({ as }) => {
  const owner = await as(OLIVIA);
  await openMembers(owner);
  await owner.evaluate(() => Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined }));
  await awake(owner, true);
  await owner.getByRole('link', { name: 'Invite member' }).click();
  await owner.getByLabel('Email').fill(EMAIL);
  await owner.getByRole('button', { name: 'Create link and copy it' }).click();
  await expect(owner.getByText(/press Ctrl\+C/)).toBeVisible();
  await expect(owner.getByText('Copy the link now.')).toBeVisible();
  await expect(owner.getByText('Link copied.')).toBeHidden();
  expect(await link(owner).evaluate((field: HTMLTextAreaElement) => field.value.slice(field.selectionStart, field.selectionEnd))).toMatch(LINK);
  await owner.getByRole('link', { name: 'Done' }).click();
  await expect(owner.getByRole('dialog', { name: 'Close without copying?' })).toBeVisible();
});

// B21
test('a link works only for the invited email', { tag: '@plain' }, async ({ as, browserOf, scripted }) => {
  const owner = await as(OLIVIA);
  const invitationUrl = await invite(owner, EMAIL, 'Member');
  await copy(owner, scripted);
  const page = await browserOf();
  await page.goto(invitationUrl);
  await page.getByRole('button', { name: 'Sign in and join' }).click();
  await signInAs(page, 'eve@new.example', 'Eve');
  await page.waitForURL(invitationUrl);
  await expect(page.getByText(/for .*l…@new\.example.*signed in as .*eve@new\.example/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Join', exact: true })).toHaveCount(0);
  await page.getByRole('link', { name: 'Sign in as someone else' }).click();
  await signInAs(page, EMAIL, LAYLA);
  await page.waitForURL(invitationUrl);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(status(page)).toHaveText('Welcome to “Acme”. You are a member.');
});

// B20
test('an invitation is withdrawn', { tag: '@plain' }, async ({ as, browserOf, scripted, guard }) => {
  guard.expects(/404/);
  const owner = await as(OLIVIA);
  const invitationUrl = await invite(owner, EMAIL, 'Owner');
  await copy(owner, scripted);
  // D5: an admin sees the invitation but cannot cancel it.
  const admin = await as(ADAM);
  await openMembers(admin);
  await expect(row(admin, EMAIL)).toContainText('Owner');
  await expect(row(admin, EMAIL).getByRole('button')).toHaveCount(0);
  await openMembers(owner);
  await row(owner, EMAIL).getByRole('button', { name: `Cancel invitation for ${EMAIL}` }).click();
  await expect(status(owner)).toHaveText('Invitation canceled. Its link no longer works.');
  await expect(row(owner, EMAIL)).toHaveCount(0);
  const page = await browserOf();
  const answer = await page.goto(invitationUrl);
  expect(answer!.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'This invitation is not valid' })).toBeVisible();
  await expect(page.getByText('Ask for a new one.')).toBeVisible();
});

// D5, B20
test('members can leave, and the only owner sees why they cannot', { tag: '@plain' }, async ({ as }) => {
  const owner = await as(OLIVIA);
  await openMembers(owner);
  const leave = owner.getByRole('button', { name: 'Leave organization…' });
  await expect(leave).toBeDisabled();
  await expect(leave).toHaveAccessibleDescription(/You are the only owner/);
  await owner.goto(`${owner.url()}/leave`);
  await expect(owner.getByText('You are the only owner')).toBeVisible();
  await expect(owner.getByRole('button', { name: 'Leave organization' })).toHaveCount(0);
  const member = await as(NOOR);
  await openMembers(member);
  await expect(row(member, `${NOOR} You`)).toBeVisible();
  await member.getByRole('link', { name: 'Leave organization…' }).click();
  await member.getByRole('button', { name: 'Leave organization' }).click();
  await expect(member.getByRole('heading', { name: /not a member of any organization/ })).toBeVisible();
  await openMembers(owner);
  await expect(row(owner, NOOR)).toHaveCount(0);
});

// KE-05, KE-16
test('a person creates another organization and switches between them', { tag: '@plain' }, async ({ as, scripted, guard }) => {
  guard.expects(/422/);
  const page = await as(MINA);
  const open = () => page.getByText('Organization: ').locator('xpath=ancestor::summary').click();
  const entries = page.locator('.switcher').getByRole('listitem');
  await open();
  await expect(entries).toHaveText(['AcmeMember', 'Create organization']);
  await page.getByRole('link', { name: 'Create organization' }).click();
  await page.getByLabel('Organization name').fill('  ');
  await page.getByRole('button', { name: 'Create organization' }).click();
  await expect(page.getByLabel('Organization name')).toHaveAccessibleDescription('Enter a name for the organization.');
  await page.getByLabel('Organization name').fill('ورشة مينا');
  if (scripted) {
    // A double click creates only one.
    await awake(page, scripted);
    await page.locator('form[data-once]').evaluate((form: HTMLFormElement) => [form.requestSubmit(), form.requestSubmit()]);
  } else {
    await page.getByRole('button', { name: 'Create organization' }).click();
  }
  await expect(status(page)).toHaveText('“ورشة مينا” created. You are its owner.');
  await page.getByRole('link', { name: 'Skip for now' }).click();
  await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible();
  const further = page.url();
  await open();
  await expect(entries).toHaveText(['AcmeMember', 'ورشة ميناOwner', 'Create organization']);
  await expect(entries.getByRole('link', { name: 'ورشة مينا' })).toHaveAttribute('aria-current', 'true');
  await entries.getByRole('link', { name: 'Acme' }).click();
  await expect(page).not.toHaveURL(further);
  const acme = page.url();
  // The short URLs redirect to the last chosen organization.
  await page.goto('/settings/api-keys');
  expect(page.url()).toBe(acme);
  await page.goto(further);
  await page.goto('/settings/api');
  expect(page.url()).toBe(further);
});

// D5
test('owners decide who can create keys', { tag: '@plain' }, async ({ as, scripted }) => {
  const owner = await as(OLIVIA);
  await nav(owner).getByRole('link', { name: 'General' }).click();
  await awake(owner, scripted);
  // With script a button waits for a change.
  const save = owner.getByRole('button', { name: 'Save Rules for keys' });
  if (scripted) await expect(save).toBeDisabled();
  await owner.getByLabel('Organization name').fill('Acme & Söhne');
  await owner.getByRole('button', { name: 'Save Name' }).click();
  await expect(status(owner)).toHaveText('Organization renamed.');
  await owner.getByRole('radio', { name: 'Only owners and admins' }).check();
  if (scripted) {
    // And no longer if the change is taken back.
    await owner.getByRole('radio', { name: 'All members' }).check();
    await expect(save).toBeDisabled();
    await owner.getByRole('radio', { name: 'Only owners and admins' }).check();
  }
  await owner.getByRole('radio', { name: 'No, only people can' }).check();
  await save.click();
  await expect(status(owner)).toHaveText('Rules saved. They apply immediately. Existing keys keep their expiration.');
  await expect(owner.getByRole('radio', { name: 'No, only people can' })).toBeChecked();
  await expect(owner.getByRole('radio', { name: 'Only owners and admins' })).toBeChecked();
  await expect(owner.getByLabel('Organization name')).toHaveValue('Acme & Söhne');

  const member = await as(MINA);
  await expect(member.getByText('only owners and admins can create keys')).toBeVisible();
  await expect(member.getByRole('link', { name: 'Create API Key' })).toHaveCount(0);
  await nav(member).getByRole('link', { name: 'General' }).click();
  for (const text of ['Only owners and admins', 'No, only people can', 'No limit']) {
    await expect(member.getByRole('definition').filter({ hasText: text })).toBeVisible();
  }
  await expect(member.getByRole('button', { name: /^Save/ })).toHaveCount(0);
});

test('transferred keys must be copied and are created once', async ({ as, scripted }) => {
  const mina = await as(MINA);
  for (const name of ['Deploys', 'Exports']) await createKey(mina, name, true);
  const owner = await as(OLIVIA);
  await openRemoval(owner, MINA);
  await awake(owner, scripted);
  for (const name of ['Deploys', 'Exports']) await disposition(owner, name).selectOption('new');
  let sent = 0;
  owner.on('request', (request) => {
    if (request.url().endsWith('/ui/remove_member')) sent += 1;
  });
  // A double click.
  await owner.locator('form[data-once]').evaluate((form: HTMLFormElement) => {
    form.requestSubmit();
    form.requestSubmit();
  });
  await expect(owner.getByRole('textbox', { name: /^Key for/ })).toHaveCount(2);
  expect(sent).toBe(1);
  await awake(owner, scripted);
  const asks = async () => {
    await owner.getByText('Done', { exact: true }).click();
    const question = owner.getByRole('dialog', { name: 'Close without copying?' });
    await question.getByRole('button', { name: 'Go back and copy' }).click();
    await expect(question).toHaveCount(0);
  };
  await asks();
  const buttons = owner.getByRole('button', { name: 'Copy', exact: true });
  await buttons.first().click();
  await expect(owner.getByText('Copied', { exact: true }).first()).toBeVisible();
  // One of two is copied.
  await asks();
  await owner.getByRole('textbox', { name: /^Key for/ }).last().press('ControlOrMeta+a');
  await owner.keyboard.press('ControlOrMeta+c');
  await owner.getByText('Done', { exact: true }).click();
  await expect(status(owner)).toHaveText(`${MINA} was removed.`);
});

test('without the clipboard API the link is selected for copying', async ({ as, scripted }) => {
  const owner = await as(OLIVIA);
  await owner.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  const invitationUrl = await invite(owner, EMAIL, 'Member');
  await awake(owner, scripted);
  await owner.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(owner.getByText(/press Ctrl\+C/)).toBeVisible();
  const selected = await link(owner).evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd));
  expect(selected).toBe(invitationUrl);
});

test('inviting, changing a role and removing work with the keyboard', async ({ as, scripted }) => {
  const page = await as(OLIVIA);
  const tabTo = async (target: ReturnType<Page['locator']>) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) return;
    }
    throw new Error(`Tab does not reach ${target}`);
  };
  const press = async (target: ReturnType<Page['locator']>) => {
    await tabTo(target);
    await page.keyboard.press('Enter');
  };
  await press(nav(page).getByRole('link', { name: 'Members' }));
  await page.waitForURL(/members$/);
  await press(page.getByRole('link', { name: 'Invite member' }));
  await expect(page.getByLabel('Email')).toBeFocused();
  await page.keyboard.type(EMAIL);
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: /^Admin/ })).toBeChecked();
  await press(page.getByRole('button', { name: INVITE }));
  await expect(link(page)).toHaveValue(LINK);
  await awake(page, scripted);
  await press(page.getByRole('button', { name: 'Copy', exact: true }));
  await expect(page.getByText('Copied', { exact: true }).first()).toBeVisible();
  await press(page.getByText('Done', { exact: true }));
  await press(row(page, MINA).locator('summary'));
  await press(row(page, MINA).getByRole('link', { name: 'Change role…' }));
  await tabTo(page.getByRole('radio', { name: /^Member/ }));
  await page.keyboard.press('ArrowDown');
  await press(page.getByRole('button', { name: 'Change role' }));
  await expect(status(page)).toHaveText(`${MINA} is now an admin.`);
  await press(row(page, MINA).locator('summary'));
  await press(row(page, MINA).getByRole('link', { name: 'Remove…' }));
  await press(removeButton(page));
  await expect(status(page)).toHaveText(`${MINA} was removed.`);
  await press(row(page, EMAIL).getByRole('button', { name: /^Cancel invitation/ }));
  await expect(row(page, EMAIL)).toHaveCount(0);
});

test.describe('looks', () => {
  test.describe.configure({ timeout: 150_000 });

  test('members, invitations, roles', async ({ as, browserOf, scripted, guard }) => {
    guard.expects(/40[19]|422/);
    const owner = await as(OLIVIA);
    const invitationUrl = await invite(owner, EMAIL, 'Admin');
    await inspect(owner, 'invited');
    await copy(owner, scripted);
    await invite(owner, 'a-very-long-address-of-someone-who-likes-to-explain-everything@subdomain.of.some.example', 'Member');
    await copy(owner, scripted);
    await openMembers(owner);
    await inspect(owner, 'members');
    await owner.getByRole('link', { name: 'Invite member' }).click();
    await inspect(owner, 'invite');
    await owner.getByLabel('Email').fill('mina@demo.example');
    await owner.getByRole('button', { name: INVITE }).click();
    await inspect(owner, 'invite-error');
    await openMembers(owner);
    await menuOf(owner, NOOR);
    await inspect(owner, 'member-menu');
    await row(owner, NOOR).getByRole('link', { name: 'Change role…' }).click();
    await inspect(owner, 'change-role');
    await openMembers(owner);
    await owner.goto(`${owner.url()}/leave`);
    await inspect(owner, 'leave-only-owner');
    const nobody = await browserOf();
    await nobody.goto(invitationUrl);
    await inspect(nobody, 'join');
    await nobody.getByRole('button', { name: 'Sign in and join' }).click();
    await signInAs(nobody, 'eve@new.example', 'Eve');
    await inspect(nobody, 'join-another');
    await nobody.getByRole('link', { name: 'Sign in as someone else' }).click();
    await signInAs(nobody, EMAIL, LAYLA);
    await inspect(nobody, 'join-invited');
    await nobody.getByRole('button', { name: 'Join', exact: true }).click();
    await inspect(nobody, 'joined');
    const member = await as(NOOR);
    await openMembers(member);
    await inspect(member, 'members-member');
    await member.getByRole('link', { name: 'Leave organization…' }).click();
    await inspect(member, 'leave');
  });

  test('a link that does not work', async ({ browserOf, guard }) => {
    guard.expects(/404/);
    const page = await browserOf();
    await page.goto('/join/0000000000000000000000000000000000000000000');
    await inspect(page, 'join-dead');
  });

  test('removing a member', async ({ as, own, scripted, guard }) => {
    guard.expects(/40[49]/);
    const noor = await as(NOOR);
    const used = await createKey(noor, 'مفتاح التقارير الشهرية', scripted);
    await createKey(noor, 'Anunbrokennamewithoutanyplacetobreakwhichmustnotpushthelistsidewaysatanywidthwhatsoever', scripted);
    await createKey(noor, 'Old laptop', scripted);
    await curl(`${own.url}/api/v1/me`, ...bearer(used));
    const owner = await as(OLIVIA);
    await openMembers(owner);
    const removalUrl = (await row(owner, NOOR).locator('a[href$="/remove"]').first().getAttribute('href')) ?? '';
    await openRemoval(owner, NOOR);
    await disposition(owner, 'مفتاح التقارير الشهرية').selectOption('end');
    await inspect(owner, 'remove-member');
    await awake(owner, scripted);
    await disposition(owner, 'Old laptop').selectOption('new');
    await disposition(owner, 'مفتاح التقارير الشهرية').selectOption('new');
    await removeButton(owner).click();
    await expect(owner.getByRole('heading', { name: 'New keys' })).toBeVisible();
    await inspect(owner, 'handed-over');
    await copy(owner, scripted);
    await owner.getByText('Done', { exact: true }).click();
    await expect(status(owner)).toHaveText(`${NOOR} was removed.`);
    await inspect(owner, 'members-removed');
    await owner.goto(removalUrl);
    await inspect(owner, 'removed-before');
    await openRemoval(owner, MINA);
    await inspect(owner, 'remove-member-without-keys');
  });

  test('organizations', async ({ as }) => {
    const page = await as(OLIVIA);
    await page.getByText('Organization: ').locator('xpath=ancestor::summary').click();
    await inspect(page, 'switcher');
    await page.getByRole('link', { name: 'Create organization' }).click();
    await inspect(page, 'new-organization');
    await page.getByLabel('Organization name').fill('ورشة الأدوات والتقارير الشهرية');
    await page.getByRole('button', { name: 'Create organization' }).click();
    await page.getByText('Organization: ').locator('xpath=ancestor::summary').click();
    await inspect(page, 'switcher-two');
  });

  test('the keys page if members cannot create keys', async ({ as }) => {
    const owner = await as(OLIVIA);
    await nav(owner).getByRole('link', { name: 'General' }).click();
    await owner.getByRole('radio', { name: 'Only owners and admins' }).check();
    await owner.getByRole('button', { name: 'Save Rules for keys' }).click();
    const member = await as(MINA);
    await inspect(member, 'api-keys-not-created');
    await member.goto(`${member.url()}/new`);
    await inspect(member, 'new-key-not-created');
  });
});
