//! Names, folders and packages in odd spellings, for what lint says about them.

use crate::parity::generator::model::{File, Home, Id, Message, Reserved, Tree};
use crate::parity::generator::names::pick;
use crate::parity::generator::token_printer::Rng;

/// Spells a tree oddly, here and there.
pub(crate) fn spell_oddly(tree: &mut Tree, seed: u64) {
    let mut rng = Rng(seed);
    let rng = &mut rng;
    for message in &mut tree.messages {
        odd(&mut message.name, rng);
        message.fields.iter_mut().for_each(|field| odd(&mut field.name, rng));
        message.oneofs.iter_mut().for_each(|(_, name)| odd(name, rng));
    }
    for extension in &mut tree.extensions {
        odd(&mut extension.field.name, rng);
    }
    for of in &mut tree.enums {
        odd(&mut of.name, rng);
        of.values.iter_mut().for_each(|value| odd(&mut value.name, rng));
        if rng.once_in(4) {
            of.values.reverse();
        }
    }
    for service in &mut tree.services {
        odd(&mut service.name, rng);
        service.methods.iter_mut().for_each(|method| odd(&mut method.name, rng));
    }
    add_files(tree, rng);
    let packages = [package(rng), package(rng), package(rng)];
    for file in &mut tree.files {
        lay(file, &packages, rng);
        agree(file, rng);
    }
    name_requests(tree, rng);
    use_empty(tree, rng);
}

/// Replaces a name, once in three times.
fn odd(name: &mut String, rng: &mut Rng) {
    if !rng.once_in(3) {
        return;
    }
    *name = match rng.below(8) {
        0 => name.to_uppercase(),
        1 => format!("{name}_"),
        2 => format!("_{name}"),
        3 => pick(&["descriptor", "Descriptor_", "__DESCRIPTOR"], rng.below(30)).to_owned(),
        _ => word(rng),
    };
}

/// A word of pieces: `HTTPv2_`, `a__B`, `x`.
fn word(rng: &mut Rng) -> String {
    const PIECES: [&str; 22] = [
        "a",
        "b",
        "X",
        "Foo",
        "foo",
        "HTTP",
        "Id",
        "aB",
        "URL",
        "V1",
        "v2",
        "1",
        "2B",
        "3d",
        "_",
        "_",
        "__",
        "Descriptor",
        "descriptor",
        "Service",
        "UNSPECIFIED",
        "API",
    ];
    let count = 1 + rng.below(4);
    let word: String = (0..count).map(|_| pick(&PIECES, rng.below(200))).collect();
    if word.starts_with(|c: char| c.is_ascii_digit()) { format!("n{word}") } else { word }
}

/// Adds files, and imports that nothing needs.
fn add_files(tree: &mut Tree, rng: &mut Rng) {
    while tree.files.len() < 5 && !rng.once_in(3) {
        let id = tree.fresh();
        let (imports, options, customs) = (Vec::new(), Vec::new(), Vec::new());
        let (path, package) = (format!("more{id}.proto"), String::new());
        let proto3 = rng.once_in(2);
        tree.files.push(File { id, path, proto3, package, imports, options, customs });
    }
    for n in 1..tree.files.len() {
        let earlier = tree.files[usize::from(rng.below(100)) % n].id;
        if rng.once_in(2) {
            let modifier = pick(&["", "", "public", "weak"], rng.below(100));
            tree.files[n].imports.push((earlier, modifier));
        }
    }
}

fn package(rng: &mut Rng) -> &'static str {
    const PACKAGES: [&str; 26] = [
        "a.v1",
        "a.v1",
        "a.v1",
        "b.v1",
        "b.v1",
        "b.v1beta1",
        "a.v1alpha",
        "a.v1p1beta2",
        "a.v0",
        "a.V1",
        "v1",
        "a",
        "b",
        "",
        "",
        "a.v1.b",
        "fooBar.v1",
        "a.__b",
        "a.b_.v2",
        "a.v1test",
        "a.v1testing_x",
        "a.v01",
        "a.v1p1",
        "A.v1",
        "a.v1beta0",
        "a.v99999999999",
    ];
    pick(&PACKAGES, rng.below(1000))
}

/// Gives a file one of `packages`, and an odd path.
fn lay(file: &mut File, packages: &[&str], rng: &mut Rng) {
    const STEMS: [&str; 18] = [
        "a", "b", "Foo", "fooBar", "foo_bar", "foo-bar", "foo.bar", "foo.v1", "a__b", "_a", "a_",
        "x1", "1x", "ünï", "FOO", "a b", "Ünï", "fooV1",
    ];
    if !rng.once_in(3) {
        file.package = pick(packages, rng.below(30)).to_owned();
    }
    if rng.once_in(2) {
        let folder = match rng.below(4) {
            0 => String::new(),
            1 => pick(&["a/", "a/v1/", "b/", "A/V1/"], rng.below(100)).to_owned(),
            _ if file.package.is_empty() => String::new(),
            _ => format!("{}/", file.package.replace('.', "/")),
        };
        file.path = format!("{folder}{}.proto", pick(&STEMS, rng.below(1000)));
    }
}

/// Sets options on which the files of a package have to agree.
fn agree(file: &mut File, rng: &mut Rng) {
    const TEXTS: [&str; 6] = [
        "csharp_namespace",
        "go_package",
        "java_package",
        "php_namespace",
        "ruby_package",
        "swift_prefix",
    ];
    if rng.once_in(3) {
        file.options.retain(|(set, _)| *set != "java_multiple_files");
        file.options.push(("java_multiple_files", rng.once_in(3).to_string()));
    }
    for name in TEXTS {
        if rng.once_in(4) {
            file.options.retain(|(set, _)| *set != name);
            file.options
                .push((name, pick(&["\"A\"", "\"A\"", "\"b\"", "\"\""], rng.below(8)).to_owned()));
        }
    }
}

/// Names some requests and responses after their RPCs, rightly or nearly.
fn name_requests(tree: &mut Tree, rng: &mut Rng) {
    for service in &tree.services {
        for method in &service.methods {
            let id = if rng.once_in(2) { method.input } else { method.output };
            let Some(message) = tree.messages.iter_mut().find(|m| m.id == id) else { continue };
            let role = if rng.once_in(3) { "Response" } else { "Request" };
            match rng.below(4) {
                0 => message.name = format!("{}{role}", method.name),
                1 => message.name = format!("{}{}{role}", service.name, method.name),
                _ => {}
            }
        }
    }
}

/// The path of the file that has `google.protobuf.Empty`.
pub(crate) const EMPTY: &str = "google/protobuf/empty.proto";

/// Gives some methods `google.protobuf.Empty`. Its file is part of the tree as long as that is
/// mended and printed, so that it is imported where it is used.
fn use_empty(tree: &mut Tree, rng: &mut Rng) {
    let (file, message) = (tree.fresh(), tree.fresh());
    let mut used = false;
    let methods = tree.services.iter_mut().flat_map(|service| &mut service.methods);
    for method in methods {
        for id in [&mut method.input, &mut method.output] {
            if rng.once_in(5) {
                *id = message;
                used = true;
            }
        }
    }
    if used {
        add_empty(tree, file, message);
    }
}

fn add_empty(tree: &mut Tree, file: Id, message: Id) {
    let (path, package) = (EMPTY.to_owned(), "google.protobuf".to_owned());
    let (imports, options, customs) = (Vec::new(), Vec::new(), Vec::new());
    tree.files.insert(0, File { id: file, path, proto3: true, package, imports, options, customs });
    tree.messages.push(Message {
        id: message,
        home: Home::File(file),
        name: "Empty".to_owned(),
        fields: Vec::new(),
        oneofs: Vec::new(),
        reserved: Reserved::default(),
        ranges: Vec::new(),
        options: Vec::new(),
        customs: Vec::new(),
    });
}
