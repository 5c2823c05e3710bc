//! Names that people type, made harmless once, at the door (decision D24).

use std::fmt;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::problem::Fault;

/// A name as it is stored and shown: NFC, trimmed, 1 to 100 characters, none of them invisible or control.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The most characters (Unicode scalar values, after NFC) a name may have.
    pub const MAX: usize = 100;

    /// Reads what a person typed.
    ///
    /// # Errors
    /// `Missing` when nothing is left after trimming, `TooLong` past 100 characters, `ForbiddenCharacter` for
    /// control, bidirectional-override and zero-width characters.
    pub fn parse(typed: &str) -> Result<Self, Fault> {
        let name: String = typed.trim().nfc().collect();
        if name.is_empty() {
            return Err(Fault::Missing);
        }
        if name.chars().count() > Self::MAX {
            return Err(Fault::TooLong { max: Self::MAX });
        }
        if name.chars().any(is_unseen) {
            return Err(Fault::ForbiddenCharacter);
        }
        Ok(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// Characters that change how text around them reads without being seen.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}')
}

/// An e-mail address good enough to match a sign-in with: one `@`, something on both sides, no blanks; NFC, lower case.
/// Addresses are kept and compared in this form only, whoever says them.
///
/// # Errors
/// `Missing`, `TooLong` past 254 bytes (RFC 5321, 4.5.3.1.3), or `NotAnEmail`.
pub fn email(typed: &str) -> Result<String, Fault> {
    let typed = typed.trim();
    let composed: String = typed.nfc().collect();
    let email: String = composed.to_lowercase().nfc().collect();
    if email.is_empty() {
        return Err(Fault::Missing);
    }
    if email.len() > 254 {
        return Err(Fault::TooLong { max: 254 });
    }
    let sound =
        email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    if !sound || email.chars().any(|c| c.is_whitespace() || is_unseen(c)) || typed.chars().any(becomes_ascii) {
        return Err(Fault::NotAnEmail);
    }
    Ok(email)
}

/// A letter of another alphabet that becomes one of ASCII in lower case or NFC, such as the Kelvin sign: an address with
/// it would pass for someone else's.
fn becomes_ascii(c: char) -> bool {
    !c.is_ascii() && std::iter::once(c).nfc().flat_map(char::to_lowercase).any(|c| c.is_ascii())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_people_and_machines_pass() {
        for good in ["CI/CD Pipeline", "Monitoring Script", "مفتاح النشر", "né", "部署", "🚀 deploy", "a"]
        {
            assert_eq!(Name::parse(&format!("  {good} ")).expect(good).as_str(), good);
        }
        assert_eq!(Name::parse("e\u{301}").expect("nfc").as_str(), "é");
        assert!(Name::parse(&"é".repeat(100)).is_ok());
    }

    #[test]
    fn names_that_hide_something_are_refused() {
        assert_eq!(Name::parse(" \t "), Err(Fault::Missing));
        assert_eq!(Name::parse(&"x".repeat(101)), Err(Fault::TooLong { max: 100 }));
        for bad in ["a\u{202E}b", "a\u{200B}b", "a\nb", "a\0b", "a\u{1b}[31mb", "a\u{2066}b", "a\u{feff}b"] {
            assert_eq!(Name::parse(bad), Err(Fault::ForbiddenCharacter), "{bad:?}");
        }
    }

    // Finding 9 of PyPI's audit: what is stored is what is found, however it is written.
    #[test]
    fn pypi_09_no_address_passes_for_another() {
        for bad in ["\u{212a}im@example.com", "k\u{130}m@example.com", "kim@example.com\u{1fef}"] {
            assert_eq!(email(bad), Err(Fault::NotAnEmail), "{bad:?}");
        }
        for c in (0x80..=0x10_ffff).filter_map(char::from_u32) {
            let (plain, typed) = ("kim@example.com", format!("{c}kim@example.com"));
            if let Ok(kept) = email(&typed) {
                assert_eq!(kept.chars().filter(char::is_ascii).count(), plain.len(), "{c:?} is {kept}");
            }
        }
    }

    proptest! {
        #[test]
        fn pypi_09_a_name_is_kept_in_one_form(typed in "\\PC{0,60}", before in "[ \t]{0,2}", after in "[ \r\n]{0,2}") {
            let Ok(name) = Name::parse(&typed) else { return Ok(()) };
            let kept = name.as_str();
            prop_assert_eq!(Name::parse(kept), Ok(name.clone()));
            prop_assert_eq!(kept.trim(), kept);
            prop_assert!(unicode_normalization::is_nfc(kept));
            for written in [typed.nfd().collect(), typed.nfc().collect(), format!("{before}{typed}{after}")] {
                prop_assert_eq!(Name::parse(&written).map(String::from), Ok(kept.to_owned()), "{:?}", written);
            }
        }

        #[test]
        fn pypi_09_an_address_is_kept_in_one_form(
            user in "[a-zA-Z0-9._+à-öø-ÿÀ-ÖØ-Þа-яА-Я]{1,20}", host in "[a-zA-Z0-9-]{1,12}\\.[a-zA-Zà-ö]{2,6}", space in "[ \t\r\n]{0,2}",
        ) {
            let typed = format!("{user}@{host}");
            let kept = email(&typed).expect("an address");
            let (upper, lower): (String, String) = (typed.to_uppercase(), typed.to_lowercase());
            for written in [kept.clone(), upper, lower, typed.nfd().collect(), typed.nfc().collect(), format!("{space}{typed}{space}")] {
                let read = email(&written);
                prop_assert_eq!(read.as_ref(), Ok(&kept), "{:?}", written);
            }
        }

        #[test]
        fn pypi_09_any_address_that_is_read_reads_back(typed in "\\PC{1,30}@\\PC{1,20}") {
            if let Ok(kept) = email(&typed) {
                prop_assert_eq!(email(&kept), Ok(kept.clone()), "{:?}", kept);
            }
        }
    }

    #[test]
    fn emails_are_lowered_and_checked_loosely() {
        assert_eq!(email(" Ada@Example.COM "), Ok("ada@example.com".into()));
        for bad in ["ada", "@x", "ada@", "a b@c", "a@b@c", "a\n@b"] {
            assert_eq!(email(bad), Err(Fault::NotAnEmail), "{bad:?}");
        }
    }
}
