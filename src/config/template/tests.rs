//! Tests of templates of every version, valid and invalid.

use super::*;

fn decoded(text: &str) -> Result<Template> {
    Template::decode(text.as_bytes(), "buf.gen.yaml")
}

fn refusal(text: &str) -> String {
    decoded(text).expect_err("it is refused").to_string()
}

#[test]
fn plugins_of_every_version_become_one_form() {
    let v2 = decoded(
        "version: v2\nclean: true\nplugins:\n  - local: [protoc-gen-x, --fast]\n    out: gen/x\n    \
         opt: [a=b, c]\n    strategy: all\n    include_imports: true\n    types: [a.B]\n  \
         - protoc_builtin: python\n    protoc_path: [python3, -m, grpc_tools.protoc]\n    out: gen\n",
    )
    .expect("it is well formed");
    assert!(v2.clean);
    let [x, python] = &*v2.plugins else { panic!("{v2:?}") };
    assert_eq!(x.name, "protoc-gen-x --fast");
    assert_eq!(x.program, Program::Local(vec!["protoc-gen-x".into(), "--fast".into()]));
    assert_eq!((x.parameter.as_deref(), x.strategy), (Some("a=b,c"), Strategy::All));
    assert!(x.include_imports && !x.include_wkt);
    assert_eq!(x.types, ["a.B"]);
    let protoc = ["python3", "-m", "grpc_tools.protoc"].map(str::to_owned).to_vec();
    assert_eq!(python.program, Program::Named { name: "python".into(), protoc });
    assert_eq!((python.parameter.as_deref(), python.strategy), (None, Strategy::Directory));

    let v1 = decoded(
        "version: v1\nplugins:\n  - plugin: go\n    out: gen\n    opt: paths=source_relative\n  \
         - name: x\n    path: [bin/x, -v]\n    out: gen\ntypes:\n  include: [a.v1]\n",
    )
    .expect("it is well formed");
    assert_eq!(v1.types, ["a.v1"]);
    assert_eq!(v1.plugins[0].program, Program::Named { name: "go".into(), protoc: Vec::new() });
    assert_eq!(v1.plugins[1].program, Program::Local(vec!["bin/x".into(), "-v".into()]));

    let oldest = "version: v1beta1\nplugins:\n  - name: x\n    path: bin/x\n    out: gen\n";
    let oldest = decoded(oldest).expect("it is well formed");
    assert_eq!(oldest.plugins[0].program, Program::Local(vec!["bin/x".into()]));
}

/// As for buf, a plain `yes` is a string, and a boolean only where a key has to be one.
#[test]
fn booleans_of_yaml_1_1_are_strings() {
    let template = decoded(
        "version: v2\nclean: on\nplugins:\n  - local: x\n    out: gen\n    opt: [yes, tRue]\n    \
         include_imports: 'y'\n",
    )
    .expect("it is well formed");
    let [plugin] = &*template.plugins else { panic!("{template:?}") };
    assert!(template.clean && plugin.include_imports);
    assert_eq!(plugin.parameter.as_deref(), Some("yes,tRue"));
    for (key, value, expected) in [
        ("opt", "true", "in quotes, `true` and `1` are strings"),
        (
            "include_imports",
            "'true'",
            "string \"true\", expected `true` or `false`, without quotes",
        ),
        ("include_imports", "tRue", "string \"tRue\", expected `true` or `false`"),
    ] {
        let text = format!("version: v2\nplugins:\n  - {{local: x, out: gen, {key}: {value}}}\n");
        let refusal = refusal(&text);
        assert!(refusal.contains(expected), "{refusal}");
    }
    let value = "version: v2\nmanaged:\n  override:\n    - file_option: java_multiple_files\n      \
                 value: yes\nplugins: [{local: x, out: gen}]\n";
    let refusal = refusal(value);
    assert!(refusal.contains("invalid value for `java_multiple_files`"), "{refusal}");
}

#[test]
fn inputs_become_references() {
    let template = decoded(
        "version: v2\ninputs:\n  - directory: proto\n    paths: [proto/a]\n  \
         - git_repo: ../x\n    branch: main\n    depth: 3\n    subdir: proto\n  \
         - binary_image: a.binpb.gz\n    compression: gzip\n    exclude_types: [a.B]\n",
    )
    .expect("it is well formed");
    let references: Vec<_> = template.inputs.iter().map(|input| &*input.reference).collect();
    assert_eq!(
        references,
        [
            "proto#format=dir",
            "../x#format=git,subdir=proto,branch=main,depth=3",
            "a.binpb.gz#format=binpb,compression=gzip"
        ]
    );
    assert_eq!(template.inputs[0].paths, ["proto/a"]);
    assert_eq!(template.inputs[2].exclude_types, ["a.B"]);
}

#[test]
fn what_makes_no_sense_is_refused_with_its_reason() {
    let v2 = |plugin: &str| format!("version: v2\nplugins:\n  - {plugin}\n");
    for (text, reason) in [
        ("plugins: []\n".to_owned(), "no `version` is set"),
        ("version: v3\n".to_owned(), "unknown version \"v3\""),
        ("version: v1\nplugins: []\n".to_owned(), "`plugins` is empty"),
        (v2("{out: gen}"), "needs one of `local`"),
        (v2("{local: a, protoc_builtin: b, out: gen}"), "needs one of `local`"),
        (v2("{local: [], out: gen}"), "`local` of a plugin is empty"),
        (v2("{local: a}"), "has no `out`"),
        (v2("{local: a, out: gen, strategy: each}"), "unknown strategy"),
        (v2("{local: a, out: gen, protoc_path: x}"), "needs `protoc_builtin`"),
        (v2("{local: a, out: gen, include_wkt: true}"), "needs `include_imports`"),
        (v2("{local: a, out: gen, revision: 1}"), "`revision`"),
        (v2("{local: a, out: gen, paths: [x]}"), "unknown key `paths`"),
        (v2("{local: a, out: gen, opt: [1]}"), "expected a string"),
        ("version: v2\ninputs: [{paths: [a]}]\n".to_owned(), "exactly one of directory"),
        (
            "version: v2\ninputs: [{directory: a, branch: b}]\n".to_owned(),
            "does not support `branch`",
        ),
        (
            "version: v2\ninputs: [{module: a/b, directory: c}]\n".to_owned(),
            "exactly one of directory",
        ),
        (
            "version: v1\nplugins:\n  - {plugin: a, name: b, out: gen}\n".to_owned(),
            "either `plugin` or `name`",
        ),
        ("version: v1\nclean: true\nplugins: []\n".to_owned(), "unknown key `clean`"),
    ] {
        let refusal = refusal(&text);
        assert!(refusal.contains(reason), "{text}: {refusal}");
    }
}

#[test]
fn remote_plugins_are_refused_with_what_to_run_instead() {
    for (remote, local) in [
        ("buf.build/protocolbuffers/go:v1.36.0", "local: protoc-gen-go"),
        ("buf.build/grpc/go", "local: protoc-gen-go-grpc"),
        ("buf.build/bufbuild/es", "local: protoc-gen-es"),
        ("buf.build/grpc/python:v1.60.0", "local: [wireproof, plugin, grpc-python]"),
        ("buf.build/protocolbuffers/python", "protoc_builtin: python"),
        ("buf.build/protocolbuffers/java:v30.0", "protoc_builtin: java"),
        ("buf.build/grpc/java", "local: protoc-gen-grpc-java"),
        (
            "buf.build/community/neoeinstein-prost",
            "built into wireproof: write `local: [wireproof, plugin, rust]",
        ),
        ("buf.build/community/neoeinstein-prost-serde:v0.3.1", "local: protoc-gen-prost-serde"),
        ("buf.build/connectrpc/go:v1.18.1", "install it, and write `local: protoc-gen-connect-go`"),
        ("buf.build/connectrpc/query-es", "install its program, and write `local:"),
        ("buf.build/grpc/cpp:v1.60.0", "install it, and write `local: grpc_cpp_plugin`"),
        ("buf.build/protocolbuffers/rust", "protoc_builtin: rust"),
        ("buf.build/grpc-ecosystem/gateway", "local: protoc-gen-grpc-gateway"),
        ("buf.build/grpc-ecosystem/openapiv2", "local: protoc-gen-openapiv2"),
        ("buf.build/grpc/web", "local: protoc-gen-grpc-web"),
        ("buf.build/community/stephenh-ts-proto:v2.0.0", "local: protoc-gen-ts_proto"),
        ("buf.build/community/pseudomuto-doc", "local: protoc-gen-doc"),
        ("buf.build/community/nipunn1313-mypy-grpc", "local: protoc-gen-mypy_grpc"),
        ("buf.build/community/danielgtaylor-betterproto", "local: protoc-gen-python_betterproto"),
        ("buf.build/community/somebody-something", "install its program, and write `local:"),
    ] {
        let text = format!("version: v2\nplugins:\n  - remote: {remote}\n    out: gen\n");
        let refusal = remote_refusal(&text);
        assert!(refusal.contains("is remote") && refusal.contains(local), "{refusal}");
    }
    for (version, key) in [("v1", "plugin"), ("v1beta1", "name")] {
        for (remote, local) in [
            ("buf.build/protocolbuffers/go", "KEY: go`"),
            ("buf.build/protocolbuffers/python", "KEY: python`"),
            ("buf.build/grpc/python", "[wireproof, plugin, grpc-python]`"),
        ] {
            let text = format!("version: {version}\nplugins:\n  - {key}: {remote}\n    out: gen\n");
            let refusal = remote_refusal(&text);
            assert!(refusal.contains(&local.replace("KEY", key)), "{refusal}");
        }
    }
}

#[test]
fn all_remote_plugins_are_named_each_with_its_replacement() {
    let text = "version: v2\nplugins:\n  - {remote: buf.build/protocolbuffers/go, out: a}\n  \
                - {local: protoc-gen-x, out: b}\n  - {remote: buf.build/grpc/go, out: c}\n";
    let template = decoded(text).expect("it is well formed");
    let outs: Vec<&str> = template.remote_plugins.iter().map(|plugin| &*plugin.out).collect();
    assert_eq!((template.plugins.len(), outs), (1, vec!["a", "c"]));
    let expected = "buf.gen.yaml: the plugins \"buf.build/protocolbuffers/go\", \
                    \"buf.build/grpc/go\" are remote; wireproof only runs local plugins\n  \
                    help: \"buf.build/protocolbuffers/go\": install it, and write \
                    `local: protoc-gen-go`; \"buf.build/grpc/go\": install it, and write \
                    `local: protoc-gen-go-grpc`";
    assert_eq!(remote_refusal(text), expected);
}

/// Returns the error for the remote plugins of a template.
fn remote_refusal(text: &str) -> String {
    let template = decoded(text).expect("it is well formed");
    template.refuse_remote_plugins().expect_err("they are refused").to_string()
}

/// Returns the configuration of managed mode in `text`, a template without its plugins.
fn managed(text: &str) -> Result<managed::Managed> {
    let plugin = "plugins: [{name: x, out: gen}]\n";
    let plugin = if text.starts_with("version: v2") { "" } else { plugin };
    Ok(decoded(&format!("{text}{plugin}"))?.managed)
}

#[test]
fn managed_mode_of_every_version_becomes_one_form() {
    let [v1beta1, v1, v2] = [
        "version: v1beta1\nmanaged: true\noptions: {cc_enable_arenas: false, optimize_for: SPEED}\n",
        "version: v1\nmanaged:\n  enabled: true\n  cc_enable_arenas: false\n  optimize_for: SPEED\n",
        "version: v2\nmanaged:\n  enabled: true\n  override:\n    - {file_option: CC_enable_arenas , \
         value: false}\n    - {file_option: optimize_for, value: SPEED}\n",
    ]
    .map(|text| managed(text).expect("it is well formed"));
    assert_eq!(v1beta1.overrides.len(), 2);
    assert_eq!(v1beta1, v1);
    assert_eq!(v1, v2);
}

#[test]
fn modules_and_files_of_v1_become_rules() {
    let v1 = managed(
        "version: v1\nmanaged:\n  java_package_prefix: {default: org, except: [b.t/o/x], \
         override: {b.t/o/y: net}}\n  override:\n    JAVA_MULTIPLE_FILES: {a/b.proto: F}\n",
    );
    let v2 = managed(
        "version: v2\nmanaged:\n  disable: [{file_option: java_package, module: b.t/o/x}]\n  \
         override:\n    - {file_option: java_package_prefix, value: org}\n    \
         - {file_option: java_package_prefix, module: b.t/o/y, value: net}\n    \
         - {file_option: java_multiple_files, path: a/b.proto, value: false}\n",
    );
    assert_eq!(v1.expect("it is well formed"), v2.expect("it is well formed"));
}

#[test]
fn rules_of_managed_mode_that_is_not_enabled_are_warned_of() {
    let warnings = |text: &str| decoded(text).expect("it is well formed").warnings;
    let said = warnings("version: v2\nmanaged: {disable: [{path: a}]}\n");
    assert!(said.len() == 1 && said[0].contains("not enabled"), "{said:?}");
    assert!(warnings("version: v2\nmanaged: {enabled: true, disable: [{path: a}]}\n").is_empty());
    assert!(warnings("version: v2\n").is_empty());
}

#[test]
fn mistakes_in_managed_mode_have_a_place() {
    let refusal = managed("version: v2\nmanaged:\n  enabled: true\n  disable:\n    - path: ./a\n");
    let refusal = refusal.expect_err("it is refused");
    assert_eq!(refusal.place(), Some("buf.gen.yaml:5:13"));
    let refusal = managed("version: v2\nmanaged:\n  override:\n    - file_option: go_package\n");
    let refusal = refusal.expect_err("it is refused");
    assert_eq!(refusal.place(), Some("buf.gen.yaml:4:7"));
    assert!(refusal.to_string().contains("no `value`"), "{refusal}");
}
