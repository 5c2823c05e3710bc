//! Names, descriptions, email addresses, points in time, and what is logged.
#![no_main]

use domain::Moment;
use domain::text::{Description, Name, email};
use domain::token::keys_within;
use fast_path::sieve::{keys_in, without_secrets};
use fuzz::{Piece, text_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pieces: Vec<Piece>| {
    let text = text_of(&pieces);
    for name in [Name::parse(&text).ok(), Name::cleaned(&text)]
        .into_iter()
        .flatten()
    {
        let again = Name::parse(name.as_str()).expect("a name stays a name");
        assert_eq!(again.as_str(), name.as_str());
        assert!(!name.as_str().contains(char::is_control));
        assert!(
            keys_within(name.as_str()).is_empty(),
            "a name has no key"
        );
    }
    if let Ok(description) = Description::parse(&text) {
        let kept = description.text().unwrap_or_default();
        let again = Description::parse(kept).expect("a description stays one");
        assert_eq!(again, description);
        assert!(
            keys_within(kept).is_empty(),
            "a description has no key"
        );
    }
    if let Ok(address) = email(&text) {
        assert_eq!(
            email(&address).expect("an address stays one"),
            address
        );
    }
    if let Some(moment) = Moment::parse(&text) {
        assert_eq!(Moment::parse(&moment.to_rfc3339()), Some(moment));
    }
    let clean = without_secrets(&text);
    assert!(keys_in(&clean).is_empty(), "{clean}");
});
