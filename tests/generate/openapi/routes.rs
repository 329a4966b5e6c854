//! Which routes, parameters and bodies the rules of google/api/http.proto give a method.

use serde_json::Value;

use super::{compiled, document, made};

/// A file with one method, annotated by `rule`, and `messages`, of which one is `Request`.
fn file(rule: &str, messages: &str) -> String {
    format!(
        "syntax = \"proto3\";
package t;
import \"google/api/annotations.proto\";
import \"google/protobuf/empty.proto\";
import \"google/protobuf/field_mask.proto\";
import \"google/protobuf/struct.proto\";
import \"google/protobuf/timestamp.proto\";
import \"google/protobuf/wrappers.proto\";
service S {{ rpc Call(Request) returns (Response) {{ option (google.api.http) = {{ {rule} }}; }} }}
message Response {{ string text = 1; repeated Request list = 2; }}
{messages}
"
    )
}

/// The operations of a document, a line each: method and path; parameters, `!` behind those that
/// are required; the body after `<`, the answer after `>`.
pub(super) fn routes(document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().expect("there are paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("it is an object");
        item.iter().map(move |(verb, operation)| route(path, verb, operation))
    });
    operations.collect()
}

fn route(path: &str, verb: &str, operation: &Value) -> String {
    let mut line = format!("{} {path}", verb.to_uppercase());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let text = |key: &str| parameter[key].as_str().expect("it is a text");
        let required = if parameter["required"] == true { "!" } else { "" };
        let kind = kind(&parameter["schema"]);
        line += &format!(" {}:{}{required}:{kind}", text("in"), text("name"));
    }
    if let Some(body) = operation.get("requestBody") {
        assert_eq!(body["required"], true);
        line += &format!(" < {}", kind(content(body)));
    }
    line + &format!(" > {}", kind(content(&operation["responses"]["200"])))
}

/// The one schema of a body.
fn content(body: &Value) -> &Value {
    let content = body["content"].as_object().expect("it has a content");
    assert_eq!(content.len(), 1);
    &content.values().next().expect("it has one")["schema"]
}

/// A schema in a word.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('.').next().unwrap_or(name).to_owned();
    }
    if let Some(properties) = schema["properties"].as_object() {
        let inside = properties.iter().map(|(name, schema)| match kind(schema) {
            kind if kind.starts_with('{') => name.clone() + &kind,
            _ => name.clone(),
        });
        return format!("{{{}}}", inside.collect::<Vec<_>>().join(" "));
    }
    match schema["type"].as_str() {
        Some("array") => format!("[{}]", kind(&schema["items"])),
        Some("object") => format!("map of {}", kind(&schema["additionalProperties"])),
        Some("string") => schema["format"].as_str().unwrap_or("string").to_owned(),
        Some(name) => name.to_owned(),
        None => "any".to_owned(),
    }
}

/// Fields of a request in the documentation's examples.
const MESSAGE: &str = "message Request {
  message Sub { string subfield = 1; }
  string message_id = 1;
  int64 revision = 2;
  Sub sub = 3;
  string user_id = 4;
}";

#[test]
fn every_rule_of_the_documentation_holds() {
    let cases: &[(&str, &str, &[&str])] = &[
        // What is not in the path is in the query.
        (
            "get: '/v1/messages/{message_id}'",
            MESSAGE,
            &["GET /v1/messages/{messageId} path:messageId!:string query:revision:int64 \
               query:sub.subfield:string query:userId:string > Response"],
        ),
        // A variable of several segments is what it is made of.
        (
            "get: '/v1/{name=messages/*}'",
            "message Request { string name = 1; }",
            &["GET /v1/messages/{messagesId} path:messagesId!:string > Response"],
        ),
        (
            "get: '/v1/{sub.name=a/*/b/*}/c:list'",
            "message Request { message Sub { string name = 1; } Sub sub = 1; }",
            &["GET /v1/a/{aId}/b/{bId}/c:list path:aId!:string path:bId!:string > Response"],
        ),
        (
            "get: '/v1/{a=x/*}/{b=x/*}/{c=*}/{d=y/**}'",
            "message Request { string a = 1; string b = 2; int32 c = 3; string d = 4; }",
            &["GET /v1/x/{xId}/x/{xId2}/{c}/y/{yPath} path:xId!:string path:xId2!:string \
               path:c!:integer path:yPath!:string > Response"],
        ),
        (
            "get: '/v1/{rest=**}'",
            "message Request { string rest = 1; }",
            &["GET /v1/{rest} path:rest!:string > Response"],
        ),
        (
            "get: '/*/x/**'",
            "message Request {}",
            &["GET /{segment}/x/{xPath} path:segment!:string path:xPath!:string > Response"],
        ),
        // One field is the body; the others stay in the query.
        (
            "patch: '/v1/messages/{message_id}' body: 'message'",
            "message Request { string message_id = 1; Response message = 2; string etag = 3; }",
            &["PATCH /v1/messages/{messageId} path:messageId!:string query:etag:string \
               < Response > Response"],
        ),
        (
            "put: '/v1/x' body: 'list'",
            "message Request { repeated Response list = 1; }",
            &["PUT /v1/x < [Response] > Response"],
        ),
        (
            "put: '/v1/x' body: 'text'",
            "message Request { string text = 1; }",
            &["PUT /v1/x < string > Response"],
        ),
        // All that is left is the body.
        ("post: '/v1/x' body: '*'", MESSAGE, &["POST /v1/x < Request > Response"]),
        (
            "post: '/v1/{message_id}:go' body: '*'",
            MESSAGE,
            &["POST /v1/{messageId}:go path:messageId!:string < {revision sub userId} > Response"],
        ),
        (
            "post: '/v1/{sub.subfield}/{user_id}' body: '*'",
            MESSAGE,
            &["POST /v1/{sub.subfield}/{userId} path:sub.subfield!:string path:userId!:string \
               < {messageId revision} > Response"],
        ),
        (
            "patch: '/v1/{message.name=a/*}' body: 'message'",
            "message Request { message Sub { string name = 1; int32 size = 2; } Sub message = 1; }",
            &["PATCH /v1/a/{aId} path:aId!:string < {size} > Response"],
        ),
        // What a path chooses of a oneof, nothing else chooses.
        (
            "post: '/v1/{a}' body: '*' additional_bindings { get: '/v1/{a}' }",
            "message Request { oneof one { string a = 1; string b = 2; } oneof two { string c = 3; } }",
            &[
                "GET /v1/{a} path:a!:string query:c:string > Response",
                "POST /v1/{a} path:a!:string < {c} > Response",
            ],
        ),
        // No body: everything is in the URL.
        (
            "delete: '/v1/x'",
            "message Request { string a = 1; repeated string b = 2; }",
            &["DELETE /v1/x query:a:string query:b:[string] > Response"],
        ),
        // One field is the answer.
        ("get: '/v1/x' response_body: 'list'", "message Request {}", &["GET /v1/x > [Request]"]),
        ("get: '/v1/x' response_body: 'text'", "message Request {}", &["GET /v1/x > string"]),
        // More than one route.
        (
            "get: '/v1/messages/{message_id}' \
             additional_bindings { get: '/v1/users/{user_id}/messages/{message_id}' } \
             additional_bindings { post: '/v1/messages' body: '*' }",
            "message Request { string message_id = 1; string user_id = 2; }",
            &[
                "POST /v1/messages < Request > Response",
                "GET /v1/messages/{messageId} path:messageId!:string query:userId:string > Response",
                "GET /v1/users/{userId}/messages/{messageId} path:userId!:string \
                 path:messageId!:string > Response",
            ],
        ),
        // Methods that have no field of their own.
        ("custom { kind: 'HEAD' path: '/v1/x' }", "message Request {}", &["HEAD /v1/x > Response"]),
        ("custom { kind: '*' path: '/v1/x' }", "message Request {}", &["GET /v1/x > Response"]),
        (
            "custom { kind: '*' path: '/v1/x' } body: '*'",
            "message Request {}",
            &["POST /v1/x < Request > Response"],
        ),
        ("get: '/'", "message Request {}", &["GET / > Response"]),
        // Names are those of JSON.
        (
            "get: '/v1/{my_id}'",
            "message Request { string my_id = 1 [json_name = 'ID']; string b_c = 2 [json_name = 'd']; }",
            &["GET /v1/{ID} path:ID!:string query:d:string > Response"],
        ),
    ];
    for (rule, messages, wanted) in cases {
        let document = document(&file(rule, messages), "").expect(rule);
        assert_eq!(routes(&document), *wanted, "{rule}");
    }
}

#[test]
fn a_query_holds_single_values_and_says_what_it_cannot_hold() {
    let messages = "
enum Color { RED = 0; }
message Tree { string name = 1; Tree left = 2; }
message Request {
  Color color = 1;
  repeated Color colors = 2;
  google.protobuf.Timestamp at = 3;
  google.protobuf.FieldMask mask = 4;
  google.protobuf.BoolValue sure = 5;
  repeated google.protobuf.Int64Value numbers = 6;
  google.protobuf.Struct any = 7;
  google.protobuf.Empty nothing = 8;
  map<string, string> labels = 9;
  repeated Tree trees = 10;
  Tree tree = 11;
  oneof choice { string this = 12; bytes that = 13; }
  google.protobuf.Value value = 14;
}";
    let document = document(&file("get: '/v1/x'", messages), "").expect("it is right");
    let wanted = "GET /v1/x query:color:Color query:colors:[Color] query:at:Timestamp \
                  query:mask:FieldMask query:sure:BoolValue query:numbers:[Int64Value] \
                  query:tree.name:string query:this:string query:that:string > Response";
    assert_eq!(routes(&document), [wanted]);
    let left_out = serde_json::json!(["any", "labels", "trees", "tree.left", "value"]);
    assert_eq!(document["paths"]["/v1/x"]["get"]["x-not-over-http"], left_out);
}

#[test]
fn broken_rules_are_refused_with_the_name_of_the_method() {
    let messages = "message Sub { string b = 1; }
message Request {
  string a = 1;
  repeated string list = 2;
  map<string, string> map = 3;
  Sub sub = 4;
}";
    for (rule, why) in [
        ("get: '/v1/{nothing}'", "\"nothing\" is no field of t.Request"),
        ("get: '/v1/{sub.c}'", "\"c\" is no field of t.Sub"),
        ("get: '/v1/{a.b}'", "\"a\" has no fields"),
        ("get: '/v1/{sub}'", "\"sub\" is a message"),
        ("get: '/v1/{list}'", "\"list\" is repeated"),
        ("get: '/v1/{map}'", "\"map\" is repeated"),
        ("get: '/v1/{a}/{a}'", "twice"),
        ("get: 'v1'", "begin with `/`"),
        ("post: '/v1' body: 'nothing'", "body is \"nothing\", which is no field of t.Request"),
        ("post: '/v1' body: 'sub.b'", "body is \"sub.b\""),
        (
            "get: '/v1' response_body: 'a'",
            "response_body is \"a\", which is no field of t.Response",
        ),
        ("body: '*'", "no path"),
        ("get: '/v1' additional_bindings { get: '/v1' }", "GET /v1 is the route of t.S.Call, too"),
        (
            "get: '/v1' additional_bindings { get: '/v2' additional_bindings { get: '/v3' } }",
            "additional bindings have additional bindings",
        ),
    ] {
        let error = document(&file(rule, messages), "").expect_err(rule);
        assert!(error.starts_with("t.S.Call: ") && error.contains(why), "{rule}: {error}");
    }
}

/// A service with these methods.
fn service(methods: &str) -> String {
    format!(
        "syntax = \"proto3\";
package t;
import \"google/api/annotations.proto\";
// A service.
service S {{
{methods} }}
message Request {{ string a = 1; string b = 2; }}
message Response {{}}
"
    )
}

fn method(name: &str, rule: &str) -> String {
    format!(
        "rpc {name}(Request) returns (Response) {{ option (google.api.http) = {{ {rule} }}; }}\n"
    )
}

#[test]
fn methods_of_one_path_share_it_and_its_names() {
    let both = method("Delete", "delete: '/v1/{b}'") + &method("Get", "get: '/v1/{a}'");
    let made = document(&service(&both), "").expect("both are right");
    let wanted = [
        "DELETE /v1/{a} path:a!:string query:a:string > Response",
        "GET /v1/{a} path:a!:string query:b:string > Response",
    ];
    assert_eq!(routes(&made), wanted);
    let twice = method("One", "get: '/v1/{a}'") + &method("Two", "get: '/v1/{b}'");
    let error = document(&service(&twice), "").expect_err("they are one route");
    assert_eq!(error, "t.S.Two: GET /v1/{a} is the route of t.S.One, too");
}

#[test]
fn methods_that_openapi_cannot_describe_are_listed() {
    let streams = "rpc Talk(stream Request) returns (stream Response) {
                     option (google.api.http) = { post: '/v1/talk' body: '*' };
                   }";
    let odd = method("Odd", "custom { kind: 'LIST' path: '/v1/x' }");
    let plain = method("Plain", "get: '/v1/plain'") + "rpc Silent(Request) returns (Response);";
    let made = document(&service(&(streams.to_owned() + &odd + &plain)), "").expect("right");
    assert_eq!(routes(&made).len(), 1);
    let left_out = serde_json::json!({
        "t.S.Talk": "its request is a stream",
        "t.S.Odd": "OpenAPI has no method \"LIST\" (/v1/x)",
    });
    assert_eq!(made["x-not-over-http"], left_out);
}

#[test]
fn without_a_route_there_is_no_document_unless_all_methods_are_asked_for() {
    let silent = compiled(&service("rpc Silent(Request) returns (Response);"));
    let targets = || vec!["t.proto".to_owned()];
    assert_eq!(made(silent.file.clone(), targets(), ""), Ok(Vec::new()));
    let all = made(silent.file, targets(), "all=true,file=x/api.json").expect("it is right");
    assert_eq!((all.len(), all[0].0.as_str()), (1, "x/api.json"));
    let document = serde_json::from_str(&all[0].1).expect("it is JSON");
    assert_eq!(routes(&document), ["POST /t.S/Silent < Request > Response"]);
}

#[test]
fn streams_are_sent_as_the_template_says() {
    let methods = "// Counts. On and on.
        rpc Count(Request) returns (stream Response) {
          option (google.api.http) = { get: '/v1/count' };
          option deprecated = true;
        }";
    for (parameter, media_type) in [
        ("", "text/event-stream"),
        ("streams=sse", "text/event-stream"),
        ("streams=ndjson", "application/x-ndjson"),
    ] {
        let document = document(&service(methods), parameter).expect("it is right");
        let operation = &document["paths"]["/v1/count"]["get"];
        let answer = &operation["responses"]["200"];
        assert_eq!(answer["content"].as_object().expect("it is there").len(), 1);
        assert!(answer["content"][media_type]["schema"]["$ref"].is_string(), "{document:#}");
        assert!(answer["description"].as_str().is_some_and(|said| said.contains("A stream")));
        let words = (&operation["summary"], &operation["description"], &operation["deprecated"]);
        assert_eq!(words, (&"Counts".into(), &"Counts. On and on.".into(), &true.into()));
        let error = &document["components"]["responses"]["Error"]["content"]["application/json"];
        assert_eq!(error["schema"]["$ref"], "#/components/schemas/google.rpc.Status");
    }
}

#[test]
fn errors_are_described_as_the_template_says() {
    let text = service(
        "rpc Count(Request) returns (stream Response) {
          option (google.api.http) = { get: '/v1/count' };
        }",
    );
    let document = document(&text, "errors=problem").expect("it is right");
    let content = document["components"]["responses"]["Error"]["content"].clone();
    let content = content.as_object().expect("it is there");
    assert_eq!(Vec::from_iter(content.keys()), ["application/problem+json"]);
    let properties = &content["application/problem+json"]["schema"]["properties"];
    assert_eq!(properties["status"]["type"], "integer");
    assert_eq!(properties["code"]["type"], "string");
    let stream = &document["paths"]["/v1/count"]["get"]["responses"]["200"]["description"];
    assert!(stream.as_str().is_some_and(|said| said.contains("`error` holds problem details")));
    let schemas = document["components"]["schemas"].as_object().expect("it is there");
    assert!(!schemas.contains_key("google.rpc.Status"));
}

#[test]
fn the_head_is_what_the_template_says() {
    let text = service(&method("Get", "get: '/v1'"));
    let head = |parameter: &str| document(&text, parameter).expect("it is right");
    assert_eq!(head("")["info"], serde_json::json!({ "title": "t", "version": "0.0.0" }));
    let info = serde_json::json!({ "title": "An API", "version": "v2" });
    assert_eq!(head("title=An API,version=v2")["info"], info);
    let tags = serde_json::json!([{ "name": "t.S", "description": "A service." }]);
    assert_eq!((&head("")["openapi"], &head("")["tags"]), (&"3.1.0".into(), &tags));
    let refused = made(compiled(&text).file, vec!["t.proto".to_owned()], "titel=x");
    assert!(refused.is_err_and(|error| error.contains("titel=x")));
}
