//! The error for a misspelled field name.

/// The error for an unknown field whose name is almost a known one, from the text of serde's error.
/// A name that resembles none is not repeated: it may be a key in the wrong place.
pub fn closest(text: &str) -> Option<String> {
    let (_, names) = text.split_once("unknown field ")?;
    let mut names = names.split('`').skip(1).step_by(2);
    let sent = names.next()?;
    let meant = names.min_by_key(|known| edit_distance(sent, known))?;
    let is_close = edit_distance(sent, meant) <= 2 && meant.len() > 3;
    is_close.then(|| format!("Unknown field \"{sent}\"; did you mean \"{meant}\"?"))
}

/// The number of characters to add, remove or replace to turn one text into the other (Levenshtein
/// distance).
fn edit_distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (n, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], n + 1);
        for (m, b) in other.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[m + 1];
            row[m + 1] = replaced.min(row[m] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
