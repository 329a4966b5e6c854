//! The words that generated schemas are made of.

/// Picks `list[n]`, beginning again at its end.
pub(crate) fn pick<T: Copy>(list: &[T], n: u16) -> T {
    list[usize::from(n) % list.len()]
}

/// `word`, then `word2`, `word3`, … the further `n` runs over the list.
fn word(list: &[&str], n: u16) -> String {
    let round = usize::from(n) / list.len() % 4;
    let word = pick(list, n);
    if round == 0 { word.to_owned() } else { format!("{word}{}", round + 1) }
}

pub(crate) fn message(n: u16) -> String {
    word(
        &[
            "User",
            "Order",
            "Item",
            "Payload",
            "A",
            "Http2Config",
            "Inner_Type",
            "m",
            "Request",
            "Reply",
        ],
        n,
    )
}

pub(crate) fn enumeration(n: u16) -> String {
    word(&["Status", "Color", "Kind", "E", "ErrorCode", "level"], n)
}

pub(crate) fn field(n: u16) -> String {
    word(
        &[
            "id",
            "user_name",
            "createdAt",
            "payload",
            "x",
            "items",
            "long_field_name_3",
            "Value",
            "message",
            "to",
            "max",
            "stream",
            "option",
            "string",
            "returns",
            "a_1",
            "reserved",
            "repeated",
            "syntax",
            "group",
            "oneof",
            "rpc",
            "map",
            "public",
            "extensions",
            "inf",
        ],
        n,
    )
}

pub(crate) fn oneof(n: u16) -> String {
    word(&["choice", "kind_of", "result", "o"], n)
}

pub(crate) fn value(enumeration: &str, n: u16) -> String {
    let upper = enumeration.to_ascii_uppercase();
    let word = word(&["UNSPECIFIED", "ACTIVE", "RED", "OLD_ONE", "message", "Max", "A1", "to"], n);
    if n % 5 == 4 { word } else { format!("{upper}_{word}") }
}

pub(crate) fn service(n: u16) -> String {
    word(&["Users", "OrderService", "S", "Stream"], n)
}

pub(crate) fn method(n: u16) -> String {
    word(&["Get", "List", "update", "stream", "Watch_All", "rpc"], n)
}

pub(crate) fn extension(n: u16) -> String {
    word(&["note", "extra_info", "limitOf", "flag", "ext"], n)
}

pub(crate) fn package(n: u16) -> &'static str {
    pick(
        &[
            "acme.v1",
            "acme.v1",
            "geo",
            "acme.store.v1beta1",
            "",
            "acme",
            "geo.v2alpha1",
            "acme.test",
            "x.y.z",
        ],
        n,
    )
}

pub(crate) fn path(n: u16) -> String {
    let folder = pick(&["", "acme/v1/", "geo/", "a/b/c/", "with space/"], n / 7);
    format!("{folder}{}.proto", word(&["a", "types", "service", "b", "common", "ünï", "z"], n))
}

/// Text for strings and comments: what makes columns differ from bytes.
pub(crate) fn text(n: u16) -> &'static str {
    pick(
        &[
            "plain",
            "文档",
            "e\u{301}te\u{301}",
            "🎉",
            "naïve café",
            "日本語テキスト",
            "a b  c",
            "👩\u{200d}👩\u{200d}👧",
            "ｆｕｌｌ",
            "…—’",
            "Ω≈ç",
            "🇩🇪",
            "한국어",
            "x",
        ],
        n,
    )
}
