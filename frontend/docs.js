// What the pages of the documentation gain from a script: buttons that copy a sample, an API reference that keeps the
// language of its samples, and links to an operation in browsers that do not open it themselves.

const STORED = 'docs-language';
const SHOWN_FOR = 1500;

const status = document.querySelector('[data-copy-status]');
const words = status.parentElement.dataset;

/** Announces a text to screen readers, and shows it if it is a hint. */
const say = (text, look) => {
  status.className = look;
  status.textContent = text;
};

const copy = async (button) => {
  const code = button.parentElement.querySelector('code');
  const icon = button.querySelector('use');
  try {
    // A page without HTTPS has no clipboard.
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    say(words.blocked, 'hint');
    return;
  }
  say(words.copied, 'visually-hidden');
  icon.setAttribute('href', '/icons.svg#check');
  setTimeout(() => {
    say('', 'visually-hidden');
    icon.setAttribute('href', '/icons.svg#copy');
  }, SHOWN_FOR);
};

addEventListener('click', (event) => {
  const button = event.target.closest('[data-copy-sample]');
  if (button) copy(button);
  else if (status.className === 'hint') say('', 'visually-hidden');
});

/** Reduces a pasted key to its public part, so that the browser does not send the secret. */
addEventListener('submit', (event) => {
  const field = event.target.querySelector('#docs-q');
  if (field) field.value = field.value.replace(/\b([a-z0-9]{1,12}_(?:sk|live|test)_[0-9A-Za-z]{8})[0-9A-Za-z]+/g, '$1');
});

/** Shows the samples of all operations in one language. */
const choose = (language) => {
  for (const radio of document.querySelectorAll('[data-language]')) {
    if (radio.value === language) radio.checked = true;
  }
};

addEventListener('change', (event) => {
  if (!event.target.matches('[data-language]')) return;
  choose(event.target.value);
  try {
    localStorage.setItem(STORED, event.target.value);
  } catch {
    // The browser stores nothing for this page.
  }
});

try {
  choose(localStorage.getItem(STORED));
} catch {
  // As above.
}

const open = () => {
  const target = document.querySelector(':target');
  const closed = target?.closest('details:not([open])');
  if (!closed) return;
  closed.open = true;
  target.scrollIntoView();
};
addEventListener('hashchange', open);
open();
