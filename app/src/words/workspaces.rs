//! Workspaces.

use domain::environment::Environment;
use domain::workspace::Provider;

use super::isolated;

pub const TITLE: &str = "Workspaces";
pub const ABOUT: &str = "About runs";
pub const CREATE: &str = "Create workspace";
pub const NOT_CREATED: &str = "The workspace was not created";
pub const NONE_YET: &str = "No workspaces yet";
pub const NONE_IN_TEST: &str = "No test workspaces yet";
pub const WHAT_FOR: &str = "A workspace has a model, and runs that your scripts start over the API or by webhook. Workers execute the runs.";
pub const NEWEST: &str = "Newest workspaces";
pub const OLDER: &str = "Older workspaces";
pub const NAME_SAMPLE: &str = "Analytics";
pub const NAME_HINT: &str = "You see this name in lists and in the audit log.";
pub const NAME_MISSING: &str = "Enter a name for the workspace.";
pub const PROVIDER: &str = "Provider";
pub const PROVIDER_HINT: &str = "Who runs the model.";
pub const MODEL: &str = "Model";
pub const MODEL_OPTIONAL: &str = "Model (optional)";
pub const MODEL_HINT: &str = "Without a model, the default model of the provider is used.";
pub const ENVIRONMENT_HINT: &str = "Test keys see only test workspaces and their runs.";
pub const ID: &str = "Workspace ID";
pub const HOOK: &str = "Webhook";
pub const HOOK_HINT: &str = "A POST request to the webhook starts a run. It needs a key.";
pub const SHOW_ME_HOW: &str = "Show me how";
pub const LATEST_RUNS: &str = "Latest runs";
pub const ALL_RUNS: &str = "All runs of this workspace";
pub const CREATED: &str = " created. Next, start a run in it.";
pub const STARTED: &str = " started. It takes runs again.";
pub const STOPPED: &str = " stopped. It takes no runs.";
pub const DELETED: &str = " deleted, with its runs.";
pub const START: &str = "Start";
pub const START_TITLE: &str = "Start workspace";
pub const START_EFFECT: &str = "It takes runs again, and workers get the runs in its queue.";
pub const STOP: &str = "Stop";
pub const STOP_TITLE: &str = "Stop workspace";
/// The effects of stopping it.
pub const STOP_EFFECTS: [&str; 2] = [
    "It takes no runs: starting one is refused. The runs in its queue wait.",
    "Runs that a worker has are completed. You can start the workspace at any time.",
];
pub const DELETE: &str = "Delete";
pub const DELETE_TITLE: &str = "Delete workspace";
pub const DELETE_EFFECT: &str = "The workspace and all its runs are deleted. This is permanent. The audit log keeps its events.";
pub const DELETE_HINT: &str = "Deleted runs cannot be restored.";

/// Below the title.
pub fn lede(organization: &str, environment: Environment) -> String {
    let organization = isolated(organization);
    match environment {
        Environment::Production => format!("What your scripts start runs in, in {organization}."),
        Environment::Test => {
            format!("What your scripts start runs in with test keys, in {organization}.")
        }
    }
}

/// Above the table of workspaces, for screen readers.
pub fn caption(organization: &str) -> String {
    format!("Workspaces of {}", isolated(organization))
}

/// The name of a provider.
pub fn provider(word: &str) -> String {
    let name = word.parse().map(Provider::label);
    name.unwrap_or(word).to_owned()
}
