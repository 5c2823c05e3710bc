//! The pages and actions that a search offers.

use domain::policy::{Action, Grant, decide};
use domain::{OrganizationId, Role};

use crate::routes::{DOCS, DOCS_OF_API, Screen};
use crate::words;

/// A page or an action.
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// Where it leads.
    pub path: String,
    /// Whether something is created or changed there.
    pub is_action: bool,
}

/// What a member with this role can open.
pub fn commands(organization: &OrganizationId, role: Role) -> Vec<Command> {
    let own = || organization.clone();
    let may = |action| decide(role, action) == Grant::All;
    let page = |name, icon, path: String| Command {
        name,
        icon,
        path,
        is_action: false,
    };
    let action = |name, screen: Screen| Command {
        name,
        icon: "plus",
        path: screen.path(),
        is_action: true,
    };
    let mut all = vec![
        action(words::create_key::TITLE, Screen::NewKey(own())),
        action(words::workspaces::CREATE, Screen::NewWorkspace(own())),
        action(
            words::create_organization::TITLE,
            Screen::NewOrganization,
        ),
        page(
            words::overview::TITLE,
            "overview",
            Screen::Overview(own()).path(),
        ),
        page(
            words::keys::TITLE,
            "key",
            Screen::ApiKeys(own()).path(),
        ),
        page(words::apis::TITLE, "api", Screen::Apis(own()).path()),
        page(
            words::workspaces::TITLE,
            "workspace",
            Screen::Workspaces(own()).path(),
        ),
        page(words::runs::TITLE, "run", Screen::Runs(own()).path()),
        page(
            words::members::TITLE,
            "members",
            Screen::Members(own()).path(),
        ),
        page(
            words::audit_log::TITLE,
            "audit",
            Screen::AuditLog(own()).path(),
        ),
        page(
            words::organization::TITLE,
            "organization",
            Screen::Settings(own()).path(),
        ),
        page(
            words::account::TITLE,
            "person",
            Screen::Account.path(),
        ),
        page(words::docs::TITLE, "book", DOCS.to_owned()),
        page(
            words::keys::API_REFERENCE,
            "book",
            DOCS_OF_API.to_owned(),
        ),
    ];
    if may(Action::ListServiceAccounts) {
        all.push(action(
            words::service_accounts::CREATE,
            Screen::NewServiceAccount(own()),
        ));
        all.push(page(
            words::service_accounts::TITLE,
            "robot",
            Screen::ServiceAccounts(own()).path(),
        ));
    }
    if may(Action::ListConsumers) {
        all.push(action(words::apis::REGISTER, Screen::NewApi(own())));
        all.push(action(
            words::consumers::CREATE,
            Screen::NewConsumer(own()),
        ));
        all.push(page(
            words::consumers::TITLE,
            "consumer",
            Screen::Consumers(own()).path(),
        ));
    }
    if may(Action::ManageMembers) {
        all.push(action(
            words::invite_member::TITLE,
            Screen::InviteMember(own()),
        ));
    }
    all
}
