//! Configurations of managed mode by chance, about the tree that they are tried on.

use crate::parity::managed_cases::template;

/// Numbers that look random (xorshift).
pub(crate) struct Random(u64);

const PATHS: &[&str] =
    &["acme", "acme/list/v1", "acme/list/v1/a.proto", "geo", "v1", "root.proto", ".", "google"];
const MODULES: &[&str] = &["b.test/acme/one", "b.test/acme/two", "b.test/acme/none"];
const FIELDS: &[&str] = &[
    "acme.list.v1.Numbers.plain",
    "acme.list.v1.Numbers.noted",
    "acme.list.v1.Numbers.MapEntry.key",
    "acme.list.v1.Numbers.Inner.Deep.deep",
    "geo.Point.inside",
    "geo.outside",
    "Root.id",
];
const TEXTS: &[&str] = &[
    "java_package",
    "java_package_prefix",
    "java_package_suffix",
    "java_outer_classname",
    "go_package",
    "go_package_prefix",
    "objc_class_prefix",
    "csharp_namespace",
    "csharp_namespace_prefix",
    "php_namespace",
    "php_metadata_namespace",
    "php_metadata_namespace_suffix",
    "ruby_package",
    "ruby_package_suffix",
    "swift_prefix",
];
const FLAGS: &[&str] = &["java_multiple_files", "java_string_check_utf8", "cc_enable_arenas"];
const VALUES: &[&str] = &["a", "Geo", "com", "x.test/y", "''", "é", "a.b", "GEO", "A::B"];
const MODES: &[&str] = &["SPEED", "CODE_SIZE", "LITE_RUNTIME"];
const TYPES: &[&str] = &["JS_NORMAL", "JS_STRING", "JS_NUMBER"];

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    pub(crate) fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }

    /// A template that buf takes.
    pub(crate) fn template(&mut self) -> String {
        let case = if self.below(4) == 0 { self.v1() } else { self.v2() };
        template(&case)
    }

    fn v2(&mut self) -> String {
        let disables: Vec<String> = (0..self.below(4)).map(|_| self.disable()).collect();
        let overrides: Vec<String> = (0..self.below(7)).map(|_| self.set()).collect();
        let (disables, overrides) = (disables.join(", "), overrides.join(", "));
        format!("v2 {{enabled: true, disable: [{disables}], override: [{overrides}]}}")
    }

    fn scope(&mut self) -> String {
        let path = format!(", path: {}", self.pick(PATHS));
        let module = format!(", module: {}", self.pick(MODULES));
        match self.below(5) {
            0 => path,
            1 => module,
            2 => path + &module,
            _ => String::new(),
        }
    }

    fn disable(&mut self) -> String {
        let scope = self.scope();
        let option = match self.below(6) {
            0 => "field_option: jstype".to_owned(),
            1 => format!("field: {}, field_option: jstype", self.pick(FIELDS)),
            2 if !scope.is_empty() => return format!("{{{}}}", &scope[2..]),
            3 => format!("file_option: {}", self.pick(FLAGS)),
            _ => format!("file_option: {}", self.pick(TEXTS)),
        };
        format!("{{{option}{scope}}}")
    }

    fn set(&mut self) -> String {
        let scope = self.scope();
        let setting = match self.below(8) {
            0 => format!("field_option: jstype, value: {}", self.pick(TYPES)),
            1 => {
                let (value, field) = (self.pick(TYPES), self.pick(FIELDS));
                format!("field_option: jstype, value: {value}, field: {field}")
            }
            2 => format!("file_option: optimize_for, value: {}", self.pick(MODES)),
            3 => {
                let (option, value) = (self.pick(FLAGS), self.below(2) == 0);
                format!("file_option: {option}, value: {value}")
            }
            _ => format!("file_option: {}, value: {}", self.pick(TEXTS), self.pick(VALUES)),
        };
        format!("{{{setting}{scope}}}")
    }

    fn v1(&mut self) -> String {
        let mut keys = vec!["enabled: true".to_owned()];
        for key in ["java_package_prefix", "go_package_prefix", "objc_class_prefix", "swift_prefix"]
        {
            if self.below(2) == 0 {
                keys.push(format!("{key}: {{default: {}{}}}", self.value(), self.modules()));
            }
        }
        for key in ["csharp_namespace", "ruby_package"] {
            if self.below(2) == 0 {
                let modules = self.modules();
                keys.push(format!("{key}: {{{}}}", modules.trim_start_matches(", ")));
            }
        }
        for key in FLAGS {
            if self.below(3) == 0 {
                keys.push(format!("{key}: {}", self.below(2) == 0));
            }
        }
        let file = |this: &mut Self| format!("{{{}: {}}}", this.pick(PATHS), this.pick(VALUES));
        let option = self.pick(TEXTS);
        keys.push(format!("override: {{{option}: {}}}", file(self)));
        format!("v1 {{{}}}", keys.join(", "))
    }

    /// A value that is not empty.
    fn value(&mut self) -> &'static str {
        self.pick(&VALUES[..4])
    }

    fn modules(&mut self) -> String {
        let (except, value) = (self.below(2), self.value());
        let [except, set] = [MODULES[except], MODULES[1 - except]];
        format!(", except: [{except}], override: {{{set}: {value}}}")
    }
}
