use proptest::prelude::*;

use super::*;

#[test]
fn names_of_people_and_programs_are_accepted() {
    for good in [
        "CI/CD Pipeline",
        "Monitoring Script",
        "مفتاح النشر",
        "né",
        "部署",
        "🚀 deploy",
        "a",
    ] {
        assert_eq!(
            Name::parse(&format!("  {good} "))
                .expect(good)
                .as_str(),
            good
        );
    }
    assert_eq!(Name::parse("e\u{301}").expect("nfc").as_str(), "é");
    assert!(Name::parse(&"é".repeat(100)).is_ok());
}

#[test]
fn names_with_hidden_characters_are_rejected() {
    assert_eq!(Name::parse(" \t "), Err(Fault::Missing));
    assert_eq!(
        Name::parse(&"x".repeat(101)),
        Err(Fault::TooLong { max: 100 })
    );
    for bad in [
        "a\u{202E}b",
        "a\u{200B}b",
        "a\nb",
        "a\0b",
        "a\u{1b}[31mb",
        "a\u{2066}b",
        "a\u{feff}b",
    ] {
        assert_eq!(
            Name::parse(bad),
            Err(Fault::ForbiddenCharacter),
            "{bad:?}"
        );
    }
}

// F2, D24: joiners and selectors are accepted where the script or the emoji needs them (UTS 39, UTS
// 51).
#[test]
fn joiners_and_selectors_are_accepted_where_they_are_needed() {
    let emoji = [
        "❤\u{fe0f} deploy",
        "1\u{fe0f}\u{20e3} first",
        "#\u{fe0f}\u{20e3}",
        "☎\u{fe0e} text style",
        "👨\u{200d}👩\u{200d}👧\u{200d}👦",
        "👩🏽\u{200d}🚀 launch",
        "❤\u{fe0f}\u{200d}🔥",
        "🏳\u{fe0f}\u{200d}🌈",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} Scotland",
        "🇨🇭 bern",
        "👍🏿",
        "🚑\u{fe0f} hotfix",
    ];
    let scripts = [
        "می\u{200c}خواهم",
        "علی\u{200c}رضا",
        "മലയാളം ന്\u{200d}",
        "ශ්\u{200d}රී ලංකා",
        "র\u{200d}্যাম",
        "क्\u{200c}ष",
        "क्\u{200d}ष",
        "సాఫ్ట్\u{200c}వేర్",
        "葛\u{e0100}城",
        "ᠮᠣᠩᠭᠣᠯ\u{180b}",
        "ᠠᠷ\u{180e}ᠠ",
    ];
    for good in emoji.into_iter().chain(scripts) {
        assert_eq!(
            Name::parse(good).map(String::from),
            Ok(good.to_owned()),
            "{good:?}"
        );
    }
}

/// At least 500 names with an unnecessary invisible character.
fn hostile() -> Vec<String> {
    let unseen = (0..=0x10_ffff)
        .filter_map(char::from_u32)
        .filter(|&c| is_unseen(c) && c != '\u{180e}');
    let sparse: Vec<char> = unseen
        .enumerate()
        .filter(|(at, c)| *c < '\u{e0000}' || at % 31 == 0)
        .map(|(_, c)| c)
        .collect();
    let mut names = Vec::new();
    for c in sparse {
        names.extend([
            format!("a{c}b"),
            format!("ab{c}c{c}d"),
            format!("deploy {c} key"),
            format!("а{c}б"),
            format!("1{c}2"),
        ]);
        if !c.is_whitespace() {
            names.extend([
                format!("{c}"),
                format!("{c}deploy"),
                format!("deploy{c}"),
                format!("{c}{c}"),
                format!("a{c}{c}b"),
            ]);
        }
    }
    let in_a_row = [
        "می\u{200c}\u{200c}خواهم",
        "می\u{200c}",
        "\u{200c}می",
        "م\u{200d}ی",
        "ا\u{200c}ب",
        "क\u{200c}ष",
        "क्\u{200c}a",
        "क्\u{200c}",
        "क्\u{200d}\u{200d}ष",
        "अ\u{9cd}\u{200d}",
        "❤\u{fe0f}\u{fe0f}",
        "❤\u{fe0f}\u{fe0e}",
        "1\u{fe0f}",
        "1\u{fe0f}2",
        "👨\u{200d}",
        "👨\u{200d}\u{200d}👩",
        "👨\u{200d}a",
        "a\u{200d}👨",
        "\u{fe0f}❤",
        "🏴\u{e0067}\u{e0062}",
        "🏴\u{e0061}\u{e0062}\u{e0063}\u{e007f}",
        "🏴\u{e007f}",
        "🚀\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        "葛\u{e0100}\u{e0100}",
        "a\u{e0100}",
        "ᠠ\u{180e}ᠷ",
        "a\u{180e}",
        "a\u{180e}\u{1820}",
    ];
    names.extend(in_a_row.map(String::from));
    names
}

// B27, D24: alone, at both ends, in a row, and between letters where they change nothing visible.
#[test]
fn names_with_unnecessary_invisible_characters_are_rejected() {
    let names = hostile();
    assert!(names.len() >= 500, "{}", names.len());
    for bad in &names {
        let rejected = Name::parse(bad);
        assert!(
            matches!(
                rejected,
                Err(Fault::ForbiddenCharacter | Fault::Missing)
            ),
            "{bad:?}: {rejected:?}"
        );
    }
    for blank in ["\u{2800}", "\u{2800} \u{3000}\u{2800}"] {
        assert_eq!(Name::parse(blank), Err(Fault::Missing), "{blank:?}");
    }
}

// F2: a name from a provider is cleaned and cut, not discarded.
#[test]
fn a_name_from_a_provider_is_cleaned_and_cut() {
    let cleaned = |given: &str| Name::cleaned(given).map(String::from);
    assert_eq!(
        cleaned("علی\u{200c}رضا").as_deref(),
        Some("علی\u{200c}رضا")
    );
    assert_eq!(
        cleaned(" Ada\r\n\tLovelace\0\u{202e} ").as_deref(),
        Some("Ada Lovelace")
    );
    assert_eq!(cleaned("A\u{200d}da\u{200b}").as_deref(), Some("Ada"));
    assert_eq!(cleaned(&"x".repeat(5_000)), Some("x".repeat(100)));
    assert_eq!(
        cleaned(&format!("{}e\u{301}x", "x".repeat(99))),
        Some(format!("{}é", "x".repeat(99)))
    );
    assert_eq!(
        cleaned(&format!("{}👨\u{200d}👩", "x".repeat(98))),
        Some("x".repeat(98)),
        "an emoji is not cut in half"
    );
    assert_eq!(
        cleaned(&format!("{}q\u{301}", "x".repeat(99))),
        Some("x".repeat(99)),
        "a letter is not cut from its mark"
    );
    for nothing in ["", " \n ", "\u{200d}\u{202e}", "\0"] {
        assert_eq!(cleaned(nothing), None, "{nothing:?}");
    }
    for bad in hostile() {
        if let Some(name) = Name::cleaned(&bad) {
            assert_eq!(
                Name::parse(name.as_str()),
                Ok(name.clone()),
                "{bad:?}"
            );
        }
    }
}

// PyPI's audit, finding 9: an email or a name is stored in one form, regardless of how it is
// written.
#[test]
fn no_email_can_be_mistaken_for_another() {
    for bad in [
        "\u{212a}im@example.com",
        "k\u{130}m@example.com",
        "kim@example.com\u{1fef}",
    ] {
        assert_eq!(email(bad), Err(Fault::NotAnEmail), "{bad:?}");
    }
    for c in (0x80..=0x10_ffff).filter_map(char::from_u32) {
        let (plain, typed) = ("kim@example.com", format!("{c}kim@example.com"));
        if let Ok(kept) = email(&typed) {
            assert_eq!(
                kept.chars().filter(char::is_ascii).count(),
                plain.len(),
                "{c:?} is {kept}"
            );
        }
    }
}

proptest! {
    #[test]
    fn a_cleaned_name_is_a_valid_name(
        given in "[a-zй🚀❤👨۱می\u{94d}क्ष\u{200c}\u{200d}\u{fe0f}\u{301}\u{202e}\u{e0067}\u{0}\n 1\u{20e3}]{0,220}",
    ) {
        if let Some(name) = Name::cleaned(&given) {
            prop_assert_eq!(Name::parse(name.as_str()), Ok(name.clone()));
            prop_assert_eq!(Name::cleaned(name.as_str()), Some(name));
        } else {
            prop_assert!(Name::parse(&given).is_err());
        }
        // A valid name is not changed, except for double spaces.
        if let Ok(name) = Name::parse(&given) {
            let single = name.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(Name::cleaned(&given).map(String::from), Some(single));
        }
    }

    #[test]
    fn a_joiner_between_letters_is_rejected(before in "[a-zа-яà-ö가-힣あ-ん0-9]{1,10}", after in "[a-zа-яà-ö가-힣あ-ん0-9]{1,10}", hidden in "[\u{200b}-\u{200f}\u{202a}-\u{202e}\u{fe00}-\u{fe0f}\u{e0020}-\u{e007f}]{1,3}") {
        prop_assert_eq!(Name::parse(&format!("{before}{hidden}{after}")), Err(Fault::ForbiddenCharacter));
        prop_assert_eq!(Name::cleaned(&format!("{before}{hidden}{after}")), Name::parse(&format!("{before}{after}")).ok());
    }

    #[test]
    fn a_name_is_stored_in_one_form(typed in "\\PC{0,60}", before in "[ \t]{0,2}", after in "[ \r\n]{0,2}") {
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
    fn an_email_is_stored_in_one_form(
        user in "[a-zA-Z0-9._+à-öø-ÿÀ-ÖØ-Þа-яА-Я]{1,20}", host in "[a-zA-Z0-9-]{1,12}\\.[a-zA-Zà-ö]{2,6}", space in "[ \t\r\n]{0,2}",
    ) {
        let typed = format!("{user}@{host}");
        let kept = email(&typed).expect("an email");
        let (upper, lower): (String, String) = (typed.to_uppercase(), typed.to_lowercase());
        for written in [kept.clone(), upper, lower, typed.nfd().collect(), typed.nfc().collect(), format!("{space}{typed}{space}")] {
            let read = email(&written);
            prop_assert_eq!(read.as_ref(), Ok(&kept), "{:?}", written);
        }
    }

    #[test]
    fn a_stored_email_parses_to_itself(typed in "\\PC{1,30}@\\PC{1,20}") {
        if let Ok(kept) = email(&typed) {
            prop_assert_eq!(email(&kept), Ok(kept.clone()), "{:?}", kept);
        }
    }
}

#[test]
fn emails_are_converted_to_lower_case_and_validated() {
    assert_eq!(
        email(" Ada@Example.COM "),
        Ok("ada@example.com".into())
    );
    for bad in ["ada", "@x", "ada@", "a b@c", "a@b@c", "a\n@b"] {
        assert_eq!(email(bad), Err(Fault::NotAnEmail), "{bad:?}");
    }
}

#[test]
fn a_description_has_lines_and_can_be_empty() {
    let read = |typed: &str| Description::parse(typed).map(|text| text.text().map(str::to_owned));
    assert_eq!(
        read("  Deploys.\r\n\r\nمفتاح النشر 👨\u{200d}👩\u{200d}👧\u{200d}👦\n"),
        Ok(Some(
            "Deploys.\n\nمفتاح النشر 👨\u{200d}👩\u{200d}👧\u{200d}👦".into()
        ))
    );
    assert_eq!(read(" \r\n "), Ok(None));
    assert_eq!(read("e\u{301}"), Ok(Some("é".into())));
    assert!(read(&"é".repeat(500)).is_ok_and(|text| text.is_some()));
    assert_eq!(
        read(&"é".repeat(501)),
        Err(Fault::TooLong { max: 500 })
    );
    for bad in ["a\u{202E}b", "a\rb", "a\tb", "a\nb\u{200B}c", "a\0b"] {
        assert_eq!(read(bad), Err(Fault::ForbiddenCharacter), "{bad:?}");
    }
}

#[test]
fn a_key_is_neither_a_name_nor_part_of_a_description() {
    let key = crate::token::PlainKey::assemble(
        &crate::token::Brand::default(),
        crate::token::KeyKind::Live,
        b"Ab3dE9xQ",
        &[b'7'; crate::token::SECRET],
    );
    let whole = key.expose();
    for text in [whole.to_owned(), format!("Deploys with {whole}.")] {
        assert_eq!(Name::parse(&text), Err(Fault::ContainsKey));
        assert_eq!(Description::parse(&text), Err(Fault::ContainsKey));
    }
    let public = &whole[..whole.len() - 49];
    assert!(Name::parse(public).is_ok() && Description::parse(public).is_ok());
    assert!(Name::parse(&crate::token::redacted(whole)).is_ok());
}
