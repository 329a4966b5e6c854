//! The page to chat, and its files.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

/// The page loads only its own files, and runs no code or style that is written into HTML.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The path, the media type and the text of each file.
const FILES: [(&str, &str, &str); 8] = [
    ("/", "text/html; charset=utf-8", include_str!("../../web/index.html")),
    ("/client.js", JAVASCRIPT, include_str!("../../web/client.js")),
    ("/element.js", JAVASCRIPT, include_str!("../../web/element.js")),
    ("/icon.svg", "image/svg+xml", include_str!("../../web/icon.svg")),
    ("/page.css", "text/css; charset=utf-8", include_str!("../../web/page.css")),
    ("/page.js", JAVASCRIPT, include_str!("../../web/page.js")),
    ("/rest.js", JAVASCRIPT, include_str!("../../web/rest.js")),
    ("/trace.js", JAVASCRIPT, include_str!("../../web/trace.js")),
];

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Adds the files of the page to a router.
pub(super) fn add<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    FILES.into_iter().fold(router, |router, (path, media_type, text)| {
        router.route(path, get(async move || file(media_type, text)))
    })
}

fn file(media_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), text).into_response()
}
