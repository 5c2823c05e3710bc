//! The chapters of the log: what happened, put together by what people look for.

use std::str::FromStr;

use super::Happening;

/// A part of the log that belongs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chapter {
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

impl Chapter {
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
    pub fn happenings(self) -> impl Iterator<Item = Happening> {
        Happening::ALL.into_iter().filter(move |kind| kind.chapter() == self)
    }
}

impl FromStr for Chapter {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|chapter| chapter.as_str() == text).ok_or(())
    }
}

impl Happening {
    /// Where it stands. There is no answer for all others here: something that nobody has put into a chapter does not
    /// compile.
    pub const fn chapter(self) -> Chapter {
        match self {
            Self::KeyCreated
            | Self::KeyRenamed
            | Self::KeyNarrowed
            | Self::KeyRotated
            | Self::KeyExposed
            | Self::KeyExpired
            | Self::KeyRevoked => Chapter::Keys,
            Self::MemberInvited
            | Self::InvitationAccepted
            | Self::InvitationRevoked
            | Self::MemberJoined
            | Self::MemberLeft
            | Self::MemberRemoved
            | Self::MemberRoleChanged => Chapter::Members,
            Self::ServiceAccountCreated | Self::ServiceAccountChanged => Chapter::ServiceAccounts,
            Self::SignedIn | Self::SessionEnded | Self::TokenIssued => Chapter::SignIn,
            Self::WorkspaceCreated | Self::WorkspaceDeleted | Self::RunCreated => Chapter::Workspaces,
            Self::MessageSent | Self::MessageDeleted | Self::NoteWritten | Self::NoteDeleted => Chapter::Messages,
            Self::OrganizationCreated | Self::OrganizationChanged | Self::AuditExported | Self::AuditAccepted => {
                Chapter::Organization
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chapter_reads_back_and_everything_stands_in_one() {
        for chapter in Chapter::ALL {
            assert_eq!(chapter.as_str().parse(), Ok(chapter));
            assert_eq!(chapter.as_str().parse::<Happening>(), Err(()), "an address could mean either");
        }
        let told = Chapter::ALL.into_iter().flat_map(Chapter::happenings).count();
        assert_eq!(told, Happening::ALL.len());
    }
}
