//! People in several organizations.

use axum::body::Body;
use axum::http::Request;
use domain::Role;
use domain::command::{ChangeOrganization, OrganizationDraft};
use engine::organizations::Cast;
use engine::people::Identity;

use crate::house::{Answer, House, ISSUER};

async fn page(house: &House, path: &str, cookie: &str) -> Answer {
    let request = Request::get(path).header("cookie", cookie).header("accept", "text/html");
    house.send(request.body(Body::empty()).expect("request")).await
}

// KE-05, KE-04, RU-03, decision D21: a person belongs to several organizations, one of them is the active one, and the
// short addresses lead to its keys.
#[tokio::test]
async fn ke_05_the_short_addresses_lead_to_the_active_organization() {
    let house = House::empty().await;
    let una = || Identity { issuer: ISSUER.into(), subject: "una".into(), email: None, name: Some("Una".into()) };
    let cast = ["North", "South"].map(|organization| Cast { organization, members: vec![(una(), Role::Owner)] });
    house.engine.stage_demo(&cast).await.expect("staged");
    let una = house.someone("una").await;
    let person = house
        .engine
        .sign_in(
            &Identity { issuer: ISSUER.into(), subject: "una".into(), email: None, name: None },
            &Default::default(),
        )
        .await;
    let both = house.engine.memberships(person.expect("una")).await.expect("memberships");
    let keys: Vec<_> = both.iter().map(|one| format!("/o/{}/settings/api-keys", one.organization)).collect();
    assert_eq!(keys.len(), 2);
    for active in [&keys[1], &keys[0], &keys[1]] {
        let shown = page(&house, active, &una.cookie()).await;
        assert_eq!(shown.status.as_u16(), 200);
        assert!(keys.iter().all(|path| shown.text.contains(path.as_str())), "both can be switched to");
        for short in ["/settings/api-keys", "/settings/api", "/"] {
            let answer = page(&house, short, &una.cookie()).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, active.as_str()), "{short}");
        }
    }
}

// Decision D17: where the organization limits how long keys live, the form offers nothing beyond.
#[tokio::test]
async fn d17_the_form_offers_only_what_the_organization_allows() {
    let house = House::new().await;
    let olivia = house.someone("olivia").await;
    let form = format!("/o/{}/settings/api-keys/new", olivia.organization);
    let offered = async |value: &str| {
        let page = page(&house, &form, &olivia.cookie()).await;
        assert_eq!(page.status.as_u16(), 200);
        page.text.contains(&format!("name=\"expiry\" value=\"{value}\""))
    };
    for value in ["7", "90", "365", "date", "none"] {
        assert!(offered(value).await, "{value}");
    }
    let limit =
        ChangeOrganization::read(&OrganizationDraft { max_key_days: Some(Some(45)), ..OrganizationDraft::default() })
            .expect("valid");
    house.engine.change_organization(&olivia.ctx, limit).await.expect("changed");
    for (value, still) in [("7", true), ("30", true), ("60", false), ("90", false), ("date", true), ("none", false)] {
        assert_eq!(offered(value).await, still, "{value}");
    }
}
