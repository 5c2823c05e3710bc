//! The flags: every setting of the table is one, but for the secrets.

use std::ffi::OsString;
use std::sync::LazyLock;

use clap::builder::ValueParser;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::options::{Given, Options, Source};
use super::table::{self, Kind, Setting};

impl Args for Options {
    fn augment_args(command: Command) -> Command {
        FLAGS.iter().fold(command, |command, flag| command.arg(argument(flag)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Options {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self::default();
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for Flag { setting, .. } in FLAGS.iter() {
            if let Some(value) = matches.get_one::<OsString>(setting.name) {
                self.add(setting, Given { value: value.clone(), source: Source::Flag });
            }
        }
        Ok(())
    }
}

/// A setting with the names that its flag and the value of it have.
struct Flag {
    setting: &'static Setting,
    long: String,
    value: String,
}

/// Kept for good, because the parser borrows the names.
static FLAGS: LazyLock<Vec<Flag>> = LazyLock::new(|| {
    let flag =
        |setting: &'static Setting| Flag { setting, long: setting.flag(), value: setting.name.to_ascii_uppercase() };
    table::ALL.iter().copied().filter(|setting| setting.kind != Kind::Secret).map(flag).collect()
});

/// Values are read as they come: what is wrong with one is said the same way, wherever it was given.
fn argument(flag: &'static Flag) -> Arg {
    let Flag { setting, long, value } = flag;
    let argument = Arg::new(setting.name)
        .long(long.as_str())
        .help(format!("{} [env: {}]", setting.help, setting.variable()))
        .help_heading(setting.group.heading())
        .value_parser(ValueParser::os_string())
        .global(true);
    match setting.kind {
        Kind::YesNo => argument.num_args(0..=1).require_equals(true).default_missing_value("yes").value_name("YES|NO"),
        _ => argument.value_name(value.as_str()),
    }
}
