//! Pages for missing, forbidden and failed requests.

use domain::Code;

/// The texts of an error page.
#[derive(Clone, Copy)]
pub struct ErrorPage {
    /// The title of the document.
    pub title: &'static str,
    /// Its heading.
    pub heading: &'static str,
    /// What it means, and what to do.
    pub text: &'static str,
    /// Whether the page offers to try again.
    pub retry: bool,
}

pub const TRY_AGAIN: &str = "Try again";
pub const GO_TO_KEYS: &str = "Go to API Keys";
/// The page of a secret that was created, when the page that should show it failed.
pub const SECRET_NOT_SHOWN: ErrorPage = ErrorPage {
    title: "Created, but not shown",
    heading: "Created, but the secret can’t be displayed",
    text: "The item exists, but its secret can no longer be shown. Find it in the list. Rotate or revoke a key, cancel an invitation, then create another.",
    retry: false,
};

/// The page of an organization of the person that their role does not include.
pub const HIGHER_ROLE: ErrorPage = ErrorPage {
    title: "No access",
    heading: "You don’t have access to this page",
    text: "It needs a higher role in this organization. Ask an owner to change your role.",
    retry: false,
};
/// Before the names of the owners.
pub const OWNERS: &str = "Owners: ";

/// After the names of some owners: how many more there are.
pub fn more_owners(count: i64) -> String {
    match count {
        0 => String::new(),
        n => format!(" and {n} more"),
    }
}

/// The page of a problem.
pub const fn of_code(code: Code) -> ErrorPage {
    match code {
        Code::Forbidden | Code::Unauthorized => ErrorPage {
            title: "No access",
            heading: "You don’t have access to this page",
            text: "It belongs to another organization or person, or needs a higher role. Ask an owner or admin for access.",
            retry: false,
        },
        Code::NotFound => ErrorPage {
            title: "Page not found",
            heading: "This page does not exist",
            text: "The URL may be wrong, or the item was removed or is not visible to you.",
            retry: false,
        },
        Code::Unavailable | Code::TooManyRequests => ErrorPage {
            title: "Temporarily unavailable",
            heading: "Roundtable is temporarily unavailable",
            text: "Nothing was changed. Wait a moment, then try again.",
            retry: true,
        },
        Code::TooManyAttempts => ErrorPage {
            title: "Too many attempts",
            heading: "Too many failed attempts",
            text: "Too many sign-ins, links or tokens from your network failed. Nothing was changed. Wait a minute, then try again.",
            retry: true,
        },
        Code::Internal => ErrorPage {
            title: "Something went wrong",
            heading: "Something went wrong",
            text: "Roundtable could not complete the request. Nothing was changed. Try again. If the problem persists, send the request ID to your administrator.",
            retry: true,
        },
        Code::MethodNotAllowed => ErrorPage {
            title: "Not a page",
            heading: "This URL is not a page",
            text: "This URL only accepts form submissions. Nothing was changed. Go to API Keys and start from there.",
            retry: false,
        },
        _ => ErrorPage {
            title: "Invalid request",
            heading: "The request could not be read",
            text: "Nothing was changed. Go back, reload the page and try again.",
            retry: false,
        },
    }
}
