//! Inviting a user, and accepting an invitation.

use domain::command::InviteMember;
use domain::view::NewInvitation;
use engine::invitations::INVITATION_SECONDS;

use super::{between, members, owner, page, send, visitor};
use crate::test_app::{PUBLIC_URL, Someone, TestApp};

async fn invite(app: &TestApp, by: &Someone, subject: &str) -> NewInvitation {
    let command =
        InviteMember::read(&format!("{subject}@demo.example"), Some("admin")).expect("valid");
    app.engine
        .create_invitation(&by.ctx, command)
        .await
        .expect("invited")
}

// B4: the link is in the answer to the form and nowhere else: no address, no cookie, no later page,
// nothing that is kept.
#[tokio::test]
async fn the_link_is_shown_once() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let owner = owner(&app).await;
    let list = format!("/o/{}/settings/members", olivia.organization);
    let on = format!("{list}/invite");
    let organization = ("organization", olivia.organization.as_str());
    let fields = [
        organization,
        ("email", " Zoe@Demo.example "),
        ("role", "admin"),
    ];
    let answer = send(&app, "invite_member", &on, &fields, &owner.cookie).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let token = between(&answer.text, &format!("{PUBLIC_URL}/join/"), "<");
    assert_eq!(
        (token.len(), answer.text.matches(token).count()),
        (43, 1)
    );
    assert!(!format!("{:?}", answer.headers).contains(token));
    assert!(
        answer.text.contains("zoe@demo.example")
            && answer
                .text
                .contains("The link expires in 7 days.")
    );
    assert!(
        answer
            .text
            .contains(app::words::invite_member::LINK_WARNING)
            && answer
                .text
                .contains(app::words::invite_member::LINK_SEND)
    );

    let shown = page(&app, &list, &owner.cookie).await.text;
    assert!(
        shown.contains("zoe@demo.example") && shown.contains("in 7 days") && !shown.contains(token)
    );
    for (email, sentence) in [
        ("", "Enter the email address"),
        ("zoe", "Enter an email address, such as"),
        ("adam@demo.example", "is already a member."),
    ] {
        visitor(&app, "adam", "Adam Adler", 0).await;
        let fields = [organization, ("email", email), ("role", "admin")];
        let answer = send(&app, "invite_member", &on, &fields, &owner.cookie).await;
        assert!(
            [409, 422].contains(&answer.status.as_u16()),
            "{email}"
        );
        assert!(
            answer.text.contains(sentence),
            "{email}: {}",
            answer.text
        );
        assert!(
            answer
                .text
                .contains(&format!("value=\"{email}\"")),
            "{email}: what was typed is kept"
        );
        assert!(between(&answer.text, "value=\"admin\"", ">").contains("checked"));
    }
    let pending = app
        .engine
        .list_invitations(&olivia.ctx, None, 9)
        .await
        .expect("invitations")
        .rows;
    assert_eq!(pending.len(), 1);

    // And taken back: the link opens nothing any more.
    let fields = [organization, ("invitation_id", pending[0].id.as_str())];
    let answer = send(
        &app,
        "cancel_invitation",
        &list,
        &fields,
        &owner.cookie,
    )
    .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, list.as_str())
    );
    let shown = page(&app, &list, &owner.cookie).await.text;
    assert!(
        shown.contains(app::words::invitations::CANCELED) && !shown.contains("zoe@demo.example")
    );
    assert_eq!(
        page(&app, &format!("/join/{token}"), &owner.cookie)
            .await
            .status
            .as_u16(),
        303,
        "a member is led in"
    );
    assert_eq!(
        page(&app, &format!("/join/{token}"), "")
            .await
            .status
            .as_u16(),
        404
    );
}

// B28: the page of a link names the organization with its immutable id, and the inviter with their
// verified address. B21: it says for whom it is, without saying the whole address, and only they
// can join.
#[tokio::test]
async fn a_link_says_who_invites_whom_to_what() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    owner(&app).await;
    let link = format!("/join/{}", invite(&app, &olivia, "zoe").await.token);
    let (zoe, eve) = (
        visitor(&app, "zoe", "زوي", 0).await,
        visitor(&app, "eve", "Eve", 0).await,
    );
    let pages = [
        page(&app, &link, "").await,
        page(&app, &link, &eve.cookie).await,
        page(&app, &link, &zoe.cookie).await,
    ];
    for shown in &pages {
        assert_eq!(shown.status.as_u16(), 200);
        for text in [
            "Acme",
            olivia.organization.as_str(),
            "Olivia Owens",
            "olivia@demo.example",
            "Admin",
        ] {
            assert!(shown.text.contains(text), "{text}");
        }
        // The link is a secret: nothing keeps the page, and no other site hears of its address.
        assert_eq!(
            (
                shown.header("cache-control"),
                shown.header("referrer-policy")
            ),
            ("no-store", "same-origin")
        );
        assert!(!shown.text.contains(">zoe@demo.example<"));
    }
    let [nobody, another, invited] = pages.map(|page| page.text);
    assert!(
        nobody.contains("action=\"/sign-in/join\"")
            && nobody.contains(&format!("value=\"{link}\""))
            && nobody.contains("z…@demo.example")
    );
    assert!(another.contains("z…@demo.example") && another.contains("eve@demo.example"));
    assert!(another.contains(&format!(
        "/sign-in/start?other=1&amp;return_to={link}"
    )));
    assert!(invited.contains("/ui/accept_invitation") && !invited.contains("…@"));
    assert!(
        !nobody.contains("/ui/accept_invitation") && !another.contains("/ui/accept_invitation")
    );
    let sign_in = page(&app, &format!("/sign-in?return_to={link}"), "")
        .await
        .text;
    assert!(sign_in.contains(&format!("/sign-in/start?return_to={link}")));

    let before = members(&app, &olivia).await;
    let refused = send(&app, "accept_invitation", &link, &[], &eve.cookie).await;
    assert_eq!(refused.status.as_u16(), 403);
    assert!(
        refused.text.contains("z…@demo.example") && !refused.text.contains("/ui/accept_invitation")
    );
    let nobody = send(&app, "accept_invitation", &link, &[], "").await;
    assert_eq!(
        (nobody.status.as_u16(), nobody.header("location")),
        (
            303,
            format!("/sign-in?return_to={link}&problem=ended").as_str()
        )
    );
    assert_eq!(members(&app, &olivia).await, before);
}

// B4: a link is accepted once. The person who accepted it is led in, from the second tab and after a double
// click too.
#[tokio::test]
async fn joining_twice_leads_in_and_joins_once() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let link = format!("/join/{}", invite(&app, &olivia, "layla").await.token);
    let layla = visitor(&app, "layla", "ليلى حداد", 0).await;
    let keys = format!("/o/{}/settings/api-keys", olivia.organization);
    let before = members(&app, &olivia).await.len();
    for _ in 0..2 {
        let answer = send(&app, "accept_invitation", &link, &[], &layla.cookie).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, keys.as_str()),
            "{}",
            answer.text
        );
    }
    assert_eq!(
        page(&app, &link, &layla.cookie)
            .await
            .header("location"),
        keys
    );
    let all = members(&app, &olivia).await;
    assert_eq!(
        (all.len(), all[0].name.as_str(), all[0].role),
        (before + 1, "ليلى حداد", domain::Role::Admin)
    );
    let welcome = "Welcome to “<bdi>Acme</bdi>”. You are an admin.";
    assert!(
        page(&app, &keys, &layla.cookie)
            .await
            .text
            .contains(welcome)
    );
    assert!(
        !page(&app, &keys, &layla.cookie)
            .await
            .text
            .contains(welcome)
    );
    // KE-05: the organization is theirs to switch to from now on.
    assert_eq!(
        page(&app, "/settings/api-keys", &layla.cookie)
            .await
            .header("location"),
        keys
    );
}

// B4, B20: used, withdrawn, run out, cut short or never made: one page says the same of all.
#[tokio::test]
async fn a_link_that_opens_nothing_does_not_say_why() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (withdrawn, late) = (
        invite(&app, &olivia, "zoe").await,
        invite(&app, &olivia, "max").await,
    );
    let used = invite(&app, &olivia, "lea").await;
    app.engine
        .revoke_invitation(&olivia.ctx, &withdrawn.view.id)
        .await
        .expect("withdrawn");
    let (eve, lea) = (
        visitor(&app, "eve", "Eve", 0).await,
        visitor(&app, "lea", "Lea", 0).await,
    );
    let answer = send(
        &app,
        "accept_invitation",
        &format!("/join/{}", used.token),
        &[],
        &lea.cookie,
    )
    .await;
    assert_eq!(answer.status.as_u16(), 303);
    let (never, cut) = ("0".repeat(43), late.token[..40].to_owned());
    let mut pages = Vec::new();
    for token in [&used.token, &withdrawn.token, &never, &cut] {
        pages.push(page(&app, &format!("/join/{token}"), "").await);
        pages.push(page(&app, &format!("/join/{token}"), &eve.cookie).await);
        pages.push(
            send(
                &app,
                "accept_invitation",
                &format!("/join/{token}"),
                &[],
                &eve.cookie,
            )
            .await,
        );
    }
    app.clock.advance_seconds(INVITATION_SECONDS);
    pages.push(page(&app, &format!("/join/{}", late.token), "").await);
    for shown in &pages {
        assert_eq!(shown.status.as_u16(), 404);
        assert!(
            shown
                .text
                .contains(app::words::join::NOT_VALID_HINT)
                && !shown.text.contains("Acme")
        );
        assert_eq!(shown.text, pages[0].text);
    }
}
