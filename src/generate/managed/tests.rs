//! Tests of managed mode with generated files.

use prost::Message;

use super::*;
use crate::config::Template;
use crate::schema::descriptor::{
    DescriptorProto, Edition, FieldDescriptorProto, FieldOptions, FieldType, FileOptions, Location,
    SourceCodeInfo,
};

/// Returns a file without content.
fn file(path: &str, package: &str) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(path.to_owned()),
        package: (!package.is_empty()).then(|| package.to_owned()),
        ..FileDescriptorProto::default()
    }
}

/// Returns `managed` of `version: v2`, enabled, with `rules`.
fn managed(rules: &str) -> Managed {
    let text = format!("version: v2\nmanaged:\n  enabled: true\n{rules}");
    Template::decode(text.as_bytes(), "buf.gen.yaml").expect("it is well formed").managed
}

/// Returns a rule that sets a file option.
fn sets(option: &str, value: &str) -> String {
    format!("    - {{file_option: {option}, value: {value}}}\n")
}

fn apply_to(file: FileDescriptorProto, managed: &Managed) -> FileDescriptorProto {
    let mut file = Arc::new(file);
    apply(&mut file, Some("buf.test/own/er"), managed);
    Arc::unwrap_or_clone(file)
}

fn options(file: &FileDescriptorProto) -> FileOptions {
    FileOptions::decode(file.options()).expect("they are options")
}

/// Returns the options of a file at `path` in `package`, with nothing but `enabled: true`.
fn defaults(path: &str, package: &str) -> FileOptions {
    options(&apply_to(file(path, package), &managed("")))
}

#[test]
fn every_option_is_made_of_path_and_package() {
    let applied = defaults("acme/list/v1beta1/my_file.v2.proto", "acme.list.v1beta1");
    let expected = FileOptions {
        java_package: Some("com.acme.list.v1beta1".to_owned()),
        java_outer_classname: Some("MyFileV2Proto".to_owned()),
        java_multiple_files: Some(true),
        objc_class_prefix: Some("ALX".to_owned()),
        csharp_namespace: Some("Acme.List.V1beta1".to_owned()),
        php_namespace: Some("Acme\\List_\\V1beta1".to_owned()),
        php_metadata_namespace: Some("Acme\\List_\\V1beta1\\GPBMetadata".to_owned()),
        ruby_package: Some("Acme::List::V1beta1".to_owned()),
        ..FileOptions::default()
    };
    assert_eq!(applied, expected);
    let without = defaults("a.proto", "");
    assert_eq!(without.java_outer_classname(), "AProto");
    assert_eq!((without.java_package, without.objc_class_prefix), (None, None));
}

#[test]
fn prefixes_of_objective_c() {
    for (package, prefix) in [
        ("v1", "VXX"),
        ("a.v1", "AXX"),
        ("a.foo_bar.v1beta1", "AFX"),
        ("google.publish.bar", "GPX"),
        ("google.publish.bar.v1", "GPX"),
        ("list.class.parent.x.internal", "LCPXI"),
        ("a.v0", "AVX"),
    ] {
        assert_eq!(defaults("a.proto", package).objc_class_prefix(), prefix, "{package}");
    }
}

#[test]
fn packages_of_go() {
    for (prefix, path, package, expected) in [
        ("x.test/gen", "a/b/v1/c.proto", "a.foo_bar.v1beta1", "x.test/gen/a/b/v1;foo_barv1beta1"),
        ("x.test/gen/", "c.proto", "a.b", "x.test/gen"),
        ("x.test/./gen/../y", "a/c.proto", "v1", "x.test/y/a"),
        ("../..", "a/c.proto", "a.v2", "../../a;av2"),
        ("/", "a/c.proto", "", "/a"),
        ("..", "../c.proto", "", "../.."),
    ] {
        let rules = format!("  override:\n{}", sets("go_package_prefix", prefix));
        let applied = options(&apply_to(file(path, package), &managed(&rules)));
        assert_eq!(applied.go_package(), expected, "{prefix} {path}");
    }
}

#[test]
fn the_last_rule_holds_and_a_value_and_a_prefix_exclude_each_other() {
    let java = |rules: &[(&str, &str)], disable: &str| {
        let rules: String = rules.iter().map(|(option, value)| sets(option, value)).collect();
        let rules = if rules.is_empty() { rules } else { format!("  override:\n{rules}") };
        options(&apply_to(file("a.proto", "a.b"), &managed(&format!("{disable}{rules}"))))
            .java_package
    };
    let (value, prefix, suffix) = ("java_package", "java_package_prefix", "java_package_suffix");
    let no_prefix = "  disable: [{file_option: java_package_prefix}]\n";
    for (rules, disable, expected) in [
        (&[][..], "", Some("com.a.b")),
        (&[(value, "val"), (suffix, "suf")], "", Some("a.b.suf")),
        (&[(suffix, "suf")], "", Some("com.a.b.suf")),
        (&[(suffix, "suf"), (prefix, "org")], "", Some("org.a.b.suf")),
        (&[(prefix, "org"), (value, "val")], "", Some("val")),
        (&[(prefix, "''")], "", None),
        (&[(value, "''")], "", None),
        (&[(prefix, "org")], no_prefix, None),
        (&[(prefix, "org"), (suffix, "suf")], no_prefix, Some("a.b.suf")),
        (&[(value, "val")], "  disable: [{file_option: java_package}]\n", None),
    ] {
        assert_eq!(java(rules, disable).as_deref(), expected, "{rules:?} {disable}");
    }
}

#[test]
fn flags_are_set_where_they_differ_and_where_the_edition_has_them() {
    let with = |edition: Option<Edition>| {
        let written = FileOptions {
            cc_enable_arenas: Some(false),
            java_string_check_utf8: Some(true),
            optimize_for: Some(2),
            ..FileOptions::default()
        };
        let mut file = file("a.proto", "a");
        file.options = Some(written.encode_to_vec());
        file.edition = edition.map(i32::from);
        options(&apply_to(file, &managed("")))
    };
    let applied = with(Some(Edition::E2023));
    assert_eq!((applied.cc_enable_arenas, applied.java_multiple_files), (Some(true), Some(true)));
    assert_eq!((applied.java_string_check_utf8, applied.optimize_for), (Some(false), Some(1)));
    let applied = with(Some(Edition::E2024));
    assert_eq!((applied.cc_enable_arenas, applied.java_multiple_files), (Some(true), None));
    assert_eq!(with(Some(Edition::E2026)).cc_enable_arenas, Some(false));
    let applied = options(&apply_to(
        file("a.proto", ""),
        &managed("  override: [{file_option: optimize_for, value: SPEED}]\n"),
    ));
    assert_eq!((applied.optimize_for, applied.cc_enable_arenas), (None, None));
}

#[test]
fn scopes_are_files_folders_and_modules() {
    for (scope, set) in [
        ("path: a/b.proto", true),
        ("path: a", true),
        ("path: a/b", false),
        ("path: .", true),
        ("module: buf.test/own/er", true),
        ("module: buf.test/own/other", false),
        ("path: a, module: buf.test/own/other", false),
    ] {
        let rule = format!("{{file_option: swift_prefix, value: X, {scope}}}");
        let asked = managed(&format!("  override: [{rule}]\n"));
        let applied = options(&apply_to(file("a/b.proto", ""), &asked));
        assert_eq!(applied.swift_prefix.is_some(), set, "{scope}");
    }
    let anywhere =
        managed("  override: [{file_option: swift_prefix, value: X, module: b.t/o/r}]\n");
    let mut nowhere = Arc::new(file("a.proto", ""));
    apply(&mut nowhere, None, &anywhere);
    assert_eq!(options(&nowhere).swift_prefix, None);
}

#[test]
fn what_is_not_known_survives_to_the_byte() {
    // Option 50000 with "é", option 12 with a number, then malformed bytes.
    let before = [0x82, 0xb5, 0x18, 2, 0xc3, 0xa9];
    let mut file = file("a.proto", "a");
    file.options = Some([&before[..], &[0x60, 5], &[0xff]].concat());
    let rules = "  disable: [{file_option: java_package}]\n  override: [{file_option: \
                 java_outer_classname, value: X}, {file_option: java_multiple_files, value: false}]\n";
    let others = "objc_class_prefix csharp_namespace php_namespace php_metadata_namespace \
                  ruby_package";
    let others = others.split_whitespace().map(|option| format!("{{file_option: {option}}}"));
    let others = others.collect::<Vec<_>>().join(", ");
    let rules = rules.replace("java_package}", &format!("java_package}}, {others}"));
    let applied = apply_to(file, &managed(&rules));
    assert_eq!(applied.options(), [&[0x42, 1, b'X'], &before[..], &[0x60, 5], &[0xff]].concat());
}

#[test]
fn well_known_types_and_files_with_nothing_to_change_are_not_touched() {
    let asked = managed("  override: [{file_option: swift_prefix, value: X}]\n");
    let any = Arc::new(well_known::file("google/protobuf/any.proto").expect("it is there").clone());
    let mut after = Arc::clone(&any);
    apply(&mut after, None, &asked);
    assert!(Arc::ptr_eq(&any, &after));

    let mut after = Arc::new(file("a.proto", "a"));
    let before = Arc::clone(&after);
    apply(&mut after, None, &managed("  disable: [{path: .}]\n"));
    assert!(Arc::ptr_eq(&before, &after));
}

/// Returns a message `a.M` with the fields `one` and `two` (int64) and `three` (string), in `M.N`
/// the extension `four` (fixed64).
fn with_fields() -> FileDescriptorProto {
    let field = |name: &str, kind: FieldType| FieldDescriptorProto {
        name: Some(name.to_owned()),
        r#type: Some(kind.into()),
        ..FieldDescriptorProto::default()
    };
    let inner = DescriptorProto {
        name: Some("N".to_owned()),
        extension: vec![field("four", FieldType::Fixed64)],
        ..DescriptorProto::default()
    };
    let int64 = FieldType::Int64;
    let message = DescriptorProto {
        name: Some("M".to_owned()),
        field: vec![field("one", int64), field("two", int64), field("three", FieldType::String)],
        nested_type: vec![inner],
        ..DescriptorProto::default()
    };
    FileDescriptorProto { message_type: vec![message], ..file("a.proto", "a") }
}

/// Returns the `jstype` of the four fields.
fn jstypes(rules: &str) -> [Option<i32>; 4] {
    let applied = apply_to(with_fields(), &managed(rules));
    let message = &applied.message_type[0];
    let fields = message.field.iter().chain(&message.nested_type[0].extension);
    let types =
        fields.map(|field| FieldOptions::decode(field.options()).expect("they are options").jstype);
    types.collect::<Vec<_>>().try_into().expect("there are four")
}

#[test]
fn jstype_is_set_on_fields_that_allow_it() {
    let all = "  override: [{field_option: jstype, value: JS_STRING}]\n";
    assert_eq!(jstypes(""), [None; 4]);
    assert_eq!(jstypes(all), [Some(1), Some(1), None, Some(1)]);
    let two = "  override: [{field_option: jstype, value: JS_STRING}, \
               {field_option: JSTYPE, value: JS_NUMBER, field: a.M.two}]\n";
    assert_eq!(jstypes(two), [Some(1), Some(2), None, Some(1)]);
    for (disable, expected) in [
        ("{field: a.M.two}", [Some(1), None, None, Some(1)]),
        ("{field: a.M.N.four, field_option: jstype}", [Some(1), Some(1), None, None]),
        ("{field_option: jstype}", [None; 4]),
        ("{path: a.proto}", [None; 4]),
        ("{file_option: java_package}", [Some(1), Some(1), None, Some(1)]),
    ] {
        assert_eq!(jstypes(&format!("  disable: [{disable}]\n{all}")), expected, "{disable}");
    }
}

#[test]
fn a_field_that_is_disabled_without_an_option_disables_all_options_of_files() {
    let applied = apply_to(with_fields(), &managed("  disable: [{field: a.M.two}]\n"));
    assert_eq!(applied.options, None);
    let rules = managed("  disable: [{field: a.M.two, field_option: jstype}]\n");
    assert!(apply_to(with_fields(), &rules).options.is_some());
}

#[test]
fn locations_of_set_options_are_removed() {
    let paths: &[&[i32]] = &[
        &[],
        &[12],
        // As compilers write them, and sorted by path.
        &[8],
        &[8, 1],
        &[8],
        &[8],
        &[8, 11],
        &[8, 45],
        &[4, 0],
        // An option stays.
        &[4, 0, 2, 0],
        &[4, 0, 2, 0, 8],
        &[4, 0, 2, 0, 8, 6],
        &[4, 0, 2, 0, 8, 50_000],
        // No option stays.
        &[4, 0, 2, 1, 8],
        &[4, 0, 2, 1, 8, 6],
        // Brackets with only a default: there was no option before, either.
        &[4, 0, 2, 2, 8],
        &[4, 0, 2, 2, 7],
        // The options of neither a field nor a file.
        &[4, 0, 3, 0, 7],
    ];
    let lines = [0, 0, 1, 1, 2, 3, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4];
    let location = |(path, line): (&&[i32], i32)| Location {
        path: path.to_vec(),
        span: vec![line, 0, 9],
        ..Location::default()
    };
    let info = SourceCodeInfo { location: paths.iter().zip(lines).map(location).collect() };
    let gone = [&[8, 1][..], &[8, 45], &[4, 0, 2, 0, 8, 6], &[4, 0, 2, 1, 8, 6]];
    let gone: Paths = gone.into_iter().map(<[i32]>::to_vec).collect();
    let left = location_removal::without(&info.encode_to_vec(), &gone);
    let left = SourceCodeInfo::decode(&left[..]).expect("it is source code info");
    let left: Vec<Vec<i32>> = left.location.into_iter().map(|location| location.path).collect();
    let expected = [0, 1, 4, 6, 8, 9, 10, 12, 16, 17].map(|index| paths[index].to_vec());
    assert_eq!(left, expected);
}
