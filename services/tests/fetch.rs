//! The tool `fetch`, with a web server on this machine.

use agent_contract::agent::v2::tool_service_client::ToolServiceClient;
use agent_contract::agent::v2::*;
use agentd::config::{Config, FetchConfig};
use agentd::links::Link;
use agentd::system::System;
use agentd::tools::object;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::get;
use prost_types::value::Kind;
use tonic::Code;

/// Serves pages, and returns the address.
async fn serve() -> String {
    let redirect = |target: &'static str| {
        get(async move || (StatusCode::FOUND, [(header::LOCATION, target)]).into_response())
    };
    let typed = |kind: &'static str| {
        get(async move || ([(header::CONTENT_TYPE, kind)], "caf\u{e9}").into_response())
    };
    let router = Router::new()
        .route("/docs/page", typed("text/html; charset=UTF-8"))
        .route("/docs/data", typed("application/problem+json"))
        .route("/docs/image", typed("image/png"))
        .route("/docs/old", typed("text/plain; charset=iso-8859-1"))
        .route("/docs/long", get(async || "\u{e9}".repeat(1 << 20)))
        .route("/docs/silent", get(async || std::future::pending::<String>().await))
        .route("/docs/moved", redirect("page"))
        .route("/docs/out", redirect("/secret"))
        .route("/docs/up", redirect("../secret"))
        .route("/docs/1", redirect("2"))
        .route("/docs/2", redirect("3"))
        .route("/docs/3", redirect("4"))
        .route("/docs/4", redirect("page"))
        .route("/secret", typed("text/plain"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn tools(allow: &[&str]) -> ToolServiceClient<Link> {
    let allow = allow.iter().map(|url| url.parse().expect("it is a URL")).collect();
    let config = Config { fetch: FetchConfig { allow }, ..Config::default() };
    System::new(&config).await.expect("it starts").links.tools()
}

/// Returns the outcome of a call.
async fn fetch(tools: &mut ToolServiceClient<Link>, url: &str) -> Result<ToolOutput, String> {
    let request = ExecuteToolRequest {
        request_id: url.chars().rev().take(64).collect(),
        tool_name: "fetch".to_owned(),
        arguments: Some(object([("url", Kind::StringValue(url.to_owned()))])),
        ..ExecuteToolRequest::default()
    };
    let answer = tools.execute_tool(request).await.expect("it is run").into_inner();
    match answer.result.and_then(|result| result.outcome).expect("it has an outcome") {
        tool_result::Outcome::Output(output) => Ok(output),
        tool_result::Outcome::Problem(problem) => Err(problem.message),
    }
}

#[tokio::test]
async fn pages_that_are_allowed_are_fetched() {
    let server = serve().await;
    let mut tools = tools(&[&format!("{server}/docs/")]).await;
    for path in ["page", "data", "moved", "2", "../docs/page"] {
        let output = fetch(&mut tools, &format!("{server}/docs/{path}")).await.expect(path);
        assert_eq!((&*output.text, output.truncated), ("caf\u{e9}", false), "{path}");
    }
    let long = fetch(&mut tools, &format!("{server}/docs/long")).await.expect("it is cut");
    assert!(long.truncated && long.text.len() <= 64 << 10, "{}", long.text.len());
    assert!(long.text.len() > 65_000 && long.text.ends_with("\u{e9}\n[The rest was cut.]"));
    let moved = "it redirects to";
    for (path, expected) in [
        ("/docs/out", "it redirects to \"/secret\", which is not allowed"),
        ("/docs/up", moved),
        ("/docs/1", moved),
        ("/docs/image", "the page is no text in UTF-8, its type is \"image/png\""),
        ("/docs/old", "the page is no text in UTF-8"),
        ("/docs/none", "the server answered 404 Not Found"),
        ("/secret", "is not at or below an allowed address"),
        ("/docs/../secret", "is not at or below an allowed address"),
    ] {
        let message = fetch(&mut tools, &format!("{server}{path}")).await.expect_err(path);
        assert!(message.contains(expected), "{path}: {message}");
    }
    let message = fetch(&mut tools, "docs").await.expect_err("it is no URL");
    assert!(message.contains("\"docs\" is no URL"), "{message}");
}

/// The tool is there only with a list, reads only, and checks its arguments. It has as much time as
/// its call.
#[tokio::test]
async fn fetch_is_a_tool_like_the_others() {
    async fn listed(mut tools: ToolServiceClient<Link>) -> Option<Tool> {
        let listed = tools.list_tools(ListToolsRequest::default()).await.expect("it is listed");
        listed.into_inner().tools.into_iter().find(|tool| tool.name == "fetch")
    }
    let server = serve().await;
    assert_eq!(listed(tools(&[]).await).await, None);
    let mut tools = tools(&[&format!("{server}/docs/")]).await;
    let about = listed(tools.clone()).await.expect("it is there");
    assert_eq!(about.effect(), ToolEffect::Reads);
    assert!(about.description.ends_with(&format!("{server}/docs")), "{about:?}");
    let call = |arguments| ExecuteToolRequest {
        request_id: "r".to_owned(),
        tool_name: "fetch".to_owned(),
        arguments: Some(arguments),
        ..ExecuteToolRequest::default()
    };
    for arguments in [
        object([]),
        object([("url", Kind::NumberValue(1.0))]),
        object([("url", Kind::StringValue(server.clone())), ("method", Kind::BoolValue(true))]),
    ] {
        let refused = tools.execute_tool(call(arguments)).await.expect_err("it is refused");
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    }
    let silent = Kind::StringValue(format!("{server}/docs/silent"));
    let mut request = tonic::Request::new(call(object([("url", silent)])));
    request.set_timeout(std::time::Duration::from_millis(300));
    let late = tools.execute_tool(request).await.expect_err("it has no time left");
    assert_eq!(late.code(), Code::DeadlineExceeded, "{late}");
}
