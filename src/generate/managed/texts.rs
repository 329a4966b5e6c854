//! The file options that are strings: their numbers, the rules that build their values, and the
//! related options of a template.

use super::option_value::Value;
use super::parts::Parts;
use super::rules::Rules;
use super::values;
use crate::config::managed::{FileOption as F, Setting};
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::tag::file_options;
use crate::schema::wire;

struct Text {
    number: i32,
    option: F,
    prefix: Option<F>,
    suffix: Option<F>,
    /// Returns the parts that apply without configuration.
    default_parts: fn(&FileDescriptorProto) -> Parts,
    /// Returns the value for a prefix or a suffix.
    derive: fn(&FileDescriptorProto, &Parts) -> String,
}

/// Returns an option without prefix and suffix.
const fn plain(number: i32, option: F, default_parts: fn(&FileDescriptorProto) -> Parts) -> Text {
    let derive = |_: &FileDescriptorProto, _: &Parts| String::new();
    Text { number, option, prefix: None, suffix: None, default_parts, derive }
}

fn value(value: String) -> Parts {
    Parts { value, ..Parts::default() }
}

fn nothing(_: &FileDescriptorProto) -> Parts {
    Parts::default()
}

static TEXTS: [Text; 9] = [
    Text {
        prefix: Some(F::JavaPackagePrefix),
        suffix: Some(F::JavaPackageSuffix),
        derive: values::java_package,
        ..plain(file_options::JAVA_PACKAGE, F::JavaPackage, |_| Parts {
            prefix: "com".to_owned(),
            ..Parts::default()
        })
    },
    plain(file_options::JAVA_OUTER_CLASSNAME, F::JavaOuterClassname, |file| {
        value(values::java_outer_classname(file))
    }),
    Text {
        prefix: Some(F::GoPackagePrefix),
        derive: values::go_package,
        ..plain(file_options::GO_PACKAGE, F::GoPackage, nothing)
    },
    plain(file_options::OBJC_CLASS_PREFIX, F::ObjcClassPrefix, |file| {
        value(values::objc_class_prefix(file))
    }),
    Text {
        prefix: Some(F::CsharpNamespacePrefix),
        derive: values::csharp_namespace,
        ..plain(file_options::CSHARP_NAMESPACE, F::CsharpNamespace, |file| {
            value(values::csharp_namespace(file, &Parts::default()))
        })
    },
    plain(file_options::SWIFT_PREFIX, F::SwiftPrefix, nothing),
    plain(file_options::PHP_NAMESPACE, F::PhpNamespace, |file| value(values::php_namespace(file))),
    Text {
        suffix: Some(F::PhpMetadataNamespaceSuffix),
        derive: values::php_metadata_namespace,
        ..plain(file_options::PHP_METADATA_NAMESPACE, F::PhpMetadataNamespace, |file| {
            value(values::default_php_metadata(file))
        })
    },
    Text {
        suffix: Some(F::RubyPackageSuffix),
        derive: values::ruby_package,
        ..plain(file_options::RUBY_PACKAGE, F::RubyPackage, |file| {
            value(values::ruby_package(file, &Parts::default()))
        })
    },
];

/// Returns the new values of the options of `file` that change, by their numbers.
pub(super) fn changes(file: &FileDescriptorProto, rules: &Rules<'_>) -> Vec<(i32, Value)> {
    let changes = TEXTS.iter().filter_map(|text| {
        let wanted = text.wanted(file, rules)?;
        let present = wire::last_bytes(file.options.as_deref(), text.number);
        (present != Some(wanted.as_bytes())).then_some((text.number, Value::Text(wanted)))
    });
    changes.collect()
}

impl Text {
    /// Returns the new value of the option; none if it does not change.
    fn wanted(&self, file: &FileDescriptorProto, rules: &Rules<'_>) -> Option<String> {
        if rules.disable(self.option) {
            return None;
        }
        let parts = self.parts((self.default_parts)(file), rules);
        if parts == Parts::default() {
            return None;
        }
        let wanted = if parts.value.is_empty() { (self.derive)(file, &parts) } else { parts.value };
        (!wanted.is_empty()).then_some(wanted)
    }

    /// Applies all rules to `parts`. A value replaces all parts; a prefix or a suffix replaces
    /// itself and the value.
    fn parts(&self, mut parts: Parts, rules: &Rules<'_>) -> Parts {
        let prefix = self.prefix.filter(|option| !rules.disable(*option));
        let suffix = self.suffix.filter(|option| !rules.disable(*option));
        if prefix.is_none() {
            parts.prefix.clear();
        }
        for setting in &rules.settings {
            let Setting::Text(option, text) = setting else { continue };
            let text = text.clone();
            if *option == self.option {
                parts = value(text);
            } else if Some(*option) == prefix {
                parts = Parts { prefix: text, value: String::new(), ..parts };
            } else if Some(*option) == suffix {
                parts = Parts { suffix: text, value: String::new(), ..parts };
            }
        }
        parts
    }
}
