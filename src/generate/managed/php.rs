//! The reserved words of PHP, and the classes that are visible in every namespace. None of them can
//! be a part of a namespace.

#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "abstract", "and", "arithmeticerror", "array", "as", "assertionerror", "bool", "break",
    "callable", "case", "catch", "class", "clone", "closure", "const", "continue", "declare",
    "default", "die", "directory", "divisionbyzeroerror", "do", "echo", "else", "elseif", "empty",
    "enddeclare", "endfor", "endforeach", "endif", "endswitch", "endwhile", "error",
    "errorexception", "eval", "exception", "exit", "extends", "false", "final", "finally", "float",
    "fn", "for", "foreach", "function", "generator", "global", "goto", "if", "implements",
    "include", "include_once", "instanceof", "insteadof", "int", "interface", "isset", "iterable",
    "list", "match", "namespace", "new", "null", "or", "parseerror", "print", "private",
    "protected", "public", "require", "require_once", "return", "static", "string", "switch",
    "throw", "throwable", "trait", "true", "try", "typeerror", "unset", "use", "var", "void",
    "while", "xor", "yield",
];

/// Whether `part` is such a word, ignoring case.
pub(super) fn is_reserved(part: &str) -> bool {
    RESERVED.binary_search(&part.to_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_sorted() {
        assert!(RESERVED.is_sorted());
        assert!(is_reserved("List") && !is_reserved("lists"));
    }
}
