//! The chapters of the log: what happened, put together by what people look for.

use std::str::FromStr;

use super::AuditAction;

/// A part of the log that belongs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventCategory {
    /// API keys.
    Keys,
    /// Members and invitations.
    Members,
    /// Service accounts.
    ServiceAccounts,
    /// Sessions, and tokens for people.
    SignIn,
    /// Workspaces and their runs.
    Workspaces,
    /// Messages and notes.
    Messages,
    /// The organization itself, and its log.
    Organization,
}

impl EventCategory {
    /// Every chapter.
    pub const ALL: [Self; 7] = [
        Self::Keys,
        Self::Members,
        Self::ServiceAccounts,
        Self::SignIn,
        Self::Workspaces,
        Self::Messages,
        Self::Organization,
    ];

    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Members => "members",
            Self::ServiceAccounts => "service_accounts",
            Self::SignIn => "sign_in",
            Self::Workspaces => "workspaces",
            Self::Messages => "messages",
            Self::Organization => "organization",
        }
    }

    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Keys => "API keys",
            Self::Members => "Members",
            Self::ServiceAccounts => "Service accounts",
            Self::SignIn => "Sign-in",
            Self::Workspaces => "Workspaces and runs",
            Self::Messages => "Messages and notes",
            Self::Organization => "Organization",
        }
    }

    /// What may happen in it.
    pub fn actions(self) -> impl Iterator<Item = AuditAction> {
        AuditAction::ALL.into_iter().filter(move |kind| kind.category() == self)
    }
}

impl FromStr for EventCategory {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|category| category.as_str() == text).ok_or(())
    }
}

impl AuditAction {
    /// Where it stands. There is no answer for all others here: something that nobody has put into a chapter does not
    /// compile.
    pub const fn category(self) -> EventCategory {
        match self {
            Self::KeyCreated
            | Self::KeyRenamed
            | Self::KeyNarrowed
            | Self::KeyRotated
            | Self::KeyExposed
            | Self::KeyExpired
            | Self::KeyRevoked => EventCategory::Keys,
            Self::MemberInvited
            | Self::InvitationAccepted
            | Self::InvitationRevoked
            | Self::MemberJoined
            | Self::MemberLeft
            | Self::MemberRemoved
            | Self::MemberRoleChanged => EventCategory::Members,
            Self::ServiceAccountCreated | Self::ServiceAccountChanged => EventCategory::ServiceAccounts,
            Self::SignedIn | Self::SessionEnded | Self::TokenIssued => EventCategory::SignIn,
            Self::WorkspaceCreated | Self::WorkspaceDeleted | Self::RunCreated => EventCategory::Workspaces,
            Self::MessageSent | Self::MessageDeleted | Self::NoteWritten | Self::NoteDeleted => EventCategory::Messages,
            Self::OrganizationCreated | Self::OrganizationChanged | Self::AuditExported | Self::AuditAccepted => {
                EventCategory::Organization
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chapter_reads_back_and_everything_stands_in_one() {
        for category in EventCategory::ALL {
            assert_eq!(category.as_str().parse(), Ok(category));
            assert_eq!(category.as_str().parse::<AuditAction>(), Err(()), "an address could mean either");
        }
        let told = EventCategory::ALL.into_iter().flat_map(EventCategory::actions).count();
        assert_eq!(told, AuditAction::ALL.len());
    }
}
