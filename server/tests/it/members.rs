//! The pages of members, invitations and roles in a browser without script.

mod joining;
mod removal;
mod roles;

use domain::ActorId;
use domain::command::MemberQuery;
use domain::view::MemberView;
use engine::ctx::Origin;
use engine::people::Identity;

use crate::browser::{page, send};
use crate::test_app::{ISSUER, Someone, TestApp};

/// The member with a name from right to left.
const NOOR: &str = "نور الهاشمي";

/// A browser user. The demo users have their own names and IP addresses.
struct Visitor {
    cookie: String,
}

/// Signs a user in whose provider reports a sign-in this many seconds ago.
async fn visitor(app: &TestApp, subject: &str, name: &str, seconds_ago: i64) -> Visitor {
    let email = Some(format!("{subject}@demo.example"));
    let identity = Identity {
        issuer: ISSUER.into(),
        subject: subject.into(),
        email,
        name: Some(name.into()),
    };
    let person = app
        .engine
        .sign_in(&identity, &Origin::default())
        .await
        .expect("signed in");
    let token = app.engine.runtime().bytes::<16>();
    let signed_in_at = app
        .engine
        .runtime()
        .now()
        .plus_seconds(-seconds_ago)
        .0;
    let data = serde_json::json!({ "person": person.0, "signed_in_at": signed_in_at }).to_string();
    let kept = app
        .engine
        .insert_session(
            &token,
            Some(person),
            &Origin::default(),
            data.as_bytes(),
        )
        .await;
    assert!(kept.expect("session"));
    let cookie = format!(
        "rt_session={}",
        tower_sessions::session::Id(i128::from_be_bytes(token))
    );
    Visitor { cookie }
}

async fn owner(app: &TestApp) -> Visitor {
    visitor(app, "olivia", "Olivia Owens", 0).await
}

async fn members(app: &TestApp, by: &Someone) -> Vec<MemberView> {
    app.engine
        .list_members(&by.ctx, &MemberQuery::default(), 50)
        .await
        .expect("members")
        .rows
}

async fn member(app: &TestApp, by: &Someone, name: &str) -> ActorId {
    let found = members(app, by)
        .await
        .into_iter()
        .find(|member| member.name == name);
    found
        .unwrap_or_else(|| panic!("no member {name}"))
        .actor_id
}

/// What stands between two texts of a page.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let from = text
        .find(before)
        .unwrap_or_else(|| panic!("no {before} in {text}"))
        + before.len();
    &text[from..from
        + text[from..]
            .find(after)
            .unwrap_or_else(|| panic!("no {after} after {before}"))]
}

// KE-38, RA-33, KE-24, RA-30: everyone finds the members, their roles and what those mean;
// addresses, keys, invitations and whatever changes something are for admins and owners.
#[tokio::test]
async fn everyone_finds_the_members_and_what_their_roles_mean() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    app.key_of(&mina).await;
    let list = format!("/o/{}/settings/members", olivia.organization);
    let (full, short) = (
        owner(&app).await,
        visitor(&app, "mina", "Mina Moreau", 0).await,
    );
    visitor(&app, "noor", NOOR, 0).await;
    let mine = member(&app, &olivia, "Mina Moreau").await;
    let (full, short) = (
        page(&app, &list, &full.cookie).await,
        page(&app, &list, &short.cookie).await,
    );
    for shown in [&full, &short] {
        assert_eq!(shown.status.as_u16(), 200, "{}", shown.text);
        for text in [
            &format!("<bdi>{NOOR}</bdi>"),
            "Olivia Owens",
            "Owner",
            "Admin",
            "Member",
            ">You<",
        ] {
            assert!(shown.text.contains(text), "{text}");
        }
        for role in domain::Role::ALL {
            assert!(
                shown
                    .text
                    .contains(app::words::roles::summary(role)),
                "{role:?}"
            );
        }
        assert!(
            shown
                .text
                .contains(app::words::leave_organization::LINK)
        );
    }
    let managing = [
        "noor@demo.example",
        &format!("{list}/invite"),
        &format!("{list}/{mine}/role"),
        &format!("{list}/{mine}/remove"),
        &format!("?owner={mine}"),
    ];
    for text in managing {
        assert!(full.text.contains(text), "{text}");
        assert!(!short.text.contains(text), "{text}");
    }
    let own = member(&app, &olivia, "Olivia Owens").await;
    assert!(
        full.text.contains(&format!("{list}/{own}/role"))
            && !full
                .text
                .contains(&format!("{list}/{own}/remove"))
    );
    let theo = visitor(&app, "theo", "Theo Okafor", 0).await;
    let refused = page(&app, &list, &theo.cookie).await;
    assert_eq!(refused.status.as_u16(), 403);
    assert!(!refused.text.contains("Olivia"));
}

// RA-30: a member opens none of the pages that manage members, and everyone may leave.
#[tokio::test]
async fn pages_that_manage_members_are_closed_to_members() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let mina = visitor(&app, "mina", "Mina Moreau", 0).await;
    let list = format!("/o/{}/settings/members", olivia.organization);
    let adam = member(&app, &olivia, "Adam Adler").await;
    for path in [
        "invite".to_owned(),
        format!("{adam}/role"),
        format!("{adam}/remove"),
    ] {
        let shown = page(&app, &format!("{list}/{path}"), &mina.cookie).await;
        assert_eq!(shown.status.as_u16(), 403, "{path}");
        assert!(!shown.text.contains("adam@demo.example"), "{path}");
    }
    assert_eq!(
        page(&app, &format!("{list}/leave"), &mina.cookie)
            .await
            .status
            .as_u16(),
        200
    );
    // An admin manages members, but no owner (D5).
    let adam = visitor(&app, "adam", "Adam Adler", 0).await;
    let own = member(&app, &olivia, "Olivia Owens").await;
    for path in ["role", "remove"] {
        assert_eq!(
            page(&app, &format!("{list}/{own}/{path}"), &adam.cookie)
                .await
                .status
                .as_u16(),
            403,
            "{path}"
        );
    }
    let shown = page(&app, &list, &adam.cookie).await.text;
    assert!(
        !shown.contains(&format!("{list}/{own}/role")) && shown.contains(&format!("{list}/invite"))
    );
    let none = page(&app, &format!("{list}/9999/remove"), &adam.cookie).await;
    assert_eq!(none.status.as_u16(), 404);
}

// The person is the first; others are found by name, and by email for those who can see it.
#[tokio::test]
async fn the_list_begins_with_you_and_is_searched() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let owner = owner(&app).await;
    visitor(&app, "noor", NOOR, 0).await;
    let list = format!("/o/{}/settings/members", olivia.organization);
    let text = page(&app, &list, &owner.cookie).await.text;
    let rows = between(&text, "<tbody>", "</tbody>");
    let place = |name: &str| rows.find(&format!("<bdi>{name}</bdi>"));
    assert!(place("Olivia Owens").is_some() && place("Olivia Owens") < place(NOOR));
    assert_eq!(
        rows.matches("Olivia Owens").count(),
        2,
        "the row and its menu"
    );

    let found = async |cookie: &str, text: &str| {
        let fields = [("organization", olivia.organization.as_str()), ("q", text)];
        let answer = send(&app, "search", &list, &fields, cookie).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
        page(&app, answer.header("location"), cookie)
            .await
            .text
    };
    let by_email = found(&owner.cookie, "noor@demo").await;
    let rows = between(&by_email, "<tbody>", "</tbody>");
    assert!(rows.contains(NOOR) && !rows.contains("Olivia Owens"));
    let by_member = found(&mina.cookie(), "noor@demo").await;
    assert!(
        by_member.contains(app::words::members::NO_MATCH),
        "members do not see emails"
    );
}
