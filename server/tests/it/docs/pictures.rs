//! The images of the documentation.

use super::{between, open, urls};
use crate::test_app::TestApp;

// The size of an image is in the markup, so that the layout does not shift when it loads.
#[tokio::test]
async fn every_image_is_served_and_has_an_alternative_text_and_a_size() {
    let app = TestApp::empty().await;
    let mut shown = 0;
    for path in urls() {
        let markup = open(&app, &path).await.text;
        for image in markup
            .split("<img ")
            .skip(1)
            .filter_map(|rest| rest.split_once('>'))
            .map(|(image, _)| image)
        {
            let value =
                |name: &str| between(image, &format!("{name}=\""), "\"").unwrap_or_default();
            assert!(value("alt").len() > 20, "{path}: {image}");
            let measures =
                ["width", "height"].map(|name| value(name).parse::<u32>().unwrap_or_default());
            assert!(
                measures
                    .iter()
                    .all(|pixels| (300..4000).contains(pixels)),
                "{path}: {image}"
            );
            let picture = app
                .get(&format!("/docs/{}", value("src")), "")
                .await;
            assert_eq!(picture.status.as_u16(), 200, "{path}: {image}");
            assert_eq!(picture.header("content-type"), "image/png");
            assert_eq!(
                picture.header("cache-control"),
                "public, max-age=3600"
            );
            shown += 1;
        }
    }
    assert!(shown > 10, "the tour has {shown} pictures");
}

#[tokio::test]
async fn other_files_are_not_served() {
    let app = TestApp::empty().await;
    for path in [
        "/docs/tour/nothing.png",
        "/docs/tour/api-keys",
        "/docs/tour/..%2Fapi-keys.png",
        "/docs/tour/before",
    ] {
        assert_eq!(app.get(path, "").await.status.as_u16(), 404, "{path}");
    }
}
