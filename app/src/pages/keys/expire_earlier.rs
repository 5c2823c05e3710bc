//! Letting a key expire earlier.

use domain::view::KeyView;
use domain::{KeyId, Moment, OrganizationId, Problem};
use leptos::prelude::*;

use super::sheet::KeySheet;
use crate::components::fault_line;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::Screen;
use crate::words;

const DAY_SECONDS: i64 = 86_400;

/// The form for the new last day of the key.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    key: KeyId,
) -> Result<Page, Problem> {
    let screen = Screen::ExpireKeyEarlier(organization.clone(), key);
    let sheet = KeySheet::load(request, &organization, key, screen).await?;
    let typed = request
        .typed("expires_on")
        .unwrap_or_default()
        .to_owned();
    Ok(Page::new(
        words::expire_key_earlier::SHEET.title,
        move || {
            sheet.render(
                &words::expire_key_earlier::SHEET,
                "/ui/expire_key_earlier",
                field(&sheet, typed),
            )
        },
    ))
}

/// Whether a day is left at whose end the key can expire instead.
pub fn can_expire_earlier(key: &KeyView, now: Moment) -> bool {
    key.is_active && last_day(key).is_none_or(|last| now.to_date() <= last)
}

/// The last day that ends no later than the key. None if the key does not expire.
fn last_day(key: &KeyView) -> Option<String> {
    key.expires_at
        .map(|end| end.plus_seconds(1 - DAY_SECONDS).to_date())
}

fn field(sheet: &KeySheet, typed: String) -> AnyView {
    let key = &sheet.line.key;
    let problem = sheet.problem.as_ref();
    let fault = problem
        .and_then(|problem| problem.field("expires_at"))
        .map(str::to_owned);
    let current = match key.expires_at {
        Some(at) => words::create_key::expires_on(at),
        None => words::expire_key_earlier::NEVER.into(),
    };
    view! {
        <p>{current}</p>
        <div class="field" id="expires_at">
            <label for="expires_on">{words::create_key::LAST_DAY}</label>
            <input
                class="input short" type="date" id="expires_on" name="expires_on" required value=typed autofocus=problem.is_none()
                min=sheet.room.ctx.now().to_date() max=last_day(key)
                aria-describedby="expires_at-error expires-hint" aria-invalid=fault.is_some().then_some("true")
            />
            {fault_line("expires_at", fault)}
            <p class="hint" id="expires-hint">{words::expire_key_earlier::HINT}</p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_ends_no_later_than_the_key() {
        let day = |end: &str| {
            let end = Moment::parse(end).expect("a time");
            end.plus_seconds(1 - DAY_SECONDS).to_date()
        };
        assert_eq!(day("2026-04-08T23:59:59Z"), "2026-04-08");
        assert_eq!(day("2026-04-08T23:59:58Z"), "2026-04-07");
        assert_eq!(day("2026-04-08T00:00:00Z"), "2026-04-07");
    }
}
