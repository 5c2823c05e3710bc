//! The part of a text around the words that were searched for, with these words marked.

use app::pages::docs::search::Piece;

use super::index::lower;

/// The number of characters before the first word, and in the whole excerpt.
const BEFORE: usize = 60;
const LENGTH: usize = 220;

/// The excerpt of a text. `words` are in lower case. Without any of them in the text, the excerpt
/// is its beginning.
pub fn excerpt(text: &str, words: &[String]) -> Vec<Piece> {
    let chars: Vec<_> = text.chars().collect();
    let folded: Vec<_> = chars.iter().copied().map(lower).collect();
    let words: Vec<Vec<char>> = words
        .iter()
        .map(|word| word.chars().collect())
        .collect();
    let first = (0..folded.len()).find(|at| hit(&folded, *at, &words) > 0);
    let start = begin(&chars, first.unwrap_or(0).saturating_sub(BEFORE));
    let end = finish(&chars, (start + LENGTH).min(chars.len()));

    let mut pieces = Vec::new();
    if start > 0 {
        add(&mut pieces, "… ", false);
    }
    let mut at = start;
    while at < end {
        let length = hit(&folded, at, &words);
        let next = (at + length.max(1)).min(end);
        let part: String = chars[at..next].iter().collect();
        add(&mut pieces, &part, length > 0);
        at = next;
    }
    if end < chars.len() {
        add(&mut pieces, " …", false);
    }
    pieces
}

/// The length of the longest word that begins here.
fn hit(folded: &[char], at: usize, words: &[Vec<char>]) -> usize {
    words
        .iter()
        .filter(|word| folded[at..].starts_with(word))
        .map(Vec::len)
        .max()
        .unwrap_or(0)
}

/// Moves forward to the beginning of a word.
fn begin(chars: &[char], at: usize) -> usize {
    if at == 0 {
        return 0;
    }
    let rest = chars[at..].iter().take(BEFORE);
    rest.clone()
        .position(|char| *char == ' ')
        .map_or(at, |space| at + space + 1)
}

/// Moves back to the end of a word.
fn finish(chars: &[char], at: usize) -> usize {
    if at == chars.len() {
        return at;
    }
    let near = at.saturating_sub(BEFORE / 2);
    chars[near..at]
        .iter()
        .rposition(|char| *char == ' ')
        .map_or(at, |space| near + space)
}

/// Adds text to the last piece, or a new piece if that is one of the other kind.
fn add(pieces: &mut Vec<Piece>, text: &str, is_hit: bool) {
    match pieces.last_mut() {
        Some(last) if last.is_hit == is_hit => last.text.push_str(text),
        _ => pieces.push(Piece {
            text: text.to_owned(),
            is_hit,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, words: &[&str]) -> String {
        let words: Vec<_> = words
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
        excerpt(text, &words)
            .into_iter()
            .map(|piece| {
                if piece.is_hit {
                    format!("[{}]", piece.text)
                } else {
                    piece.text
                }
            })
            .collect()
    }

    #[test]
    fn the_words_are_marked_in_any_case() {
        assert_eq!(
            marked("A Key and a KEYRING: <b>İ</b>", &["key", "and"]),
            "A [Key] [and] a [KEY]RING: <b>İ</b>"
        );
        assert_eq!(marked("Nothing here", &["key"]), "Nothing here");
        assert_eq!(marked("", &["key"]), "");
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        let text = format!(
            "{}the needle {}",
            "word ".repeat(50),
            "more ".repeat(100)
        );
        let cut = marked(&text, &["needle"]);
        assert!(
            cut.starts_with("… word ") && cut.ends_with(" more …"),
            "{cut}"
        );
        assert!(cut.contains(" the [needle] more "), "{cut}");
        assert!(cut.chars().count() < LENGTH + 10, "{cut}");
    }
}
