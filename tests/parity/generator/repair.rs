//! Makes a tree compile again after steps that looked neither left nor right: what points to
//! nothing goes, what collides is renamed or renumbered, what the syntax forbids becomes what it
//! allows. A tree that compiles stays as it is.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::parity::generator::model::{
    Enum, Extendee, Field, Home, Id, Kind, Label, MAP_KEYS, Message, Reserved, Tree,
};

/// Mends everything.
pub(crate) fn mend(tree: &mut Tree) {
    files(tree);
    homes(tree);
    groups(tree);
    enums(tree);
    kinds(tree);
    symbols(tree);
    messages(tree);
    extensions(tree);
    services(tree);
    for message in &mut tree.messages {
        json_names(message);
    }
}

/// Two files need two paths.
fn files(tree: &mut Tree) {
    let mut seen = HashSet::new();
    for file in &mut tree.files {
        while !seen.insert(file.path.to_lowercase()) {
            file.path = format!("{}_.proto", file.path.trim_end_matches(".proto"));
        }
    }
    let rank: HashMap<Id, usize> = tree.files.iter().enumerate().map(|(i, f)| (f.id, i)).collect();
    for (own, file) in tree.files.iter_mut().enumerate() {
        let mut once = HashSet::new();
        file.imports.retain(|(id, _)| rank.get(id).is_some_and(|&i| i < own) && once.insert(*id));
    }
}

/// What stands nowhere, in itself, or too deep, goes to a file or away.
fn homes(tree: &mut Tree) {
    const DEEPEST: usize = 8;
    while let Some(lost) = tree.messages.iter().position(|m| tree.file_of(m.home).is_none()) {
        let message = &tree.messages[lost];
        match (message.home, tree.files.first()) {
            // Only a circle of messages is worth saving: what was in a deleted one goes with it.
            (Home::Message(id), Some(file))
                if tree.message(id).is_some() && inside_itself(tree, message) =>
            {
                tree.messages[lost].home = Home::File(file.id);
            }
            _ => drop(tree.messages.remove(lost)),
        }
    }
    while let Some(deep) = tree.messages.iter().position(|m| tree.depth(m.home) > DEEPEST) {
        let file = tree.file_of(tree.messages[deep].home).expect("every message has a file by now");
        tree.messages[deep].home = Home::File(file);
    }
    let lost = |tree: &Tree, home| tree.file_of(home).is_none();
    let gone: Vec<Id> = tree.enums.iter().filter(|e| lost(tree, e.home)).map(|e| e.id).collect();
    tree.enums.retain(|e| !gone.contains(&e.id));
    let gone: Vec<Id> =
        tree.extensions.iter().filter(|e| lost(tree, e.home)).map(|e| e.field.id).collect();
    tree.extensions.retain(|e| !gone.contains(&e.field.id));
    let known: Vec<Id> = tree.files.iter().map(|f| f.id).collect();
    tree.services.retain(|s| known.contains(&s.file));
}

fn inside_itself(tree: &Tree, message: &Message) -> bool {
    let mut home = message.home;
    for _ in 0..tree.messages.len() {
        match home {
            Home::Message(id) if id == message.id => return true,
            Home::Message(id) => match tree.message(id) {
                Some(outer) => home = outer.home,
                None => return false,
            },
            Home::File(_) => return false,
        }
    }
    false
}

/// A group has one body, which stands where its field does, in a proto2 file; the body of a group
/// that is gone is a message like any other.
fn groups(tree: &mut Tree) {
    let mut owned = HashSet::new();
    for m in 0..tree.messages.len() {
        let home = Home::Message(tree.messages[m].id);
        let proto3 = tree.is_proto3(home);
        for f in 0..tree.messages[m].fields.len() {
            let Kind::Group(body) = tree.messages[m].fields[f].kind else { continue };
            let in_place = tree.message(body).is_some_and(|b| b.home == home);
            if proto3 || !in_place || !owned.insert(body) {
                let plain = if tree.message(body).is_some() {
                    Kind::Message(body)
                } else {
                    Kind::Scalar(0)
                };
                tree.messages[m].fields[f].kind = plain;
            }
        }
    }
}

/// Fields name types that exist, that their file may import, and that their syntax may use.
fn kinds(tree: &mut Tree) {
    for m in 0..tree.messages.len() {
        let home = Home::Message(tree.messages[m].id);
        for f in 0..tree.messages[m].fields.len() {
            let mended = mended_kind(tree, home, &tree.messages[m].fields[f].kind);
            tree.messages[m].fields[f].kind = mended;
        }
    }
    for e in 0..tree.extensions.len() {
        let mended = mended_kind(tree, tree.extensions[e].home, &tree.extensions[e].field.kind);
        let flat =
            if matches!(mended, Kind::Map(..) | Kind::Group(_)) { Kind::Scalar(0) } else { mended };
        tree.extensions[e].field.kind = flat;
    }
}

fn mended_kind(tree: &Tree, home: Home, kind: &Kind) -> Kind {
    let scalar = Kind::Scalar(0);
    match kind {
        Kind::Message(id) => match tree.message(*id) {
            Some(message) if tree.sees(home, message.home) => kind.clone(),
            _ => scalar,
        },
        Kind::Enum(id) => match tree.enumeration(*id) {
            Some(found)
                if tree.sees(home, found.home)
                    && (!tree.is_proto3(home) || tree.is_proto3(found.home)) =>
            {
                kind.clone()
            }
            _ => scalar,
        },
        Kind::Map(key, value) => match mended_kind(tree, home, value) {
            Kind::Map(..) | Kind::Group(_) => Kind::Map(*key, Box::new(scalar)),
            // buf builds such a map and then cannot load what it built.
            Kind::Enum(id) if !begins_with_zero(tree, id) => Kind::Map(*key, Box::new(scalar)),
            // A key type that is no key comes of a step that took any scalar.
            value => Kind::Map(*key % MAP_KEYS, Box::new(value)),
        },
        Kind::Scalar(_) | Kind::Group(_) => kind.clone(),
    }
}

fn begins_with_zero(tree: &Tree, id: Id) -> bool {
    tree.enumeration(id).and_then(|e| e.values.first()).is_some_and(|v| v.number == 0)
}

/// Every name in its scope once. Values of enums stand in the scope around their enum; maps have
/// an entry message; a oneof shares the scope with the fields.
fn symbols(tree: &mut Tree) {
    let mut taken: HashSet<String> = tree.files.iter().flat_map(|f| prefixes(&f.package)).collect();
    let mut claim = |scope: &str, name: &mut String| {
        let wanted = name.clone();
        let mut n = 2;
        while !taken.insert(format!("{scope}.{name}")) {
            *name = format!("{wanted}_{n}");
            n += 1;
        }
    };
    // Outer names are settled before those whose scope they are.
    let mut order: Vec<usize> = (0..tree.messages.len()).collect();
    order.sort_by_key(|&m| tree.depth(tree.messages[m].home));
    for m in order {
        let scope = scope(tree, tree.messages[m].home);
        claim(&scope, &mut tree.messages[m].name);
    }
    for e in 0..tree.enums.len() {
        let scope = scope(tree, tree.enums[e].home);
        claim(&scope, &mut tree.enums[e].name);
        distinct_in_json(&mut tree.enums[e]);
        for value in &mut tree.enums[e].values {
            claim(&scope, &mut value.name);
        }
    }
    for s in 0..tree.services.len() {
        let outer = scope(tree, Home::File(tree.services[s].file));
        claim(&outer, &mut tree.services[s].name);
        let inner = format!("{outer}.{}", tree.services[s].name);
        for method in &mut tree.services[s].methods {
            claim(&inner, &mut method.name);
        }
    }
    for e in 0..tree.extensions.len() {
        let scope = scope(tree, tree.extensions[e].home);
        claim(&scope, &mut tree.extensions[e].field.name);
    }
    for m in 0..tree.messages.len() {
        let scope = scope(tree, Home::Message(tree.messages[m].id));
        member_names(tree, m);
        let message = &mut tree.messages[m];
        for field in &mut message.fields {
            claim(&scope, &mut field.name);
            if matches!(field.kind, Kind::Map(..)) {
                claim_entry(&scope, field, &mut claim);
            }
        }
        for (_, oneof) in &mut message.oneofs {
            claim(&scope, oneof);
        }
    }
}

/// The scope of `home` as [`symbols`] writes it: with a leading dot, empty for no package.
fn scope(tree: &Tree, home: Home) -> String {
    let name = tree.scope(home);
    if name.is_empty() { name } else { format!(".{name}") }
}

/// `.a`, `.a.b` for `a.b`: packages are names, too.
fn prefixes(package: &str) -> Vec<String> {
    let ends = package.match_indices('.').map(|(i, _)| i).chain([package.len()]);
    ends.filter(|&end| end > 0).map(|end| format!(".{}", &package[..end])).collect()
}

/// A map's entry message is called after it; where that name is taken, the map is renamed.
fn claim_entry(scope: &str, field: &mut Field, claim: &mut impl FnMut(&str, &mut String)) {
    let wanted = entry_name(&field.name);
    let mut entry = wanted.clone();
    claim(scope, &mut entry);
    if entry != wanted {
        field.kind = Kind::Scalar(0);
    }
}

fn entry_name(field: &str) -> String {
    let mut name = String::new();
    let mut upper = true;
    for c in field.chars() {
        match c {
            '_' => upper = true,
            _ if upper => {
                name.push(c.to_ascii_uppercase());
                upper = false
            }
            _ => name.push(c),
        }
    }
    name + "Entry"
}

/// A group's field is called after its body; others get names that JSON keeps apart.
fn member_names(tree: &mut Tree, m: usize) {
    let mut seen = HashSet::new();
    for f in 0..tree.messages[m].fields.len() {
        let Kind::Group(body) = tree.messages[m].fields[f].kind else { continue };
        let name = tree.message(body).map(|b| b.name.clone()).unwrap_or_default();
        if name.starts_with(|c: char| c.is_ascii_uppercase()) && seen.insert(plain(&name)) {
            tree.messages[m].fields[f].name = name.to_lowercase();
        } else {
            tree.messages[m].fields[f].kind = Kind::Message(body);
        }
    }
    for field in &mut tree.messages[m].fields {
        if matches!(field.kind, Kind::Group(_)) {
            continue;
        }
        let wanted = field.name.clone();
        let mut n = 2;
        while !seen.insert(plain(&field.name)) {
            field.name = format!("{wanted}{n}");
            n += 1;
        }
    }
}

/// What is left of a name when neither case nor underscores count.
fn plain(name: &str) -> String {
    name.to_lowercase().replace('_', "")
}

/// Values whose names JSON would not keep apart are renamed.
fn distinct_in_json(of: &mut Enum) {
    let prefix = plain(&of.name);
    let short = |name: &str| {
        let name = plain(name);
        match name.strip_prefix(&prefix) {
            Some(rest) if !rest.is_empty() => rest.to_owned(),
            _ => name,
        }
    };
    let mut seen = HashSet::new();
    for value in &mut of.values {
        let wanted = value.name.clone();
        let mut n = 2;
        while !seen.insert(short(&value.name)) {
            value.name = format!("{wanted}X{n}");
            n += 1;
        }
    }
}

/// An enum has a value, a proto3 one begins with zero; what is in use is not reserved.
fn enums(tree: &mut Tree) {
    for e in 0..tree.enums.len() {
        let proto3 = tree.is_proto3(tree.enums[e].home);
        let of = &mut tree.enums[e];
        if of.values.is_empty() {
            let name = format!("{}_NEW", of.name.to_ascii_uppercase());
            of.values.push(crate::parity::generator::model::Value {
                name,
                number: 0,
                options: Vec::new(),
                customs: Vec::new(),
            });
        }
        if proto3 {
            match of.values.iter().position(|v| v.number == 0) {
                Some(zero) => of.values.swap(0, zero),
                None => of.values[0].number = 0,
            }
        }
        let numbers: Vec<i32> = of.values.iter().map(|v| v.number).collect();
        let names: Vec<String> = of.values.iter().map(|v| v.name.clone()).collect();
        reserved(&mut of.reserved, &numbers, &names, &[], i32::MIN, i32::MAX);
    }
}

/// Ranges that are empty, out of bounds, in use, or overlap another go; names likewise.
fn reserved(
    of: &mut Reserved,
    numbers: &[i32],
    names: &[String],
    others: &[(i32, i32)],
    min: i32,
    max: i32,
) {
    let mut kept: Vec<(i32, i32)> = others.to_vec();
    of.ranges.retain(|&(start, end)| {
        let fits = min <= start && start <= end && end <= max;
        let free = !numbers.iter().any(|n| (start..=end).contains(n));
        // buf takes neither end from the numbers that protobuf keeps for itself.
        let ends = [start, end].iter().all(|n| min < 1 || !(19_000..=19_999).contains(n));
        let apart = kept.iter().all(|&(s, e)| end < s || e < start);
        let keep = fits && free && ends && apart;
        if keep {
            kept.push((start, end));
        }
        keep
    });
    let mut seen = BTreeSet::new();
    of.names.retain(|name| !names.contains(name) && seen.insert(name.clone()));
}

/// Numbers are valid and single, oneofs have members that may be in one, ranges do not collide.
fn messages(tree: &mut Tree) {
    for m in 0..tree.messages.len() {
        let proto3 = tree.is_proto3(tree.messages[m].home);
        let message = &mut tree.messages[m];
        let mut seen = HashSet::new();
        for field in &mut message.fields {
            while !valid(field.number) || !seen.insert(field.number) {
                field.number = if valid(field.number) { field.number % 600 + 1 } else { 1 };
            }
            let joined = field.oneof.filter(|id| message.oneofs.iter().any(|(o, _)| o == id));
            field.oneof = joined.filter(|_| !matches!(field.kind, Kind::Map(..)));
        }
        let used: HashSet<Id> = message.fields.iter().filter_map(|f| f.oneof).collect();
        message.oneofs.retain(|(id, _)| used.contains(id));
        let numbers: Vec<i32> = message.fields.iter().map(|f| f.number).collect();
        let names: Vec<String> = message.fields.iter().map(|f| f.name.clone()).collect();
        let mut ranges =
            Reserved { ranges: std::mem::take(&mut message.ranges), names: Vec::new() };
        if !proto3 {
            reserved(&mut ranges, &numbers, &[], &[], 1, 536_870_911);
            message.ranges = ranges.ranges;
        }
        reserved(&mut message.reserved, &numbers, &names, &message.ranges, 1, 536_870_911);
    }
}

fn valid(number: i32) -> bool {
    (1..=536_870_911).contains(&number) && !(19_000..=19_999).contains(&number)
}

/// An extension extends what is there, where its number is set aside and not taken.
fn extensions(tree: &mut Tree) {
    let mut taken = HashSet::new();
    let mut kept = std::mem::take(&mut tree.extensions);
    kept.retain_mut(|extension| {
        extension.field.oneof = None;
        extension.field.json = None;
        if extension.field.label == Label::Required {
            extension.field.label = Label::Optional;
        }
        match extension.of {
            Extendee::Options(_) => {
                extension.field.number =
                    50_000 + i32::try_from(extension.field.id).expect("few ids");
                true
            }
            Extendee::Message(id) => tree.message(id).is_some_and(|message| {
                let number = extension.field.number;
                let inside = message.ranges.iter().any(|r| (r.0..=r.1).contains(&number));
                let allowed =
                    tree.sees(extension.home, message.home) && !tree.is_proto3(extension.home);
                inside && allowed && valid(number) && taken.insert((id, number))
            }),
        }
    });
    tree.extensions = kept;
}

/// Methods take and give messages that their file may import.
fn services(tree: &mut Tree) {
    for s in 0..tree.services.len() {
        let home = Home::File(tree.services[s].file);
        let visible = |id| tree.message(id).is_some_and(|m| tree.sees(home, m.home));
        let keep: Vec<bool> = tree.services[s]
            .methods
            .iter()
            .map(|m| visible(m.input) && visible(m.output))
            .collect();
        let mut keep = keep.into_iter();
        tree.services[s].methods.retain(|_| keep.next().expect("one for each method"));
    }
}

/// A name in JSON that another field has, too, goes.
fn json_names(message: &mut Message) {
    let mut seen: HashSet<String> = message.fields.iter().map(|f| plain(&f.name)).collect();
    for field in &mut message.fields {
        if matches!(field.kind, Kind::Group(_)) {
            field.json = None;
        }
        field.json = field.json.take().filter(|json| seen.insert(plain(json)));
    }
}
