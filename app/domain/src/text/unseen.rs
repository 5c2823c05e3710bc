//! Where a script or an emoji needs an invisible character (UTS 39, UTS 51, UAX 31), and where the
//! character only disguises the text.

use super::tables::{
    has_dotted_form, is_ideograph, is_indic_letter, is_mongolian, is_pictograph, is_skin_tone,
    is_unseen, is_virama, is_vowel_sign, joins_back, joins_on,
};

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';
const BLACK_FLAG: char = '\u{1F3F4}';
const CANCEL_TAG: char = '\u{E007F}';
/// The flags that tag characters can spell: England, Scotland, Wales. Any other spelling is
/// displayed as a black flag.
const TAGGED_FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// Whether the text contains an unnecessary invisible character.
pub fn hides_something(text: &[char]) -> bool {
    (0..text.len()).any(|at| is_unseen(text[at]) && !is_needed(text, at))
}

/// The text without unnecessary invisible characters. Removing one can make its neighbour
/// unnecessary, so this repeats until only necessary characters are left.
pub fn without_hidden(text: &[char]) -> Vec<char> {
    let mut kept = text.to_vec();
    while hides_something(&kept) {
        kept = (0..kept.len())
            .filter(|&at| !is_unseen(kept[at]) || is_needed(&kept, at))
            .map(|at| kept[at])
            .collect();
    }
    kept
}

fn is_needed(text: &[char], at: usize) -> bool {
    let before = &text[..at];
    let after = &text[at + 1..];
    match text[at] {
        ZWNJ => keeps_letters_apart(before, after) || keeps_virama_visible(before, after),
        ZWJ => joins_emoji(before, after) || forms_conjunct(before, after),
        TEXT_STYLE | EMOJI_STYLE => styles_emoji(before, after),
        selector @ ('\u{FE00}'..='\u{FE02}' | '\u{E0100}'..='\u{E01EF}') => {
            selects_glyph(before, selector)
        }
        '\u{180B}'..='\u{180D}' | '\u{180F}' => last_is(before, is_mongolian),
        // The vowel separator precedes the vowels A and E at the end of a word.
        '\u{180E}' => {
            last_is(before, is_mongolian) && matches!(after.first(), Some('\u{1820}' | '\u{1821}'))
        }
        '\u{E0020}'..='\u{E007F}' => spells_flag(text, at),
        _ => false,
    }
}

fn last_is(before: &[char], property: impl Fn(char) -> bool) -> bool {
    before.last().is_some_and(|&c| property(c))
}

/// UAX 31, rule A1: between two letters that would join. Persian uses it in plurals and prefixes.
fn keeps_letters_apart(before: &[char], after: &[char]) -> bool {
    let left = before.iter().rev().find(|&&c| !is_vowel_sign(c));
    let right = after.iter().find(|&&c| !is_vowel_sign(c));
    left.is_some_and(|&c| joins_on(c)) && right.is_some_and(|&c| joins_on(c) || joins_back(c))
}

/// UAX 31, rule A2: it keeps a virama visible where the letters around it would form a conjunct.
fn keeps_virama_visible(before: &[char], after: &[char]) -> bool {
    follows_virama(before)
        && after
            .first()
            .is_some_and(|&next| is_letter_beside(before, next))
}

/// UAX 31, rule B: it joins a letter and its virama, also at the end of a word (Malayalam chillus).
/// Before the virama, it keeps the form of the letter instead (Bengali ra before ya, touching
/// Sinhala letters).
fn forms_conjunct(before: &[char], after: &[char]) -> bool {
    let touching = last_is(before, is_indic_letter)
        && matches!(after, [virama, next, ..] if is_virama(*virama)
            && is_same_script(before, *virama) && is_letter_beside(before, *next));
    follows_virama(before) || touching
}

/// Whether the text ends with a letter and its virama.
fn follows_virama(before: &[char]) -> bool {
    matches!(before, [.., letter, virama] if is_virama(*virama)
        && is_indic_letter(*letter) && is_same_script(&[*letter], *virama))
}

fn is_letter_beside(before: &[char], next: char) -> bool {
    is_indic_letter(next) && is_same_script(before, next)
}

/// Each of these scripts has a block of 128 characters.
fn is_same_script(before: &[char], c: char) -> bool {
    last_is(before, |last| last as u32 >> 7 == c as u32 >> 7)
}

/// UTS 51: between two emoji; the first can have a skin tone or style.
fn joins_emoji(before: &[char], after: &[char]) -> bool {
    let first = match before {
        [.., emoji, EMOJI_STYLE] => *emoji,
        [.., emoji, tone] if is_skin_tone(*tone) => *emoji,
        [.., emoji] => *emoji,
        [] => return false,
    };
    is_pictograph(first) && after.first().is_some_and(|&c| is_pictograph(c))
}

/// UTS 51: after an emoji; after a digit, `#` or `*` only in a keycap.
fn styles_emoji(before: &[char], after: &[char]) -> bool {
    let keycap = last_is(before, |c| c.is_ascii_digit() || c == '#' || c == '*')
        && after.first() == Some(&KEYCAP);
    keycap || last_is(before, is_pictograph)
}

/// Ideographs in names have variants (UTS 37), and so do letters of Myanmar.
fn selects_glyph(before: &[char], selector: char) -> bool {
    last_is(before, is_ideograph) || (selector == '\u{FE00}' && last_is(before, has_dotted_form))
}

/// Whether the tag character belongs to a flag that tags spell.
fn spells_flag(text: &[char], at: usize) -> bool {
    let is_tag = |c: &char| matches!(c, '\u{E0020}'..='\u{E007F}');
    let start = text[..at]
        .iter()
        .rposition(|c| !is_tag(c))
        .unwrap_or(0);
    let tags: Vec<char> = text[start + 1..]
        .iter()
        .take_while(|c| is_tag(c))
        .copied()
        .collect();
    let is_spelled = |name: &str| {
        name.chars()
            .filter_map(|c| char::from_u32(0xE0000 + c as u32))
            .eq(tags[..tags.len() - 1].iter().copied())
    };
    text[start] == BLACK_FLAG
        && tags.last() == Some(&CANCEL_TAG)
        && TAGGED_FLAGS.into_iter().any(is_spelled)
}
