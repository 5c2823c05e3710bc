//! Organization Settings → API Keys.

use domain::command::{KeyQuery, KeySort, StatusFilter};
use domain::event::EventCategory;
use domain::policy::{Action, Grant, decide};
use domain::view::{ApiView, AttentionBanner, KeyCount, KeyLine, Page as Rows};
use domain::{ActorId, ApiId, KeyId, OrganizationId, Problem};
use leptos::prelude::*;

use crate::components::create_key_form::{KeyForm, key_form};
use crate::components::frame::{OrganizationPage, frame};
use crate::components::key_table::key_islands;
use crate::components::live::Mark;
use crate::flash::Flash;
use crate::islands::create_key::CreateDialog;
use crate::pages::{Page, PageResponse};
use crate::request::{PageContext, PageRequest};
use crate::routes::{EVERY_STATE, Location, Screen};
use crate::server_fns::keys::attention_banner::news;
use crate::shared_view::{copy_status, icon};
use crate::words;

mod attention_banner;
mod filters;
mod header;
mod table;

const ROWS: i64 = 50;
/// APIs that the filter offers.
const APIS: i64 = 100;

/// The data of the page.
struct List {
    room: OrganizationPage,
    mark: Mark,
    query: KeyQuery,
    rows: Rows<KeyLine>,
    count: KeyCount,
    inactive: i64,
    creators: Vec<(ActorId, String)>,
    apis: Vec<ApiView>,
    attention_banner: Option<AttentionBanner>,
    flash: Option<Flash>,
    url: String,
    problem: Option<Problem>,
    form: KeyForm,
}

/// The keys that the person can see.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let place = Location::of(Screen::ApiKeys(organization.clone()), &request.query);
    // The default has no word in the URL.
    let place = match place.get("status") {
        Some(status) if status == StatusFilter::Active.as_str() => place.with("status", None),
        _ => place,
    };
    let is_same = |name| request.query_value(name) == place.get(name);
    if !is_same("q") || !is_same("status") {
        // The redirect removes what must not be in a URL, such as a whole key, and a status that is
        // the default or unknown.
        return Ok(PageResponse::Go(place.path()));
    }
    let query = query_of(&place);
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let list = List::load(request, room, query).await?;
    Ok(PageResponse::Page(Page::new(
        words::keys::TITLE,
        move || render(&list),
    )))
}

/// The query of a location. By default, it selects active keys.
pub(super) fn query_of(place: &Location) -> KeyQuery {
    let status = match place.get("status") {
        None => Some(StatusFilter::Active),
        Some(EVERY_STATE) => None,
        Some(word) => word.parse().ok(),
    };
    let otherwise = if status.is_none() {
        KeySort::Usable
    } else {
        KeySort::Newest
    };
    let sort = place
        .get("sort")
        .and_then(|word| word.parse().ok())
        .unwrap_or(otherwise);
    KeyQuery {
        text: place.get("q").map(str::to_owned),
        environment: place
            .get("environment")
            .and_then(|word| word.parse().ok()),
        status,
        owner: place.number("owner").map(ActorId),
        api: place.number("api").map(ApiId),
        creator: place.number("creator").map(ActorId),
        sort,
        reversed: place
            .get("dir")
            .is_some_and(|dir| dir != natural(sort)),
        after: place.number("after").map(KeyId),
        before: place.before().map(KeyId),
    }
}

/// The default direction of an order.
const fn natural(sort: KeySort) -> &'static str {
    match sort {
        KeySort::Newest | KeySort::Usable | KeySort::LastUsed => "desc",
        KeySort::Name | KeySort::Expires => "asc",
    }
}

/// The number of keys, and how many come before this page. A list that fits on one page is not
/// counted.
async fn count(
    context: &PageContext,
    room: &OrganizationPage,
    query: &KeyQuery,
    rows: &Rows<KeyLine>,
) -> Result<KeyCount, Problem> {
    let is_first = query.after.is_none() && query.before.is_none();
    if is_first && rows.next.is_none() {
        return Ok(KeyCount {
            total: i64::try_from(rows.rows.len()).unwrap_or(i64::MAX),
            ..KeyCount::default()
        });
    }
    let first = rows
        .rows
        .first()
        .filter(|_| !is_first)
        .map(|line| line.key.key_id);
    context
        .engine
        .count_keys(&room.ctx, query, first)
        .await
        .map_err(|error| context.to_problem(&error))
}

impl List {
    async fn load(
        request: &PageRequest,
        room: OrganizationPage,
        query: KeyQuery,
    ) -> Result<Self, Problem> {
        let context = &request.context;
        let to_problem = |error: engine::Error| context.to_problem(&error);
        let mark = Mark::set(context, &room.ctx, EventCategory::Keys).await?;
        let rows = context
            .engine
            .list_keys(&room.ctx, &query, ROWS)
            .await
            .map_err(to_problem)?;
        let count = count(context, &room, &query, &rows).await?;
        let inactive = context
            .engine
            .count_inactive_keys(&room.ctx, &query)
            .await
            .map_err(to_problem)?;
        let creators = context
            .engine
            .list_creators(&room.ctx)
            .await
            .map_err(to_problem)?;
        let apis = context
            .engine
            .list_apis(&room.ctx, None, APIS)
            .await
            .map_err(to_problem)?;
        Ok(Self {
            mark,
            rows,
            count,
            inactive,
            creators,
            apis: apis.rows,
            attention_banner: news(context, &room.ctx).await?,
            flash: context.take_flash().await,
            url: context.site_config.public_url.clone(),
            form: KeyForm::load(request, &room, None).await?,
            problem: request.problem().cloned(),
            room,
            query,
        })
    }

    fn place(&self) -> &Location {
        &self.room.place
    }

    /// Whether any filter is set, other than the status.
    fn is_filtered(&self) -> bool {
        ["q", "environment", "api", "creator", "owner"]
            .into_iter()
            .any(|name| self.place().get(name).is_some())
    }

    /// The key that the person just created.
    fn fresh(&self) -> Option<KeyId> {
        match self.flash {
            Some(Flash::Created { key_id }) => Some(key_id),
            _ => None,
        }
    }

    fn sees_creators(&self) -> bool {
        decide(self.room.ctx.actor().role, Action::SeeCreators) == Grant::All
    }
}

fn render(list: &List) -> AnyView {
    let room = &list.room;
    let all = decide(room.ctx.actor().role, Action::ListKeys) == Grant::All;
    let bare = list.rows.rows.is_empty()
        && list.place().get("after").is_none()
        && list.place().before().is_none();
    let untouched =
        bare && !list.is_filtered() && list.place().get("status").is_none() && list.inactive == 0;
    let content = match (untouched, bare) {
        (true, _) => header::empty(list),
        (false, true) => header::nothing(list),
        (false, false) => table::table(list),
    };
    let filters = (!untouched).then(|| filters::filters(list));
    let body = view! {
        {header::notice(list)}
        <div class="page-head one-line">
            <div><h1>{words::keys::TITLE}</h1><p class="lede">{words::keys::lede(all, &room.name)}</p></div>
            {header::create_link(list, list.fresh().is_some())}
        </div>
        {header::closed(list)}
        {attention_banner::attention_banner(list)}
        {filters}
        {list.mark.line(list.place())}
        <div class="results" id="found">{content}{table::bulk(list)}</div>
        {untouched.then(header::tips)}
        {copy_status()}
    };
    // The dialogs of the islands stand first, so that the labels in them find their own fields, not
    // those of the same names in the form for a new key.
    view! {
        {key_islands()}
        {frame(room, words::keys::TITLE, list.problem.as_ref(), body.into_any())}
        {list.form.may_create.then(|| create_dialog(list))}
        {header::shortcuts()}
        {view! { <CreateDialog/> }.into_any()}
    }
    .into_any()
}

/// The dialog with the form for a new key, which the island opens.
fn create_dialog(list: &List) -> AnyView {
    let heading = view! {
        <h2 id="create-title">{words::create_key::TITLE}</h2>
        <button class="icon-button" type="button" data-close="create" aria-label=words::CLOSE>{icon("close")}</button>
    };
    let cancel =
        view! { <button class="button" type="button" data-close="create">{words::CANCEL}</button> };
    let form = key_form(
        &list.form,
        heading.into_any(),
        cancel.into_any(),
        false,
    );
    view! { <dialog class="dialog large" id="create" data-veil="" aria-labelledby="create-title">{form}</dialog> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> KeyQuery {
        query_of(&Location::parse(&format!("/o/org_a/settings/api-keys{query}")).expect("place"))
    }

    #[test]
    fn an_address_asks_for_keys() {
        let plain = of("");
        assert_eq!(
            (plain.status, plain.sort, plain.reversed),
            (Some(StatusFilter::Active), KeySort::Newest, false)
        );
        assert_eq!(
            (of("?status=all").status, of("?status=all").sort),
            (None, KeySort::Usable)
        );
        let sorted = of("?sort=name&dir=desc&creator=4&environment=test&after=9");
        assert_eq!((sorted.sort, sorted.reversed), (KeySort::Name, true));
        assert_eq!(
            (sorted.creator, sorted.after),
            (Some(ActorId(4)), Some(KeyId(9)))
        );
        assert!(!of("?sort=last_used&dir=desc").reversed);
        assert_eq!(of("?owner=7").owner, Some(ActorId(7)));
        assert_eq!(of("?api=3").api, Some(ApiId(3)));
        assert_eq!(of("?before=9").before, Some(KeyId(9)));
        let active = [("status".to_owned(), "active".to_owned())];
        let screen = Screen::ApiKeys("org_a".parse().expect("an id"));
        assert_eq!(query_of(&Location::of(screen, &active)), plain);
    }
}
