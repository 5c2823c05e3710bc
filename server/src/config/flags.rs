//! Settings from flags. Every setting has a flag, except for the secrets.

use std::ffi::OsString;
use std::sync::LazyLock;

use clap::builder::ValueParser;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::options::{Given, Options, Source};
use super::table::{self, Group, Kind, Setting};

impl Args for Options {
    /// Every setting is a global flag, so that it can stand before and after the name of the
    /// command. The flags are hidden here: the help of a command shows only the settings that the
    /// command reads (see [`show_settings`]).
    fn augment_args(command: Command) -> Command {
        FLAGS.iter().fold(command, |command, flag| {
            command.arg(argument(flag).hide(true))
        })
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
                self.add(
                    setting,
                    Given {
                        value: value.clone(),
                        source: Source::Flag,
                    },
                );
            }
        }
        Ok(())
    }
}

/// Shows the settings of these groups in the help of a command.
pub fn show_settings(command: Command, groups: &[Group]) -> Command {
    let shown = FLAGS
        .iter()
        .filter(|flag| groups.contains(&flag.setting.group));
    shown.fold(command, |command, flag| command.arg(argument(flag)))
}

/// A setting, the name of its flag and the placeholder of its value.
struct Flag {
    setting: &'static Setting,
    long: String,
    value: String,
}

/// The parser borrows the names for the lifetime of the program.
static FLAGS: LazyLock<Vec<Flag>> = LazyLock::new(|| {
    let flag = |setting: &'static Setting| Flag {
        setting,
        long: setting.flag(),
        value: setting.name.to_ascii_uppercase(),
    };
    table::ALL
        .iter()
        .copied()
        .filter(|setting| setting.kind != Kind::Secret)
        .map(flag)
        .collect()
});

/// The parser accepts every value. [`Options`] checks it later, so that the error message is the
/// same for every source.
fn argument(flag: &'static Flag) -> Arg {
    let Flag {
        setting,
        long,
        value,
    } = flag;
    let argument = Arg::new(setting.name)
        .long(long.as_str())
        .help(format!(
            "{} [env: {}]",
            setting.help,
            setting.variable()
        ))
        .help_heading(setting.group.heading())
        .value_parser(ValueParser::os_string())
        .global(true);
    match setting.kind {
        Kind::YesNo => argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("yes")
            .value_name("YES|NO"),
        _ => argument.value_name(value.as_str()),
    }
}
