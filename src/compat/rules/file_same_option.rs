//! File options that affect generated code.

use super::{Check, CompatRule, File, Findings, Pair, Rule, on, tag};
use crate::schema::descriptor::{FileOptions, OptimizeMode};

/// Declares the rule of one option: its id, field number and name, its accessor, its effect, and
/// the code that depends on it.
macro_rules! same {
    ($id:literal, $number:ident, $option:literal, $read:expr, $decides:literal, $why:literal) => {
        CompatRule {
            rule: Rule {
                id: $id,
                purpose: concat!("A file keeps its option `", $option, "`."),
                docs: concat!(
                    "## What it checks\n\nThe option `", $option, "` of a file, which decides ",
                    $decides, ", stays the same. Leaving it unset is the same as setting the \
                     default.\n\n",
                    "## Why\n\n", $why, "\n\n",
                    "## Instead\n\nKeep the option. If no code in that language uses the schema, \
                     list this rule under `except` in the configuration.\n",
                ),
                v1beta1: on(&["FILE", "PACKAGE"]),
                v1: on(&["FILE", "PACKAGE"]),
                v2: on(&["FILE", "PACKAGE"]),
                ..Rule::PLAIN
            },
            check: Check::File(|pair, findings| {
                check(pair, findings, Opt { name: $option, number: tag::file_options::$number }, $read);
            }),
        }
    };
}

pub(super) const RULES: &[CompatRule] = &[
    same!(
        "FILE_SAME_CC_ENABLE_ARENAS", CC_ENABLE_ARENAS, "cc_enable_arenas", |o| flag(o.cc_enable_arenas, true),
        "whether C++ messages can be allocated on an arena",
        "C++ code that allocates the messages on an arena no longer compiles, or no longer \
         benefits from it."
    ),
    same!(
        "FILE_SAME_CC_GENERIC_SERVICES", CC_GENERIC_SERVICES, "cc_generic_services",
        |o| flag(o.cc_generic_services, false),
        "whether C++ gets abstract service classes without gRPC",
        "The classes that C++ code derives from appear or disappear."
    ),
    same!(
        "FILE_SAME_CSHARP_NAMESPACE", CSHARP_NAMESPACE, "csharp_namespace", |o| text(&o.csharp_namespace),
        "the C# namespace of the generated types",
        "C# code refers to the types by the old namespace and no longer compiles."
    ),
    same!(
        "FILE_SAME_GO_PACKAGE", GO_PACKAGE, "go_package", |o| text(&o.go_package),
        "the Go import path and the name of the generated package",
        "Go code that imports the old path no longer builds. If a program links the packages of \
         both paths, the same types are registered twice and the program panics."
    ),
    same!(
        "FILE_SAME_JAVA_GENERIC_SERVICES", JAVA_GENERIC_SERVICES, "java_generic_services",
        |o| flag(o.java_generic_services, false),
        "whether Java gets abstract service classes without gRPC",
        "The classes that Java code extends appear or disappear."
    ),
    same!(
        "FILE_SAME_JAVA_MULTIPLE_FILES", JAVA_MULTIPLE_FILES, "java_multiple_files",
        |o| flag(o.java_multiple_files, false),
        "whether Java types are top-level classes or nested in one outer class",
        "The qualified name of every type changes: Java code that imports it no longer compiles."
    ),
    same!(
        "FILE_SAME_JAVA_OUTER_CLASSNAME", JAVA_OUTER_CLASSNAME, "java_outer_classname",
        |o| text(&o.java_outer_classname),
        "the name of the Java outer class",
        "Java code that imports the outer class no longer compiles."
    ),
    same!(
        "FILE_SAME_JAVA_PACKAGE", JAVA_PACKAGE, "java_package", |o| text(&o.java_package),
        "the Java package of the generated classes",
        "Java code imports the classes from the old package and no longer compiles."
    ),
    same!(
        "FILE_SAME_OBJC_CLASS_PREFIX", OBJC_CLASS_PREFIX, "objc_class_prefix", |o| text(&o.objc_class_prefix),
        "the prefix of Objective-C class names",
        "The name of every class changes: Objective-C code that uses it no longer compiles."
    ),
    same!(
        "FILE_SAME_OPTIMIZE_FOR", OPTIMIZE_FOR, "optimize_for", optimize_for,
        "whether generated code is optimized for speed, for code size, or for the lite runtime",
        "`LITE_RUNTIME` removes descriptors and reflection from messages and changes their base \
         class: code that uses either, and non-lite files that import this one, no longer \
         compile."
    ),
    same!(
        "FILE_SAME_PHP_CLASS_PREFIX", PHP_CLASS_PREFIX, "php_class_prefix", |o| text(&o.php_class_prefix),
        "the prefix of PHP class names",
        "The name of every class changes: PHP code that uses it fails at runtime."
    ),
    same!(
        "FILE_SAME_PHP_METADATA_NAMESPACE", PHP_METADATA_NAMESPACE, "php_metadata_namespace",
        |o| text(&o.php_metadata_namespace),
        "the PHP namespace of the class that holds the file's descriptor",
        "Generated PHP code of other files loads the descriptor by this name and fails at runtime."
    ),
    same!(
        "FILE_SAME_PHP_NAMESPACE", PHP_NAMESPACE, "php_namespace", |o| text(&o.php_namespace),
        "the PHP namespace of the generated classes",
        "PHP code refers to the classes by the old namespace and fails at runtime."
    ),
    same!(
        "FILE_SAME_PY_GENERIC_SERVICES", PY_GENERIC_SERVICES, "py_generic_services",
        |o| flag(o.py_generic_services, false),
        "whether Python gets abstract service classes without gRPC",
        "The classes that Python code derives from appear or disappear: code that uses them \
         fails at runtime."
    ),
    same!(
        "FILE_SAME_RUBY_PACKAGE", RUBY_PACKAGE, "ruby_package", |o| text(&o.ruby_package),
        "the Ruby module of the generated classes",
        "Ruby code refers to the classes by the old module and fails at runtime."
    ),
    same!(
        "FILE_SAME_SWIFT_PREFIX", SWIFT_PREFIX, "swift_prefix", |o| text(&o.swift_prefix),
        "the prefix of Swift type names",
        "The name of every type changes: Swift code that uses it no longer compiles."
    ),
];

/// An option of `FileOptions`.
struct Opt {
    name: &'static str,
    number: i32,
}

/// The value of an option, and whether it is set explicitly.
struct Value {
    word: String,
    written: bool,
}

fn check(
    pair: Pair<File<'_>>,
    findings: &mut Findings<'_>,
    option: Opt,
    read: impl Fn(&FileOptions) -> Value,
) {
    if !pair.map(|file| &file.proto().options).differs() {
        return;
    }
    let Pair { old, new } = pair.map(|file| read(&file.options()));
    if old.word != new.word {
        let draft = findings.on(pair).part(&[tag::file::OPTIONS, option.number]);
        let draft = if old.written { draft } else { draft.without_old() };
        let (name, old, new) = (option.name, old.word, new.word);
        draft.report(
            format_args!("{old} to {new}"),
            format_args!("changed `{name}` from {old} to {new}."),
            format!("set `option {name}` back to {old}"),
        );
    }
}

fn text(value: &Option<String>) -> Value {
    Value { word: format!("{:?}", value.as_deref().unwrap_or_default()), written: value.is_some() }
}

fn flag(value: Option<bool>, default: bool) -> Value {
    Value { word: value.unwrap_or(default).to_string(), written: value.is_some() }
}

fn optimize_for(options: &FileOptions) -> Value {
    let mode = options.optimize_for.and_then(|mode| OptimizeMode::try_from(mode).ok());
    let word = match mode {
        Some(OptimizeMode::CodeSize) => "CODE_SIZE",
        Some(OptimizeMode::LiteRuntime) => "LITE_RUNTIME",
        Some(OptimizeMode::Speed) | None => "SPEED",
    };
    Value { word: word.to_owned(), written: mode.is_some() }
}
