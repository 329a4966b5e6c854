//! The tool `fetch`: the text of a page, of those that the settings allow.

use agent_contract::agent::v2::{self, ToolEffect};
use prost_types::Struct;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

use super::MAX_OUTPUT;
use super::registry::{Tool, about, text};
use crate::call::Call;
use crate::config::BaseUrl;
use crate::endpoint;

/// The most redirects that are followed.
const MAX_REDIRECTS: usize = 3;

const SCHEMA: &str = r#"{"type":"object","properties":{"url":{"type":"string","minLength":1,"maxLength":2048,"description":"the whole address"}},"required":["url"],"additionalProperties":false}"#;

/// The tool.
pub(super) struct Fetch {
    client: Client,
    allowed: Vec<BaseUrl>,
}

impl Fetch {
    /// Returns the tool for the pages at and below `allowed`.
    pub(super) fn new(allowed: &[BaseUrl]) -> Result<Self, String> {
        let targets = allowed.to_vec();
        // The first of the previous addresses is that of the call.
        let policy = Policy::custom(move |attempt| {
            match attempt.previous().len() <= MAX_REDIRECTS && covers(&targets, attempt.url()) {
                true => attempt.follow(),
                false => attempt.stop(),
            }
        });
        let client = endpoint::client().redirect(policy).build();
        let client = client.map_err(|error| format!("the tool fetch: {error}"))?;
        Ok(Fetch { client, allowed: allowed.to_vec() })
    }
}

#[tonic::async_trait]
impl Tool for Fetch {
    fn about(&self) -> v2::Tool {
        let allowed: Vec<String> = self.allowed.iter().map(BaseUrl::to_string).collect();
        let description = format!(
            "Gets the text of a web page at or below one of these addresses: {}",
            allowed.join(" ")
        );
        about("fetch", &description, SCHEMA, ToolEffect::Reads)
    }

    async fn run(&self, _: &Call, arguments: &Struct) -> Result<String, String> {
        let given = text(arguments, "url");
        let url = Url::parse(given).map_err(|error| format!("{given:?} is no URL: {error}"))?;
        if !covers(&self.allowed, &url) {
            return Err(format!("{given:?} is not at or below an allowed address"));
        }
        let response = self.client.get(url).send().await.map_err(|error| failed(&error))?;
        let status = response.status();
        if status.is_redirection() {
            let target = response.headers().get(LOCATION).and_then(|it| it.to_str().ok());
            let target = target.unwrap_or("nowhere");
            return Err(format!(
                "it redirects to {target:?}, which is not allowed, or the redirect number {}",
                MAX_REDIRECTS + 1
            ));
        }
        if !status.is_success() {
            return Err(format!("the server answered {status}"));
        }
        check_type(&response)?;
        body(response).await
    }
}

/// Returns whether a page may be got.
fn covers(allowed: &[BaseUrl], url: &Url) -> bool {
    allowed.iter().any(|base| base.covers(url))
}

/// Checks that a response is text, in UTF-8.
fn check_type(response: &Response) -> Result<(), String> {
    let given = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let given = given.unwrap_or_default().to_ascii_lowercase();
    let mut parts = given.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let is_text = kind.starts_with("text/")
        || ["application/json", "application/xml"].contains(&kind)
        || kind.ends_with("+json")
        || kind.ends_with("+xml");
    let charset = parts.find_map(|part| part.strip_prefix("charset="));
    let is_utf8 = charset.is_none_or(|it| ["utf-8", "us-ascii"].contains(&it.trim_matches('"')));
    match is_text && is_utf8 {
        true => Ok(()),
        false => Err(format!("the page is no text in UTF-8, its type is {given:?}")),
    }
}

/// Reads a body, and stops when it has more than an output may have.
async fn body(mut response: Response) -> Result<String, String> {
    let mut bytes = Vec::new();
    while bytes.len() <= MAX_OUTPUT
        && let Some(part) = response.chunk().await.map_err(|error| failed(&error))?
    {
        bytes.extend_from_slice(&part);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn failed(error: &reqwest::Error) -> String {
    let what = if error.is_connect() { "cannot be reached" } else { "did not send the page" };
    format!("the server {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_by_its_parts() {
        let allow = |text: &str| text.parse::<BaseUrl>().expect("it is a URL");
        let allowed = [allow("https://docs.example/guide/"), allow("http://127.0.0.1:8000")];
        let is_allowed = |url: &str| covers(&allowed, &Url::parse(url).expect("it is a URL"));
        for url in [
            "https://docs.example/guide/",
            "https://docs.example/guide",
            "https://docs.example/guide?page=2#top",
            "https://docs.example:443/guide/a/../b",
            "HTTPS://DOCS.EXAMPLE/guide/a",
            "http://127.0.0.1:8000/anything",
            "http://2130706433:8000/",
        ] {
            assert!(is_allowed(url), "{url}");
        }
        for url in [
            "http://docs.example/guide/",
            "https://docs.example:8443/guide/",
            "https://docs.example/guidebook",
            "https://docs.example/GUIDE/",
            "https://docs.example/guide/../secret",
            "https://docs.example/guide/%2e%2E/secret",
            "https://docs.example/guide/..%2Fsecret",
            "https://docs.example/guide/..%5csecret",
            "https://docs.example/guide\\..\\secret",
            "https://docs.example@evil.example/guide/",
            "https://user@docs.example/guide/",
            "https://docs.example.evil.example/guide/",
            "https://docs.example./guide/",
            "https://evil.example/https://docs.example/guide/",
            "http://127.0.0.1/anything",
            "file:///guide/",
            "ftp://docs.example/guide/",
            "data:text/plain,guide",
        ] {
            assert!(!is_allowed(url), "{url}");
        }
        for url in ["https://u:p@docs.example/", "file:///etc/", "docs.example", "http://a/?b", "/"]
        {
            assert!(url.parse::<BaseUrl>().is_err(), "{url}");
        }
    }
}
