//! Changing roles, and leaving.

use domain::Role;

use super::{member, members, owner, page, send, visitor};
use crate::test_app::TestApp;

// D6: what lowering and raising do is said before, and the deed afterwards, once.
#[tokio::test]
async fn a_role_is_changed_and_told_once() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let owner = owner(&app).await;
    let mina = member(&app, &olivia, "Mina Moreau").await;
    let list = format!("/o/{}/settings/members", olivia.organization);
    let on = format!("{list}/{mina}/role");
    let shown = page(&app, &on, &owner.cookie).await;
    assert!(
        app::words::change_role::EFFECTS
            .iter()
            .all(|effect| shown.text.contains(effect))
    );
    assert_eq!(shown.text.matches("name=\"role\"").count(), 3);

    let fields = [
        ("organization", olivia.organization.as_str()),
        ("actor_id", &mina.to_string()),
        ("role", "admin"),
    ];
    let answer = send(&app, "change_role", &on, &fields, &owner.cookie).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, list.as_str()),
        "{}",
        answer.text
    );
    let shows_notice = |text: &str| text.contains("<bdi>Mina Moreau</bdi> is now an admin.");
    assert!(shows_notice(
        &page(&app, &list, &owner.cookie).await.text
    ));
    assert!(!shows_notice(
        &page(&app, &list, &owner.cookie).await.text
    ));

    let wrong = [fields[0], fields[1], ("role", "root")];
    let answer = send(&app, "change_role", &on, &wrong, &owner.cookie).await;
    assert_eq!(answer.status.as_u16(), 422);
    assert!(answer.text.contains("Choose a role."));
}

// D5, B18: admins are offered no owner, and cannot ask for one.
#[tokio::test]
async fn an_admin_neither_makes_nor_unmakes_an_owner() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let adam = visitor(&app, "adam", "Adam Adler", 0).await;
    let list = format!("/o/{}/settings/members", olivia.organization);
    let (own, theirs) = (
        member(&app, &olivia, "Adam Adler").await,
        member(&app, &olivia, "Olivia Owens").await,
    );
    let before = members(&app, &olivia).await;
    for (target, role) in [(own, "owner"), (theirs, "member")] {
        let on = format!("{list}/{target}/role");
        let fields = [
            ("organization", olivia.organization.as_str()),
            ("actor_id", &target.to_string()),
            ("role", role),
        ];
        assert_eq!(
            send(&app, "change_role", &on, &fields, &adam.cookie)
                .await
                .status
                .as_u16(),
            403
        );
    }
    let shown = page(&app, &format!("{list}/{own}/role"), &adam.cookie)
        .await
        .text;
    assert!(
        !shown.contains("value=\"owner\"") && shown.contains(app::words::change_role::OWN_ROLE)
    );
    assert_eq!(members(&app, &olivia).await, before);
}

// B22: a person who signed in more than ten minutes ago adds no admin or owner. The form is kept, with
// the way to a fresh sign-in and back to this place.
#[tokio::test]
async fn an_admin_or_owner_is_made_only_after_a_fresh_sign_in() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let late = visitor(&app, "olivia", "Olivia Owens", 601).await;
    let mina = member(&app, &olivia, "Mina Moreau")
        .await
        .to_string();
    let list = format!("/o/{}/settings/members", olivia.organization);
    let organization = ("organization", olivia.organization.as_str());
    let forms = [
        (
            "change_role",
            format!("{list}/{mina}/role"),
            vec![organization, ("actor_id", &mina), ("role", "owner")],
        ),
        (
            "invite_member",
            format!("{list}/invite"),
            vec![organization, ("email", "Zoe@x.example"), ("role", "owner")],
        ),
    ];
    // Nor an admin: whatever makes power is asked alike.
    let forms = forms
        .into_iter()
        .flat_map(|(function, on, fields)| {
            let with = |role| {
                fields
                    .iter()
                    .map(|field| {
                        if field.0 == "role" {
                            ("role", role)
                        } else {
                            *field
                        }
                    })
                    .collect()
            };
            [
                (function, on.clone(), with("admin"), "admin"),
                (function, on, fields, "owner"),
            ]
        });
    for (function, on, fields, role) in forms.collect::<Vec<(_, _, Vec<_>, _)>>() {
        let answer = send(&app, function, &on, &fields, &late.cookie).await;
        assert_eq!(answer.status.as_u16(), 401, "{function}");
        assert!(
            answer
                .text
                .contains("/sign-in/start?fresh=1&amp;draft="),
            "{function}, {role}"
        );
        assert!(
            answer
                .text
                .contains(&format!("&amp;return_to={on}\"")),
            "{function}, {role}"
        );
    }
    assert!(
        members(&app, &olivia)
            .await
            .iter()
            .filter(|member| member.role == Role::Owner)
            .count()
            == 1
    );
    assert!(
        app.engine
            .list_invitations(&olivia.ctx, None, 9)
            .await
            .expect("invitations")
            .rows
            .is_empty()
    );
    // Where no power is made the same session is good enough.
    let fields = [organization, ("email", "Zoe@x.example"), ("role", "member")];
    let answer = send(
        &app,
        "invite_member",
        &format!("{list}/invite"),
        &fields,
        &late.cookie,
    )
    .await;
    assert_eq!(answer.status.as_u16(), 200);
}

// D5, B18: the only owner sees why they stay, on every way out.
#[tokio::test]
async fn the_only_owner_stays_and_is_told_why() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let owner = owner(&app).await;
    let list = format!("/o/{}/settings/members", olivia.organization);
    let own = member(&app, &olivia, "Olivia Owens")
        .await
        .to_string();
    for (path, why) in [
        ("leave", app::words::leave_organization::LAST_OWNER),
        (
            &format!("{own}/role"),
            app::words::change_role::LAST_OWNER,
        ),
    ] {
        let shown = page(&app, &format!("{list}/{path}"), &owner.cookie).await;
        assert!(shown.text.contains(why), "{path}");
        assert!(
            !shown.text.contains("/ui/leave_organization")
                && !shown.text.contains("/ui/change_role"),
            "{path}"
        );
    }
    // Oneself one does not remove, one leaves.
    let removal = page(&app, &format!("{list}/{own}/remove"), &owner.cookie).await;
    assert_eq!(
        (removal.status.as_u16(), removal.header("location")),
        (303, format!("{list}/leave").as_str())
    );
    let organization = ("organization", olivia.organization.as_str());
    let leave = send(
        &app,
        "leave_organization",
        &format!("{list}/leave"),
        &[organization],
        &owner.cookie,
    )
    .await;
    assert_eq!(leave.status.as_u16(), 409);
    let fields = [organization, ("actor_id", own.as_str()), ("role", "member")];
    let role = send(
        &app,
        "change_role",
        &format!("{list}/{own}/role"),
        &fields,
        &owner.cookie,
    )
    .await;
    assert_eq!(role.status.as_u16(), 409);
    assert_eq!(
        app.engine
            .count_owners(&olivia.ctx)
            .await
            .expect("counted"),
        1
    );
}

// B20: a member leaves in person, and their keys stop.
#[tokio::test]
async fn a_member_leaves() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let key = app.key_of(&mina).await.plain;
    let visitor = visitor(&app, "mina", "Mina Moreau", 0).await;
    let on = format!("/o/{}/settings/members/leave", mina.organization);
    let shown = page(&app, &on, &visitor.cookie).await;
    assert!(
        app::words::leave_organization::EFFECTS
            .iter()
            .all(|effect| shown.text.contains(effect))
    );
    let fields = [("organization", mina.organization.as_str())];
    let answer = send(
        &app,
        "leave_organization",
        &on,
        &fields,
        &visitor.cookie,
    )
    .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/"),
        "{}",
        answer.text
    );
    let home = page(&app, "/", &visitor.cookie).await;
    assert!(
        home.text
            .contains(app::words::sign_in::NO_MEMBERSHIP),
        "{}",
        home.text
    );
    assert_eq!(
        app.get("/api/v1/me", key.expose())
            .await
            .status
            .as_u16(),
        403
    );
    // The second tab has no access any more.
    assert_eq!(
        send(
            &app,
            "leave_organization",
            &on,
            &fields,
            &visitor.cookie
        )
        .await
        .status
        .as_u16(),
        403
    );
}
