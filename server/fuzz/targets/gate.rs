//! The URL of a gate: nothing in it that is not understood lets a request pass.
#![no_main]

use fast_path::gate::GateQuery;
use libfuzzer_sys::fuzz_target;

const KNOWN: [&str; 3] = ["scope", "environment", "deny"];

fuzz_target!(|input: (&str, Option<&str>)| {
    let (path, query) = input;
    for path in [
        path.to_owned(),
        format!("/gate/{path}"),
        format!("/gate/orders{path}"),
    ] {
        let Ok(read) = GateQuery::read(&path, query) else {
            continue;
        };
        let rest = path.strip_prefix("/gate/").expect("a gate");
        assert_eq!(read.is_envoy, rest.contains("/envoy/"));
        if !read.is_envoy {
            let query = query.unwrap_or_default();
            for parameter in query.split('&').filter(|text| !text.is_empty()) {
                let name = parameter.split('=').next().unwrap_or_default();
                assert!(
                    KNOWN.contains(&name) || name.contains(['%', '+']),
                    "{parameter} was not understood"
                );
            }
            assert_eq!(read.denies_with_403, query.contains("403"));
        }
    }
});
