//! People in several organizations.

use domain::Role;
use domain::command::{ChangeOrganization, OrganizationDraft};
use engine::organizations::DemoOrganization;
use engine::people::Identity;
use serde_json::{Value, json};

use crate::browser::{page, send};
use crate::test_app::{ISSUER, TestApp};

// KE-05, KE-04, RU-03, D21: a person belongs to several organizations, one of them is the active
// one, and the short addresses lead to its keys.
#[tokio::test]
async fn the_short_addresses_lead_to_the_active_organization() {
    let app = TestApp::empty().await;
    let una = || Identity {
        issuer: ISSUER.into(),
        subject: "una".into(),
        email: None,
        name: Some("Una".into()),
    };
    let cast = ["North", "South"].map(|organization| DemoOrganization {
        organization,
        members: vec![(una(), Role::Owner)],
    });
    app.engine.seed_demo(&cast).await.expect("staged");
    let una = app.someone("una").await;
    let person = app
        .engine
        .sign_in(
            &Identity {
                issuer: ISSUER.into(),
                subject: "una".into(),
                email: None,
                name: None,
            },
            &Default::default(),
        )
        .await;
    let both = app
        .engine
        .list_organizations(person.expect("una"))
        .await
        .expect("memberships");
    let keys: Vec<_> = both
        .iter()
        .map(|one| format!("/o/{}/settings/api-keys", one.organization))
        .collect();
    assert_eq!(keys.len(), 2);
    for active in [&keys[1], &keys[0], &keys[1]] {
        let shown = page(&app, active, &una.cookie()).await;
        assert_eq!(shown.status.as_u16(), 200);
        assert!(
            keys.iter()
                .all(|path| shown.text.contains(path.as_str())),
            "both can be switched to"
        );
        for short in ["/settings/api-keys", "/settings/api", "/"] {
            let answer = page(&app, short, &una.cookie()).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("location")),
                (303, active.as_str()),
                "{short}"
            );
        }
    }
}

// KE-05: the active organization stays the active one when its person signs in again, in this
// browser or another.
#[tokio::test]
async fn the_active_organization_is_remembered_over_a_sign_in() {
    let app = TestApp::empty().await;
    let una = || Identity {
        issuer: ISSUER.into(),
        subject: "una".into(),
        email: None,
        name: Some("Una".into()),
    };
    let cast = ["North", "South"].map(|organization| DemoOrganization {
        organization,
        members: vec![(una(), Role::Owner)],
    });
    app.engine.seed_demo(&cast).await.expect("staged");
    let someone = app.someone("una").await;
    let person = app
        .engine
        .sign_in(&una(), &Default::default())
        .await
        .expect("una");
    let south = app
        .engine
        .list_organizations(person)
        .await
        .expect("memberships")[1]
        .organization
        .clone();
    let keys = format!("/o/{south}/settings/api-keys");
    assert_eq!(
        page(&app, &keys, &someone.cookie())
            .await
            .status
            .as_u16(),
        200
    );
    let next = crate::test_app::cookie(app.session_of(person).await);
    assert_eq!(page(&app, "/", &next).await.header("location"), keys);
    // An organization that one is no longer in is none to lead to.
    app.engine
        .sign_in(&una(), &Default::default())
        .await
        .expect("una");
    app.sql(&format!(
        "UPDATE people SET active_organization = 'org_none' WHERE id = {person}"
    ))
    .await;
    let next = crate::test_app::cookie(app.session_of(person).await);
    let first = format!("/o/{}/settings/api-keys", someone.organization);
    assert_eq!(page(&app, "/", &next).await.header("location"), first);
}

/// The expirations that the form of a page offers, and whether they are selected.
fn expirations(page: &str) -> impl Iterator<Item = (&str, bool)> {
    let list = page
        .split_once("name=\"expiry\"")
        .and_then(|(_, rest)| rest.split_once("</select>"))
        .map_or("", |(list, _)| list);
    list.split("<option ").skip(1).map(|option| {
        let (tag, _) = option.split_once('>').unwrap_or((option, ""));
        let value = tag
            .split_once("value=\"")
            .and_then(|(_, rest)| rest.split('"').next());
        (value.unwrap_or_default(), tag.contains(" selected"))
    })
}

// D17: where the organization limits how long keys live, the form offers nothing beyond.
#[tokio::test]
async fn the_form_offers_only_what_the_organization_allows() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let form = format!("/o/{}/settings/api-keys/new", olivia.organization);
    let offered = async |value: &str| {
        let page = page(&app, &form, &olivia.cookie()).await;
        assert_eq!(page.status.as_u16(), 200);
        expirations(&page.text).any(|(offered, _)| offered == value)
    };
    for value in ["7", "90", "365", "date", "none"] {
        assert!(offered(value).await, "{value}");
    }
    let limit = ChangeOrganization::read(&OrganizationDraft {
        max_key_days: Some(Some(45)),
        ..OrganizationDraft::default()
    })
    .expect("valid");
    app.engine
        .change_organization(&olivia.ctx, limit)
        .await
        .expect("changed");
    for (value, still) in [
        ("7", true),
        ("30", true),
        ("60", false),
        ("90", false),
        ("date", true),
        ("none", false),
    ] {
        assert_eq!(offered(value).await, still, "{value}");
    }
}

// D17: the form for keys and the form for keys of an API preselect what the organization has set. The
// API default stays no expiration.
#[tokio::test]
async fn the_forms_preselect_what_the_organization_has_set() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let cookie = olivia.cookie();
    let on = format!("/o/{}/settings", olivia.organization);
    let key = app.key("olivia").await;
    let orders = json!({ "name": "Orders", "slug": "orders" });
    let made = app.post("/api/v1/apis", &key, orders).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text);
    let forms = [
        format!("{on}/api-keys/new"),
        format!("{on}/apis/orders/new-key"),
    ];
    let chosen = async |form: &str| {
        let shown = page(&app, form, &cookie).await;
        assert_eq!(shown.status.as_u16(), 200, "{form}");
        let checked: Vec<_> = expirations(&shown.text)
            .filter(|(_, is_selected)| *is_selected)
            .map(|(value, _)| value.to_owned())
            .collect();
        assert_eq!(checked.len(), 1, "{form}: {checked:?}");
        checked[0].clone()
    };
    let set = async |function: &str, field: &str, days: &str| {
        let before = format!("before[{field}]");
        let fields = [
            ("organization", olivia.organization.as_str()),
            (field, days),
            (&before, "as it was"),
        ];
        send(&app, function, &on, &fields, &cookie).await
    };
    for form in &forms {
        assert_eq!(chosen(form).await, "90");
    }
    for (days, value) in [("30", "30"), ("45", "45"), ("", "none"), (" 365 ", "365")] {
        let answer = set("change_key_rules", "default_key_days", days).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, on.as_str()),
            "{}",
            answer.text
        );
        for form in &forms {
            assert_eq!(chosen(form).await, value);
        }
    }
    set("change_key_rules", "max_key_days", "20").await;
    for form in &forms {
        assert_eq!(chosen(form).await, "20");
    }
    for wrong in ["21", "", "0", "ninety"] {
        let refused = set("change_key_rules", "default_key_days", wrong).await;
        assert_eq!(refused.status.as_u16(), 422, "{wrong}");
        assert!(
            refused
                .text
                .contains("Enter a whole number from 1 to "),
            "{wrong}: {}",
            refused.text
        );
    }
    set("change_key_rules", "max_key_days", "").await;
    let made = app
        .post("/api/v1/keys", &key, json!({ "label": "API" }))
        .await;
    let path = format!("/api/v1/keys/{}", made.json()["key_id"]);
    assert_eq!(
        app.get(&path, &key).await.json()["expires_at"],
        Value::Null
    );
}

// KE-05, KE-16: everyone finds their organizations with their roles, and the way to a further one,
// which becomes the active one.
#[tokio::test]
async fn a_further_organization_is_made_and_is_active() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let keys = format!("/o/{}/settings/api-keys", mina.organization);
    let shown = page(&app, &keys, &mina.cookie()).await.text;
    assert!(
        shown.contains("href=\"/organizations/new\"") && shown.contains("aria-current=\"true\"")
    );
    let on = "/organizations/new";
    assert_eq!(
        page(&app, on, &mina.cookie())
            .await
            .status
            .as_u16(),
        200
    );
    for (name, sentence) in [
        (" ", "Enter a name for the organization."),
        ("a\u{202e}b", "invisible"),
    ] {
        let refused = send(
            &app,
            "create_organization",
            on,
            &[("name", name)],
            &mina.cookie(),
        )
        .await;
        assert_eq!(refused.status.as_u16(), 422);
        assert!(refused.text.contains(sentence), "{name:?}");
    }
    let made = send(
        &app,
        "create_organization",
        on,
        &[("name", "ورشة مينا")],
        &mina.cookie(),
    )
    .await;
    assert_eq!(made.status.as_u16(), 303, "{}", made.text);
    let invite = made.header("location").to_owned();
    let shown = page(&app, &invite, &mina.cookie()).await.text;
    assert!(shown.contains("“<bdi>ورشة مينا</bdi>” created. You are its owner."));
    // The person can skip the step.
    let further = invite.replace("members/invite?first=true", "api-keys");
    assert!(shown.contains(">Skip for now</a>"));
    assert_ne!(further, keys);
    for text in [further.as_str(), &keys, "Owner", "Member"] {
        assert!(shown.contains(text), "{text}");
    }
    assert_eq!(
        page(&app, "/settings/api-keys", &mina.cookie())
            .await
            .header("location"),
        further
    );
    page(&app, &keys, &mina.cookie()).await;
    assert_eq!(
        page(&app, "/settings/api-keys", &mina.cookie())
            .await
            .header("location"),
        keys
    );

    // Leaving one leads to the other, and says so.
    let leave = format!("/o/{}/settings/members/leave", mina.organization);
    let fields = [("organization", mina.organization.as_str())];
    assert_eq!(
        send(
            &app,
            "leave_organization",
            &leave,
            &fields,
            &mina.cookie()
        )
        .await
        .header("location"),
        "/"
    );
    assert_eq!(
        page(&app, "/", &mina.cookie())
            .await
            .header("location"),
        further
    );
    assert!(
        page(&app, &further, &mina.cookie())
            .await
            .text
            .contains("You have left “<bdi>Acme</bdi>”.")
    );
    assert_eq!(
        page(&app, &keys, &mina.cookie())
            .await
            .status
            .as_u16(),
        403
    );
}

#[tokio::test]
async fn who_is_in_no_organization_makes_none() {
    let app = TestApp::new().await;
    let (mina, on) = (app.someone("mina").await, "/organizations/new");
    app.engine
        .leave_organization(&mina.ctx)
        .await
        .expect("left");
    let shown = page(&app, on, &mina.cookie()).await;
    assert!(
        shown
            .text
            .contains(app::words::sign_in::NO_MEMBERSHIP)
            && !shown.text.contains("/ui/create_organization")
    );
    let refused = send(
        &app,
        "create_organization",
        on,
        &[("name", "Mine")],
        &mina.cookie(),
    )
    .await;
    assert_eq!(refused.status.as_u16(), 403);
    let nobody = page(&app, on, "").await;
    assert_eq!(
        (nobody.status.as_u16(), nobody.header("location")),
        (303, "/sign-in?return_to=/organizations/new")
    );
}

// Decisions D5, D17, D24: a form changes only the rules that it names; members read all.
#[tokio::test]
async fn each_setting_is_kept() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let on = format!("/o/{}/settings", olivia.organization);
    let organization = ("organization", olivia.organization.as_str());
    let cookie = olivia.cookie();
    for (function, field, value) in [
        ("change_key_rules", "max_key_days", "90"),
        ("change_key_rules", "default_key_days", "60"),
        ("change_key_rules", "key_makers", "admins"),
        ("change_key_rules", "keys_make_keys", "false"),
        ("rename_organization", "name", " شركة أكمي "),
    ] {
        let answer = send(
            &app,
            function,
            &on,
            &[organization, (field, value)],
            &cookie,
        )
        .await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, on.as_str()),
            "{}",
            answer.text
        );
        assert!(
            page(&app, &on, &cookie)
                .await
                .text
                .contains("role=\"status\""),
            "{field}"
        );
    }
    let kept = app
        .engine
        .get_organization(&olivia.ctx)
        .await
        .expect("kept");
    assert_eq!(
        (
            kept.max_key_days,
            kept.default_key_days,
            kept.key_makers.as_str(),
            kept.keys_make_keys
        ),
        (Some(90), Some(60), "admins", false)
    );
    assert_eq!(kept.name, "شركة أكمي");
    for (function, field, value) in [
        ("change_key_rules", "max_key_days", "ninety"),
        ("change_key_rules", "key_makers", "nobody"),
        ("rename_organization", "name", " "),
    ] {
        let answer = send(
            &app,
            function,
            &on,
            &[organization, (field, value)],
            &cookie,
        )
        .await;
        assert_eq!(answer.status.as_u16(), 422, "{field}");
    }
    assert_eq!(
        app.engine
            .get_organization(&olivia.ctx)
            .await
            .expect("kept"),
        kept
    );
    let read = page(&app, &on, &mina.cookie()).await.text;
    for text in [
        "شركة أكمي",
        "90 days",
        "60 days",
        "Only owners and admins",
        "No, only people can",
    ] {
        assert!(read.contains(text), "{text}");
    }
    assert!(!read.contains("/ui/rename_organization") && !read.contains("/ui/change_key_rules"));
    let blank = send(
        &app,
        "change_key_rules",
        &on,
        &[
            organization,
            ("max_key_days", ""),
            ("before[max_key_days]", "90"),
        ],
        &cookie,
    )
    .await;
    assert_eq!(blank.status.as_u16(), 303);
    assert_eq!(
        app.engine
            .get_organization(&olivia.ctx)
            .await
            .expect("kept")
            .max_key_days,
        None
    );
}

// The form of the rules says what they were. What another admin has saved meanwhile stays.
#[tokio::test]
async fn a_form_changes_only_the_rules_that_differ_from_what_it_showed() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let on = format!("/o/{}/settings", olivia.organization);
    let cookie = olivia.cookie();
    let save = async |makers: &str, days: &str| {
        let fields = [
            ("organization", olivia.organization.as_str()),
            ("key_makers", makers),
            ("keys_make_keys", "true"),
            ("max_key_days", days),
            ("default_key_days", "90"),
            ("before[key_makers]", "members"),
            ("before[keys_make_keys]", "true"),
            ("before[max_key_days]", ""),
            ("before[default_key_days]", "90"),
        ];
        let answer = send(&app, "change_key_rules", &on, &fields, &cookie).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
        page(&app, &on, &cookie).await.text
    };
    let kept = async || {
        let kept = app
            .engine
            .get_organization(&olivia.ctx)
            .await
            .expect("kept");
        (kept.key_makers.as_str(), kept.max_key_days)
    };
    assert!(
        save("admins", "")
            .await
            .contains(app::words::organization::KEY_RULES_SAVED)
    );
    assert_eq!(kept().await, ("admins", None));
    save("members", "30").await;
    assert_eq!(
        kept().await,
        ("admins", Some(30)),
        "the second form has not changed who can create keys"
    );
    assert!(
        save("members", "")
            .await
            .contains(app::words::organization::NOTHING_CHANGED)
    );
    assert_eq!(kept().await, ("admins", Some(30)));
}

// Where only owners and admins make keys, members find no button, and see why.
#[tokio::test]
async fn who_may_not_create_keys_finds_no_button_and_is_told_why() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let keys = format!("/o/{}/settings/api-keys", olivia.organization);
    let create = format!("{keys}/new");
    assert!(
        page(&app, &keys, &mina.cookie())
            .await
            .text
            .contains(&create)
    );
    let rule = OrganizationDraft {
        key_makers: Some("admins"),
        ..OrganizationDraft::default()
    };
    let rule = ChangeOrganization::read(&rule).expect("valid");
    app.engine
        .change_organization(&olivia.ctx, rule)
        .await
        .expect("changed");
    for path in [&keys, &create] {
        let shown = page(&app, path, &mina.cookie()).await.text;
        assert!(
            shown.contains(app::words::create_key::NOT_ALLOWED)
                && !shown.contains("/ui/create_key"),
            "{path}"
        );
        assert!(
            !shown.contains(&format!("href=\"{create}\"")),
            "{path}"
        );
    }
    let fields = [
        ("organization", mina.organization.as_str()),
        ("name", "Mine"),
        ("template", "full_access"),
    ];
    assert_eq!(
        send(&app, "create_key", &create, &fields, &mina.cookie())
            .await
            .status
            .as_u16(),
        403
    );
    let shown = page(&app, &keys, &olivia.cookie()).await.text;
    assert!(shown.contains(&create) && !shown.contains(app::words::create_key::NOT_ALLOWED));
}
