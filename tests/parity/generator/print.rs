//! A tree as source text.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::parity::generator::add::is_long;
use crate::parity::generator::literal;
use crate::parity::generator::model::{
    BYTES, Custom, ENUM_OPTIONS, Enum, Extendee, Extension, FIELD_OPTIONS, FILE_OPTIONS, Field,
    File, Home, Id, Kind, Label, MESSAGE_OPTIONS, METHOD_OPTIONS, Message, Method, OPTION_MESSAGES,
    Reserved, SCALARS, SERVICE_OPTIONS, STRING, Service, Setting, Tree, VALUE_OPTIONS,
};
use crate::parity::generator::token_printer::Ink;

/// The files of a tree: paths and texts.
pub(crate) type Sources = BTreeMap<String, String>;

/// Prints every file; `seed` and `level` decide how it looks (see [`Ink`]).
pub(crate) fn print(tree: &Tree, seed: u64, level: u8) -> Sources {
    let symbols = symbols(tree);
    let print = |file: &File| {
        let ink = Ink::new(seed.wrapping_add(u64::from(file.id)), level);
        let printer = Printer { tree, file, symbols: &symbols, ink };
        (file.path.clone(), printer.file())
    };
    tree.files.iter().map(print).collect()
}

/// The full names of all elements and packages: what a relative name could be taken for.
fn symbols(tree: &Tree) -> HashSet<String> {
    let mut all: HashSet<String> = ["google", "google.protobuf"].map(str::to_owned).into();
    for file in &tree.files {
        let ends = file.package.match_indices('.').map(|(i, _)| i).chain([file.package.len()]);
        all.extend(ends.map(|end| file.package[..end].to_owned()));
    }
    for message in &tree.messages {
        all.insert(tree.full_name(message.home, &message.name));
        let home = Home::Message(message.id);
        all.extend(message.fields.iter().map(|f| tree.full_name(home, &f.name)));
        all.extend(message.oneofs.iter().map(|(_, o)| tree.full_name(home, o)));
    }
    for of in &tree.enums {
        all.insert(tree.full_name(of.home, &of.name));
        all.extend(of.values.iter().map(|v| tree.full_name(of.home, &v.name)));
    }
    for service in &tree.services {
        let name = tree.full_name(Home::File(service.file), &service.name);
        all.extend(service.methods.iter().map(|m| format!("{name}.{}", m.name)));
        all.insert(name);
    }
    all.extend(tree.extensions.iter().map(|e| tree.full_name(e.home, &e.field.name)));
    all
}

struct Printer<'a> {
    tree: &'a Tree,
    file: &'a File,
    symbols: &'a HashSet<String>,
    ink: Ink,
}

impl Printer<'_> {
    fn file(mut self) -> String {
        let syntax = if self.file.proto3 { "\"proto3\"" } else { "\"proto2\"" };
        self.ink.line(0);
        self.ink.put(&["syntax", "=", syntax, ";"]);
        if !self.file.package.is_empty() {
            self.ink.line(0);
            self.ink.put(&["package", &self.file.package, ";"]);
        }
        self.imports();
        let home = Home::File(self.file.id);
        let scope = self.file.package.clone();
        self.options(&self.file.options, &self.file.customs, FILE_OPTIONS, &scope, 0);
        self.declarations(home, 0);
        for service in self.tree.services.iter().filter(|s| s.file == self.file.id) {
            self.service(service);
        }
        self.ink.finish()
    }

    fn imports(&mut self) {
        let mut chosen: BTreeMap<usize, &str> = BTreeMap::new();
        for (id, modifier) in &self.file.imports {
            chosen.extend(self.tree.rank(*id).map(|rank| (rank, *modifier)));
        }
        let public = self.public_reach(chosen.keys().copied());
        for needed in self.needed() {
            // What a public import brings need not be imported again.
            if !public.contains(&needed) || self.ink.rng.once_in(3) {
                chosen.entry(needed).or_insert("");
            }
        }
        let needs_descriptor = |e: &&Extension| {
            matches!(e.of, Extendee::Options(_)) && self.tree.file_of(e.home) == Some(self.file.id)
        };
        let descriptor = self.tree.extensions.iter().any(|e| needs_descriptor(&e));
        for (rank, modifier) in chosen {
            let path = format!("\"{}\"", self.tree.files[rank].path);
            self.ink.line(0);
            self.ink.put(&["import"]);
            if !modifier.is_empty() {
                self.ink.put(&[modifier]);
            }
            self.ink.put(&[&path, ";"]);
        }
        if descriptor {
            self.ink.line(0);
            self.ink.put(&["import", "\"google/protobuf/descriptor.proto\"", ";"]);
        }
    }

    /// The files that come along with these by public imports.
    fn public_reach(&self, from: impl Iterator<Item = usize>) -> BTreeSet<usize> {
        let mut open: Vec<usize> = from.collect();
        let mut reached = BTreeSet::new();
        while let Some(rank) = open.pop() {
            let public = self.tree.files[rank].imports.iter().filter(|(_, m)| *m == "public");
            for next in public.filter_map(|(id, _)| self.tree.rank(*id)) {
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
        reached
    }

    /// The files that hold what this file names.
    fn needed(&self) -> BTreeSet<usize> {
        let here = |home| self.tree.file_of(home) == Some(self.file.id);
        let mut homes: Vec<Home> = Vec::new();
        let mut customs: Vec<&Custom> = self.file.customs.iter().collect();
        let mut fields: Vec<&Field> = Vec::new();
        for message in self.tree.messages.iter().filter(|m| here(m.home)) {
            fields.extend(&message.fields);
            customs.extend(&message.customs);
        }
        for extension in self.tree.extensions.iter().filter(|e| here(e.home)) {
            fields.push(&extension.field);
            if let Extendee::Message(id) = extension.of {
                homes.push(Home::Message(id));
            }
        }
        for field in fields {
            homes.extend(self.home_of(&field.kind));
            customs.extend(&field.customs);
        }
        for of in self.tree.enums.iter().filter(|e| here(e.home)) {
            customs.extend(of.customs.iter().chain(of.values.iter().flat_map(|v| &v.customs)));
        }
        for service in self.tree.services.iter().filter(|s| s.file == self.file.id) {
            customs.extend(
                service.customs.iter().chain(service.methods.iter().flat_map(|m| &m.customs)),
            );
            homes.extend(
                service.methods.iter().flat_map(|m| [m.input, m.output]).map(Home::Message),
            );
        }
        homes.extend(customs.iter().filter_map(|(id, _)| self.tree.extension(*id)).map(|e| e.home));
        let ranks = homes.into_iter().filter_map(|home| self.tree.rank(self.tree.file_of(home)?));
        let own = self.tree.rank(self.file.id).unwrap_or(0);
        ranks.filter(|&rank| rank < own).collect()
    }

    fn home_of(&self, kind: &Kind) -> Option<Home> {
        match kind {
            Kind::Message(id) | Kind::Group(id) => Some(Home::Message(*id)),
            Kind::Enum(id) => self.tree.enumeration(*id).map(|e| e.home),
            Kind::Map(_, value) => self.home_of(value),
            Kind::Scalar(_) => None,
        }
    }

    /// The messages, enums and extensions that stand in `home`.
    fn declarations(&mut self, home: Home, depth: usize) {
        let tree = self.tree;
        for message in tree.messages.iter().filter(|m| m.home == home && !tree.is_group_body(m.id))
        {
            self.ink.line(depth);
            self.ink.put(&["message", &message.name, "{"]);
            self.message_body(message, depth);
        }
        for of in tree.enums.iter().filter(|e| e.home == home) {
            self.enumeration(of, depth);
        }
        let mut of = None;
        for extension in tree.extensions.iter().filter(|e| e.home == home) {
            // One block for neighbours that extend the same, or one for each.
            if of != Some(extension.of) || self.ink.rng.once_in(2) {
                if of.is_some() {
                    self.close(depth);
                }
                self.ink.line(depth);
                let extendee = self.extendee(extension);
                self.ink.put(&["extend", &extendee, "{"]);
                of = Some(extension.of);
            }
            let scope = tree.scope(home);
            self.field(&extension.field, &scope, true, depth + 1);
        }
        if of.is_some() {
            self.close(depth);
        }
    }

    fn close(&mut self, depth: usize) {
        self.ink.line(depth);
        self.ink.put(&["}"]);
    }

    fn extendee(&mut self, extension: &Extension) -> String {
        match extension.of {
            Extendee::Options(of) => {
                let dot = if self.ink.rng.once_in(2) { "." } else { "" };
                format!("{dot}google.protobuf.{}", OPTION_MESSAGES[of])
            }
            Extendee::Message(id) => self.message_name(id, &self.tree.scope(extension.home)),
        }
    }

    fn message_name(&mut self, id: Id, scope: &str) -> String {
        let target = self.tree.scope(Home::Message(id));
        self.name(&target, scope)
    }

    /// How `target` is called in `scope`: absolutely, or as short as still means it.
    fn name(&mut self, target: &str, scope: &str) -> String {
        let parts: Vec<&str> = target.split('.').collect();
        let shortest = (1..=parts.len()).map(|n| parts[parts.len() - n..].join("."));
        let mut meant: Vec<String> =
            shortest.filter(|name| self.means(name, scope) == target).collect();
        if meant.is_empty() || self.ink.rng.once_in(3) {
            return format!(".{target}");
        }
        let n = self.ink.rng.below(u16::try_from(meant.len()).expect("few parts"));
        meant.swap_remove(usize::from(n))
    }

    /// What a relative name means: its first part is looked for from the inside out.
    fn means(&self, name: &str, scope: &str) -> String {
        let first = name.split('.').next().unwrap_or(name);
        let mut scope = scope;
        loop {
            let join = |name: &str| {
                if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
            };
            if scope.is_empty() || self.symbols.contains(&join(first)) {
                return join(name);
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    fn message_body(&mut self, message: &Message, depth: usize) {
        let scope = self.tree.scope(Home::Message(message.id));
        self.options(&message.options, &message.customs, MESSAGE_OPTIONS, &scope, depth + 1);
        let mut done = BTreeSet::new();
        for field in &message.fields {
            match field.oneof {
                None => self.field(field, &scope, false, depth + 1),
                Some(oneof) if done.insert(oneof) => self.oneof(message, oneof, &scope, depth + 1),
                Some(_) => {}
            }
        }
        self.numbers("extensions", &message.ranges, 536_870_911, depth + 1);
        self.reserved(&message.reserved, 536_870_911, depth + 1);
        self.declarations(Home::Message(message.id), depth + 1);
        self.close(depth);
    }

    fn oneof(&mut self, message: &Message, oneof: Id, scope: &str, depth: usize) {
        let name = message.oneofs.iter().find(|(id, _)| *id == oneof).map_or("o", |(_, name)| name);
        self.ink.line(depth);
        self.ink.put(&["oneof", name, "{"]);
        for field in message.fields.iter().filter(|f| f.oneof == Some(oneof)) {
            self.field(field, scope, false, depth + 1);
        }
        self.close(depth);
    }

    fn field(&mut self, field: &Field, scope: &str, extends: bool, depth: usize) {
        self.ink.line(depth);
        let label = self.label(field, extends);
        if !label.is_empty() {
            self.ink.put(&[label]);
        }
        let number = field.number.to_string();
        if let Kind::Group(body) = field.kind {
            let message = self.tree.message(body).expect("a group has a body");
            self.ink.put(&["group", &message.name, "=", &number]);
            self.field_options(field, label, scope);
            self.ink.put(&["{"]);
            return self.message_body(message, depth);
        }
        self.kind(&field.kind, scope);
        self.ink.put(&[&field.name, "=", &number]);
        self.field_options(field, label, scope);
        self.ink.put(&[";"]);
    }

    fn label(&self, field: &Field, extends: bool) -> &'static str {
        let proto2 = !self.file.proto3;
        match field.label {
            _ if field.oneof.is_some() || matches!(field.kind, Kind::Map(..)) => "",
            Label::Repeated => "repeated",
            Label::Required if proto2 && !extends => "required",
            Label::None | Label::Required if !proto2 => "",
            Label::None | Label::Required | Label::Optional => "optional",
        }
    }

    fn kind(&mut self, kind: &Kind, scope: &str) {
        match kind {
            Kind::Scalar(scalar) => self.ink.put(&[SCALARS[*scalar]]),
            Kind::Map(key, value) => {
                self.ink.put(&["map", "<", SCALARS[*key], ","]);
                self.kind(value, scope);
                self.ink.put(&[">"]);
            }
            Kind::Message(id) | Kind::Group(id) => {
                let name = self.message_name(*id, scope);
                self.ink.put(&[&name]);
            }
            Kind::Enum(id) => {
                let of = self.tree.enumeration(*id).expect("kinds are mended");
                let target = self.tree.full_name(of.home, &of.name);
                let name = self.name(&target, scope);
                self.ink.put(&[&name]);
            }
        }
    }

    fn field_options(&mut self, field: &Field, label: &str, scope: &str) {
        let mut all: Vec<(String, String)> = Vec::new();
        if let Some(default) = self.default(field, label) {
            all.push(("default".to_owned(), default));
        }
        if let Some(json) = &field.json {
            all.push(("json_name".to_owned(), format!("\"{json}\"")));
        }
        let allowed = field.options.iter().filter(|o| allowed(o, field, label));
        all.extend(allowed.map(|(name, value)| ((*name).to_owned(), value.clone())));
        all.extend(self.customs(&field.customs, FIELD_OPTIONS, scope));
        self.compact(&all);
    }

    fn default(&mut self, field: &Field, label: &str) -> Option<String> {
        let seed = field.default.filter(|_| !self.file.proto3 && label != "repeated")?;
        match field.kind {
            Kind::Scalar(_) | Kind::Enum(_) => literal::value(self.tree, &field.kind, seed),
            _ => None,
        }
    }

    fn compact(&mut self, options: &[(String, String)]) {
        for (i, (name, value)) in options.iter().enumerate() {
            self.ink.put(&[if i == 0 { "[" } else { "," }, name, "=", value]);
        }
        if !options.is_empty() {
            self.ink.put(&["]"]);
        }
    }

    /// Names and values of the custom options that may stand here.
    fn customs(&mut self, customs: &[Custom], on: usize, scope: &str) -> Vec<(String, String)> {
        let tree = self.tree;
        let mut once = BTreeSet::new();
        let mut all = Vec::new();
        for (id, seed) in customs {
            let Some(extension) = tree.extension(*id) else { continue };
            let here = extension.of == Extendee::Options(on)
                && tree.sees(Home::File(self.file.id), extension.home);
            let repeated = extension.field.label == Label::Repeated;
            let Some(value) = literal::value(tree, &extension.field.kind, *seed) else { continue };
            if !here || (!once.insert(*id) && !repeated) {
                continue;
            }
            let target = tree.full_name(extension.home, &extension.field.name);
            all.push((format!("({})", self.name(&target, scope)), value));
        }
        all
    }

    /// Options as statements.
    fn options(
        &mut self,
        settings: &[Setting],
        customs: &[Custom],
        on: usize,
        scope: &str,
        depth: usize,
    ) {
        let standard = settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let all: Vec<_> = standard.chain(self.customs(customs, on, scope)).collect();
        for (name, value) in all {
            self.ink.line(depth);
            self.ink.put(&["option", &name, "=", &value, ";"]);
        }
    }

    fn numbers(&mut self, keyword: &str, ranges: &[(i32, i32)], max: i32, depth: usize) {
        let mut open = false;
        for &(start, end) in ranges {
            if open && self.ink.rng.once_in(2) {
                self.ink.put(&[";"]);
                open = false;
            }
            if open {
                self.ink.put(&[","]);
            } else {
                self.ink.line(depth);
                self.ink.put(&[keyword]);
                open = true;
            }
            self.ink.put(&[&start.to_string()]);
            if end == max && start != end {
                self.ink.put(&["to", "max"]);
            } else if end != start || self.ink.rng.once_in(9) {
                self.ink.put(&["to", &end.to_string()]);
            }
        }
        if open {
            self.ink.put(&[";"]);
        }
    }

    fn reserved(&mut self, reserved: &Reserved, max: i32, depth: usize) {
        self.numbers("reserved", &reserved.ranges, max, depth);
        for (i, name) in reserved.names.iter().enumerate() {
            let quoted = format!("\"{name}\"");
            if i == 0 {
                self.ink.line(depth);
            }
            self.ink.put(&[if i == 0 { "reserved" } else { "," }, &quoted]);
        }
        if !reserved.names.is_empty() {
            self.ink.put(&[";"]);
        }
    }

    fn enumeration(&mut self, of: &Enum, depth: usize) {
        let scope = self.tree.full_name(of.home, &of.name);
        self.ink.line(depth);
        self.ink.put(&["enum", &of.name, "{"]);
        if of.has_aliases() {
            self.ink.line(depth + 1);
            self.ink.put(&["option", "allow_alias", "=", "true", ";"]);
        }
        self.options(&of.options, &of.customs, ENUM_OPTIONS, &scope, depth + 1);
        for value in &of.values {
            self.ink.line(depth + 1);
            self.ink.put(&[&value.name, "=", &value.number.to_string()]);
            let standard = value.options.iter().map(|(name, v)| ((*name).to_owned(), v.clone()));
            let all: Vec<_> =
                standard.chain(self.customs(&value.customs, VALUE_OPTIONS, &scope)).collect();
            self.compact(&all);
            self.ink.put(&[";"]);
        }
        self.reserved(&of.reserved, i32::MAX, depth + 1);
        self.close(depth);
    }

    fn service(&mut self, service: &Service) {
        let scope = self.tree.full_name(Home::File(service.file), &service.name);
        self.ink.line(0);
        self.ink.put(&["service", &service.name, "{"]);
        self.options(&service.options, &service.customs, SERVICE_OPTIONS, &scope, 1);
        for method in &service.methods {
            self.method(method, &scope);
        }
        self.close(0);
    }

    fn method(&mut self, method: &Method, scope: &str) {
        self.ink.line(1);
        self.ink.put(&["rpc", &method.name]);
        for (before, streams, id) in [
            ("", method.client_streams, method.input),
            ("returns", method.server_streams, method.output),
        ] {
            if !before.is_empty() {
                self.ink.put(&[before]);
            }
            self.ink.put(&["("]);
            if streams {
                self.ink.put(&["stream"]);
            }
            let name = self.message_name(id, scope);
            self.ink.put(&[&name, ")"]);
        }
        if method.options.is_empty() && method.customs.is_empty() && !self.ink.rng.once_in(6) {
            return self.ink.put(&[";"]);
        }
        self.ink.put(&["{"]);
        self.options(&method.options, &method.customs, METHOD_OPTIONS, scope, 2);
        self.close(1);
    }
}

/// Whether buf lets a standard option stand on a field.
fn allowed((name, value): &Setting, field: &Field, label: &str) -> bool {
    let scalar = match field.kind {
        Kind::Scalar(scalar) => Some(scalar),
        _ => None,
    };
    match *name {
        "jstype" => scalar.is_some_and(is_long),
        "packed" => value == "false" || (label == "repeated" && packable(&field.kind)),
        "lazy" | "unverified_lazy" => value == "false" || matches!(field.kind, Kind::Message(_)),
        _ => true,
    }
}

fn packable(kind: &Kind) -> bool {
    match kind {
        Kind::Scalar(scalar) => ![STRING, BYTES].contains(scalar),
        Kind::Enum(_) => true,
        _ => false,
    }
}
