//! The matrix as one HTML page, without scripts: a heat map, and below it what is broken.

use std::fmt::Write as _;

use super::{Broken, Matrix};

const STYLE: &str = "\
:root { color-scheme: light dark; --ok: #d9f2e0; --okText: #14532d; --bad: #fde2e1; --badText: #7f1d1d; \
--line: #d4d4d8; --text: #18181b; --soft: #52525b; --back: #ffffff; --code: #f4f4f5; }
@media (prefers-color-scheme: dark) { :root { --ok: #12331f; --okText: #b7e4c7; --bad: #4a1616; \
--badText: #fecaca; --line: #3f3f46; --text: #f4f4f5; --soft: #a1a1aa; --back: #18181b; --code: #27272a; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); \
max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
p { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 4px; }
th { text-align: left; font-weight: 600; padding: .4rem .6rem; white-space: nowrap; }
td { padding: .6rem .9rem; border-radius: 6px; text-align: center; min-width: 6rem; }
td.ok { background: var(--ok); color: var(--okText); }
td.bad { background: var(--bad); color: var(--badText); font-weight: 600; }
td a { color: inherit; }
details { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .8rem; margin: .5rem 0; }
summary { cursor: pointer; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .6rem 0 .2rem; }
dt { color: var(--soft); } dd { margin: 0; }
code { background: var(--code); border-radius: 4px; padding: .1rem .3rem; overflow-wrap: anywhere; }
";

/// Returns the page.
pub fn page(matrix: &Matrix) -> String {
    let mut out = String::new();
    let calls: usize = matrix.cells.iter().flatten().map(|cell| cell.calls).sum();
    let broken = matrix.cells.iter().flatten().filter(|cell| !cell.broken.is_empty()).count();
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Version matrix</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <h1>Version matrix</h1>\n\
         <p>Clients call servers over HTTP/2 with generated messages: {calls} calls. {}</p>\n\
         <div class=\"wide\"><table>\n<tr><th>client \\ server</th>",
        match broken {
            0 => "Every client works with every server.".to_owned(),
            1 => "1 pair is broken.".to_owned(),
            count => format!("{count} pairs are broken."),
        }
    );
    for name in &matrix.versions {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(name));
    }
    out.push_str("</tr>\n");
    for (client, (name, row)) in matrix.versions.iter().zip(&matrix.cells).enumerate() {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escaped(name));
        for (server, cell) in row.iter().enumerate() {
            let _ = match cell.broken.len() {
                0 => write!(out, "<td class=\"ok\">ok</td>"),
                count => write!(
                    out,
                    "<td class=\"bad\"><a href=\"#c{client}s{server}\">{count} broken</a></td>"
                ),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
    for (client, (name, row)) in matrix.versions.iter().zip(&matrix.cells).enumerate() {
        for (server, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.broken.is_empty()) {
            let _ = writeln!(
                out,
                "<h2 id=\"c{client}s{server}\">Client {}, server {}</h2>",
                escaped(name),
                escaped(&matrix.versions[server])
            );
            cell.broken.iter().for_each(|broken| write_broken(broken, &mut out));
        }
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn write_broken(broken: &Broken, out: &mut String) {
    let Broken { method, element, what, change, written, read, .. } = broken;
    let _ = write!(
        out,
        "<details open><summary><code>{}</code>: {}</summary>\n<dl>\n",
        escaped(method),
        escaped(what)
    );
    for (name, text) in
        [("element", element), ("change", change), ("message", written), ("read", read)]
    {
        if !text.is_empty() {
            let _ = writeln!(out, "<dt>{name}</dt><dd><code>{}</code></dd>", escaped(text));
        }
    }
    out.push_str("</dl></details>\n");
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if crate::printable::is_hidden(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}
