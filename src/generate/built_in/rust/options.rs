//! The options of the plugin.

use prost_build::Config;
use syn::parse::Parser as _;

use super::super::refused;

/// The options, for the error about an unknown one.
const KNOWN: &str = "client=BOOL, server=BOOL, transport=BOOL, modules=FILE, json=FILE, \
    descriptors=FILE, extern_path=PROTO=RUST, type_attribute=PROTO=ATTRIBUTE, \
    field_attribute=PROTO=ATTRIBUTE, boxed=PROTO, bytes=PROTO, btree_map=PROTO";

/// The options of the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) client: bool,
    pub(super) server: bool,
    /// Whether clients have `connect`, which needs tonic's feature `channel`.
    pub(super) transport: bool,
    /// The name of a file for the module tree.
    pub(super) modules: Option<String>,
    /// The name of a file for the descriptors of all generated code.
    pub(super) descriptors: Option<String>,
    /// The name of a file for the JSON mapping.
    pub(super) json: Option<String>,
    /// Protobuf paths, and the Rust paths of code that exists elsewhere.
    extern_path: Vec<(String, String)>,
    type_attribute: Vec<(String, String)>,
    field_attribute: Vec<(String, String)>,
    boxed: Vec<String>,
    bytes: Vec<String>,
    btree_map: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            client: true,
            server: true,
            transport: true,
            modules: None,
            descriptors: None,
            json: None,
            extern_path: Vec::new(),
            type_attribute: Vec::new(),
            field_attribute: Vec::new(),
            boxed: Vec::new(),
            bytes: Vec::new(),
            btree_map: Vec::new(),
        }
    }
}

impl Options {
    pub(super) fn parse(parameter: Option<&str>) -> Result<Self, String> {
        let mut options = Options::default();
        for option in split(parameter.unwrap_or_default()) {
            options.set(&option)?;
        }
        Ok(options)
    }

    fn set(&mut self, option: &str) -> Result<(), String> {
        let (name, value) = match option.split_once('=') {
            Some((_, "")) => return Err(refused(option, KNOWN)),
            Some(pair) => pair,
            None if ["client", "server", "transport"].contains(&option) => (option, "true"),
            None => return Err(refused(option, KNOWN)),
        };
        let flag = || value.parse::<bool>().map_err(|_| refused(option, KNOWN));
        match name {
            "client" => self.client = flag()?,
            "server" => self.server = flag()?,
            "transport" => self.transport = flag()?,
            "modules" => self.modules = Some(value.to_owned()),
            "descriptors" => self.descriptors = Some(value.to_owned()),
            "json" => self.json = Some(value.to_owned()),
            "extern_path" => self.extern_path.push(extern_path(option, value)?),
            "type_attribute" => self.type_attribute.push(attribute(option, value)?),
            "field_attribute" => self.field_attribute.push(attribute(option, value)?),
            "boxed" => self.boxed.push(value.to_owned()),
            "bytes" => self.bytes.push(value.to_owned()),
            "btree_map" => self.btree_map.push(value.to_owned()),
            _ => return Err(refused(option, KNOWN)),
        }
        Ok(())
    }

    /// Whether the code of a type exists elsewhere.
    pub(super) fn is_extern(&self, name: &str) -> bool {
        let well_known = ("google.protobuf", "::prost_types");
        let own = self.extern_path.iter().map(|(proto, rust)| (&proto[1..], &**rust));
        own.chain([well_known]).any(|(path, _)| {
            name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Sets what prost-build has as options, too.
    pub(super) fn configure(&self, config: &mut Config) {
        // Ordered maps, so that the encoding is deterministic.
        let all = [".".to_owned()];
        config.btree_map(if self.btree_map.is_empty() { &all } else { &*self.btree_map });
        config.bytes(&self.bytes);
        self.boxed.iter().for_each(|path| _ = config.boxed(path));
        for (path, text) in &self.type_attribute {
            config.type_attribute(path, text);
        }
        for (path, text) in &self.field_attribute {
            config.field_attribute(path, text);
        }
        for (proto, rust) in &self.extern_path {
            config.extern_path(proto, rust);
            if proto == ".google.protobuf" {
                // Otherwise prost-build has a path of its own for it, and refuses a second.
                config.compile_well_known_types();
            }
        }
    }
}

/// Splits a parameter at its commas. `\,` is a comma of a value.
fn split(parameter: &str) -> Vec<String> {
    let mut options = vec![String::new()];
    for part in parameter.split_inclusive(',') {
        let last = options.last_mut().expect("there is one from the beginning");
        match (part.strip_suffix("\\,"), part.strip_suffix(',')) {
            (Some(escaped), _) => last.extend([escaped, ","]),
            (None, Some(whole)) => {
                last.push_str(whole);
                options.push(String::new());
            }
            (None, None) => last.push_str(part),
        }
    }
    options.retain(|option| !option.is_empty());
    options
}

fn extern_path(option: &str, value: &str) -> Result<(String, String), String> {
    let (proto, rust) = value.split_once('=').unwrap_or((value, ""));
    let is_full =
        proto.strip_prefix('.').is_some_and(|path| path.split('.').all(|it| !it.is_empty()));
    let is_absolute = rust.starts_with("::") || rust.starts_with("crate::");
    if !is_full || !is_absolute || syn::parse_str::<syn::Path>(rust).is_err() {
        return Err(format!(
            "{option:?} has to be extern_path=PROTO=RUST: a full Protobuf name with a `.` before \
             it, and a Rust path from `::` or `crate::`, as in \
             extern_path=.google.protobuf=::pbjson_types"
        ));
    }
    Ok((proto.to_owned(), rust.to_owned()))
}

fn attribute(option: &str, value: &str) -> Result<(String, String), String> {
    let (proto, rust) = value.split_once('=').unwrap_or((value, ""));
    let parsed = syn::Attribute::parse_outer.parse_str(rust);
    if proto.is_empty() || parsed.map_or(true, |attributes| attributes.is_empty()) {
        return Err(format!(
            "{option:?} has to end with =PROTO=ATTRIBUTE, as in \
             type_attribute=.acme.v1=#[derive(serde::Serialize)]; a comma in it is written `\\,`"
        ));
    }
    Ok((proto.to_owned(), rust.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let parse = |parameter| Options::parse(Some(parameter));
        let pair = |one: &str, two: &str| vec![(one.to_owned(), two.to_owned())];
        let options = Options {
            server: false,
            transport: false,
            modules: Some("mod.rs".to_owned()),
            descriptors: Some("d.rs".to_owned()),
            json: Some("j.rs".to_owned()),
            extern_path: pair(".a", "::b::c"),
            type_attribute: pair(".", "#[derive(A, B)]"),
            field_attribute: pair("M.f", "#[serde(default = \"x\")]"),
            boxed: vec![".M.f".to_owned()],
            bytes: vec![".a".to_owned(), ".b".to_owned()],
            ..Options::default()
        };
        let text = r#"client,server=false,transport=false,modules=mod.rs,descriptors=d.rs,json=j.rs,
            extern_path=.a=::b::c,type_attribute=.=#[derive(A\, B)],
            field_attribute=M.f=#[serde(default = "x")],boxed=.M.f,bytes=.a,bytes=.b"#;
        let text: String = text.lines().map(str::trim).collect();
        assert_eq!(Options::parse(Some(&text)), Ok(options));
        assert_eq!(parse(""), Ok(Options::default()));
        for bad in [
            "servers",
            "client=maybe",
            "descriptors",
            "json",
            "modules=",
            "extern_path=a=::b",
            "extern_path=.a=b",
            "extern_path=.a",
            "extern_path=.a=::b-c",
            "type_attribute=.a",
            "type_attribute=.a=derive(A)",
            "field_attribute=.a=#[derive(A,B)]",
        ] {
            let option = bad.split(',').next().unwrap_or(bad);
            assert!(parse(bad).is_err_and(|error| error.contains(option)), "{bad}");
        }
        let options = parse("extern_path=.a.b=::c").expect("it is an option");
        let is_extern = |name| options.is_extern(name);
        assert!(is_extern("a.b") && is_extern("a.b.C") && is_extern("google.protobuf.Any"));
        assert!(!is_extern("a.bc.D") && !is_extern("a.B") && !is_extern("google.protobufs.A"));
    }
}
