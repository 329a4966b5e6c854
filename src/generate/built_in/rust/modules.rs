//! The modules of the generated code: one for each package, nested like the packages, and inside
//! them one for the nested types of each message.

use std::collections::{BTreeMap, BTreeSet};

use prost_build::Module;

/// Returns the name of the file of a module.
pub(super) fn file_name(module: &Module) -> String {
    // Keywords need no escape in a file name.
    module.to_file_name_or("_").replace("r#", "")
}

/// Returns the text of a file that includes the files of `modules`, for the path `name`.
pub(super) fn tree(name: &str, modules: &BTreeSet<Module>) -> String {
    let to_root = "../".repeat(name.matches('/').count());
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    for module in modules {
        let parts: Vec<&str> = module.parts().collect();
        while !parts.starts_with(&open) {
            open.pop();
            text.push_str(&format!("{}}}\n", indent(open.len())));
        }
        for part in &parts[open.len()..] {
            let space = indent(open.len());
            open.push(part);
            let package = open.join(".").replace("r#", "");
            text.push_str(&format!("{space}/// Package `{package}`.\n{space}pub mod {part} {{\n"));
        }
        let (space, file) = (indent(open.len()), file_name(module));
        text.push_str(&format!("{space}include!(\"{to_root}{file}\");\n"));
    }
    (0..open.len()).rev().for_each(|depth| text.push_str(&format!("{}}}\n", indent(depth))));
    text
}

fn indent(depth: usize) -> String {
    "    ".repeat(depth)
}

/// Moves nested types whose module is also that of a package to the code of this package: a module
/// can be declared only once. Paths are the same in both places.
pub(super) fn merge(generated: &mut BTreeMap<Module, String>) -> Result<(), String> {
    let packages: BTreeSet<Module> = generated.keys().flat_map(within).collect();
    for package in packages {
        let parts: Vec<&str> = package.parts().collect();
        let Some((name, around)) = parts.split_last() else { continue };
        let Some(text) = generated.get_mut(&Module::from_parts(around.iter().copied())) else {
            continue;
        };
        let Some(moved) = take_module(text, name)? else { continue };
        let head = first_comment(text).to_owned();
        generated.entry(package).or_insert(head).push_str(&moved);
    }
    Ok(())
}

/// Returns `module` and the modules around it, but the root.
fn within(module: &Module) -> impl Iterator<Item = Module> {
    let parts: Vec<String> = module.parts().map(str::to_owned).collect();
    (1..=parts.len()).map(move |length| Module::from_parts(&parts[..length]))
}

/// Removes the module called `name` from `text`, and returns its items.
fn take_module(text: &mut String, name: &str) -> Result<Option<String>, String> {
    if !text.contains(&format!("pub mod {name} {{")) {
        return Ok(None);
    }
    let mut file = syn::parse_file(text).map_err(|error| error.to_string())?;
    let is_it = |item: &syn::Item| matches!(item, syn::Item::Mod(module) if module.ident == name);
    let Some(index) = file.items.iter().position(is_it) else { return Ok(None) };
    let syn::Item::Mod(module) = file.items.remove(index) else { return Ok(None) };
    *text = [first_comment(text), &prettyplease::unparse(&file)].concat();
    file.items = module.content.map(|(_, items)| items).unwrap_or_default();
    Ok(Some(prettyplease::unparse(&file)))
}

/// Returns the first line of `text` if it is a comment, which the parser drops.
pub(super) fn first_comment(text: &str) -> &str {
    text.split_inclusive('\n').next().filter(|line| line.starts_with("//")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(names: &[&str]) -> BTreeSet<Module> {
        names.iter().map(|name| Module::from_protobuf_package_name(name)).collect()
    }

    #[test]
    fn the_tree_has_the_modules_of_the_packages() {
        let text = tree("mod.rs", &modules(&["", "b.type.v1", "a", "b", "b.type", "aa.c"]));
        let code: Vec<&str> = text.lines().filter(|line| !line.contains("///")).collect();
        let expected = "include!(\"_.rs\");
pub mod a {
    include!(\"a.rs\");
}
pub mod aa {
    pub mod c {
        include!(\"aa.c.rs\");
    }
}
pub mod b {
    include!(\"b.rs\");
    pub mod r#type {
        include!(\"b.type.rs\");
        pub mod v1 {
            include!(\"b.type.v1.rs\");
        }
    }
}";
        assert_eq!(code.join("\n"), expected);
        assert!(text.contains("    /// Package `b.type`.\n    pub mod r#type {"), "{text}");
        assert!(tree("x/mod.rs", &modules(&["a"])).contains("include!(\"../a.rs\");"));
    }

    #[test]
    fn nested_types_go_to_the_package_of_their_module() {
        let module = Module::from_protobuf_package_name;
        let mut generated = BTreeMap::from([
            (
                module("a"),
                "// x\nstruct B; pub mod b { struct C; pub mod c { struct D; } }".to_owned(),
            ),
            (module("a.b.c"), "struct E;\n".to_owned()),
        ]);
        merge(&mut generated).expect("it is Rust");
        let text = |name| generated[&module(name)].replace('\n', " ");
        assert_eq!((&*text("a"), &*text("a.b")), ("// x struct B; ", "// x struct C; "));
        assert_eq!(text("a.b.c"), "struct E; struct D; ");
    }
}
