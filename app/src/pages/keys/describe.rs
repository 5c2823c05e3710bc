//! Describing a key.

use domain::{KeyId, OrganizationId, Problem};

use super::sheet::KeySheet;
use crate::components::field::Field;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::Screen;
use crate::words;

/// The form with the current description.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    key: KeyId,
) -> Result<Page, Problem> {
    let screen = Screen::DescribeKey(organization.clone(), key);
    let sheet = KeySheet::load(request, &organization, key, screen).await?;
    let current = sheet.line.description.as_deref();
    let typed = request
        .typed("description")
        .or(current)
        .unwrap_or_default()
        .to_owned();
    Ok(Page::new(
        words::describe_key::SHEET.title,
        move || {
            let field = Field::new(
                "description",
                words::labels::DESCRIPTION,
                words::describe_key::HINT,
                sheet.problem.as_ref(),
            );
            let field = field.prose(&typed, words::describe_key::SAMPLE, 4);
            sheet.render(&words::describe_key::SHEET, "/ui/describe_key", field)
        },
    ))
}
