//! Checks the types in an expression, as far as they are certain: undeclared names, fields that a
//! message does not have, operators on the wrong operands, and the type of the result. Whatever is
//! not certain passes.

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr,
};

use super::operators;
use super::types::{Scope, Type};

/// Names of types, which are values in CEL.
const TYPES: [&str; 12] = [
    "bool",
    "bytes",
    "double",
    "dyn",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
    "optional_type",
];

/// The functions of CEL, of its strings and of protovalidate, by what they evaluate to.
const FUNCTIONS: &[(Type<'static>, &str)] = &[
    (
        Type::Bool,
        "bool contains endsWith isEmail isHostAndPort isHostname isInf isIp isIpPrefix isNan isUri \
         isUriRef matches startsWith unique",
    ),
    (
        Type::Int,
        "getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds \
         getMinutes getMonth getSeconds indexOf int lastIndexOf size",
    ),
    (Type::Text, "charAt format join lowerAscii replace reverse string substring trim upperAscii"),
    (Type::Uint, "uint"),
    (Type::Double, "double"),
    (Type::Bytes, "bytes"),
    (Type::List(None), "split"),
    (Type::Duration, "duration"),
    (Type::Timestamp, "timestamp"),
    (Type::Unknown, "dyn getField type"),
];

/// Returns the errors of an expression, and the type of its value.
pub(super) fn check<'s>(expression: &IdedExpr, scope: Scope<'s>) -> (Vec<String>, Type<'s>) {
    let mut checker = Checker { scope, errors: Vec::new(), is_unreadable: false };
    let result = checker.infer(expression);
    if checker.is_unreadable {
        return (vec!["`__result__` is no name for an item".to_owned()], Type::Unknown);
    }
    (checker.errors, result)
}

struct Checker<'s> {
    scope: Scope<'s>,
    errors: Vec<String>,
    /// Whether cel-go does not even read it.
    is_unreadable: bool,
}

impl<'s> Checker<'s> {
    /// Something is wrong; reported once, whatever is wrong with what it is part of.
    fn error(&mut self, what: String) -> Type<'s> {
        if !self.errors.contains(&what) {
            self.errors.push(what);
        }
        Type::Unknown
    }

    fn infer(&mut self, expression: &IdedExpr) -> Type<'s> {
        match &expression.expr {
            Expr::Ident(name) => self.name(name),
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => Type::Bool,
                LiteralValue::Bytes(_) => Type::Bytes,
                LiteralValue::Double(_) => Type::Double,
                LiteralValue::Int(_) => Type::Int,
                LiteralValue::Null => Type::Null,
                LiteralValue::String(_) => Type::Text,
                LiteralValue::UInt(_) => Type::Uint,
            },
            Expr::List(list) => {
                self.all(&list.elements);
                Type::List(None)
            }
            Expr::Map(map) => {
                map.entries.iter().for_each(|entry| self.entry(&entry.expr));
                Type::Map(None)
            }
            Expr::Struct(of) => {
                if !self.is_declared(&of.type_name) {
                    return self.error(format!("nothing is called `{}`", of.type_name));
                }
                of.entries.iter().for_each(|entry| self.entry(&entry.expr));
                Type::Unknown
            }
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Unspecified => Type::Unknown,
        }
    }

    fn all(&mut self, expressions: &[IdedExpr]) {
        for expression in expressions {
            self.infer(expression);
        }
    }

    fn entry(&mut self, entry: &EntryExpr) {
        match entry {
            EntryExpr::StructField(field) => {
                self.infer(&field.value);
            }
            EntryExpr::MapEntry(entry) => {
                self.infer(&entry.key);
                self.infer(&entry.value);
            }
        }
    }

    fn variable(&self, name: &str) -> Option<Type<'s>> {
        let mut names = self.scope.names.iter().rev();
        names.find(|(known, _)| known == name).map(|(_, of)| *of)
    }

    fn name(&mut self, name: &str) -> Type<'s> {
        let plain = name.trim_start_matches('.');
        match self.variable(plain) {
            Some(of) => of,
            None if TYPES.contains(&plain) || self.is_declared(plain) => Type::Unknown,
            None => self.error(format!("nothing is called `{name}`")),
        }
    }

    /// Whether a name, or what it begins with, is that of a message or an enum; all that Google
    /// declares is known without an import.
    fn is_declared(&self, name: &str) -> bool {
        let name = name.trim_start_matches('.');
        let ends = name.match_indices('.').map(|(end, _)| end).chain([name.len()]);
        let schema = self.scope.schema;
        name.starts_with("google.")
            || ends
                .map(|end| &name[..end])
                .any(|name| schema.message(name).is_some() || schema.enumeration(name).is_some())
    }

    fn select(&mut self, select: &SelectExpr) -> Type<'s> {
        if let Some(name) = path(&select.operand) {
            let root = name.trim_start_matches('.').split('.').next().unwrap_or_default();
            let whole = format!("{name}.{}", select.field);
            if self.variable(root).is_none() && self.is_declared(&whole) {
                return Type::Unknown;
            }
        }
        let of = match self.infer(&select.operand) {
            Type::Message(message) => {
                match message.fields().find(|field| field.name() == select.field) {
                    Some(field) => Type::of_field(field, self.scope.schema),
                    None => return self.error(format!("there is no field `{}`", select.field)),
                }
            }
            map @ (Type::Unknown | Type::Map(_)) => map.element(self.scope.schema),
            other => return self.error(format!("a {} has no fields", other.name())),
        };
        if select.test { Type::Bool } else { of }
    }

    fn call(&mut self, call: &CallExpr) -> Type<'s> {
        if operators::is(&call.func_name) {
            let operands: Vec<Type<'s>> = call
                .target
                .iter()
                .map(|target| &**target)
                .chain(&call.args)
                .map(|operand| self.infer(operand))
                .collect();
            if matches!(call.func_name.as_str(), "_&&_" | "_||_") {
                return self.logic(&operands);
            }
            return match operators::apply(&call.func_name, &operands, self.scope.schema) {
                Some(result) => result,
                None => {
                    let names: Vec<&str> = operands.iter().map(|of| of.name()).collect();
                    self.error(format!("no `{}` takes {}", call.func_name, names.join(" and ")))
                }
            };
        }
        let mut functions = FUNCTIONS.iter();
        let known =
            functions.find(|(_, names)| names.split(' ').any(|name| name == call.func_name));
        let is_quote = call.func_name == "quote"
            && call
                .target
                .as_ref()
                .is_some_and(|target| path(target).as_deref() == Some("strings"));
        if let Some(target) = call.target.as_ref().filter(|_| !is_quote) {
            self.infer(target);
        }
        let result = match known {
            Some((result, _)) => *result,
            None if is_quote => Type::Text,
            None => self.error(format!("there is no function `{}`", call.func_name)),
        };
        self.all(&call.args);
        result
    }

    /// `&&` and `||`, of which each operand is wrong alone.
    fn logic(&mut self, operands: &[Type<'s>]) -> Type<'s> {
        for of in operands.iter().filter(|of| !matches!(of, Type::Bool | Type::Unknown)) {
            self.error(format!("a {} stands where a bool has to", of.name()));
        }
        Type::Bool
    }

    fn comprehension(&mut self, of: &ComprehensionExpr) -> Type<'s> {
        self.is_unreadable |= of.iter_var == "__result__";
        let range = self.infer(&of.iter_range);
        if !matches!(range, Type::Unknown | Type::List(_) | Type::Map(_)) {
            self.error(format!("a {} has no items", range.name()));
        }
        let accumulator = self.infer(&of.accu_init);
        let outside = self.scope.names.len();
        self.scope.names.push((of.accu_var.clone(), accumulator));
        let inside = self.scope.names.len();
        let schema = self.scope.schema;
        let (first, second) = match (range, &of.iter_var2) {
            (Type::List(_), Some(_)) => (Type::Int, range.element(schema)),
            _ => (range.member(schema), range.element(schema)),
        };
        self.scope.names.push((of.iter_var.clone(), first));
        self.scope.names.extend(of.iter_var2.iter().map(|name| (name.clone(), second)));
        self.infer(&of.loop_cond);
        self.infer(&of.loop_step);
        self.scope.names.truncate(inside);
        let result = self.infer(&of.result);
        self.scope.names.truncate(outside);
        result
    }
}

/// The name that an expression is, of several parts perhaps.
fn path(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => {
            path(&select.operand).map(|path| format!("{path}.{}", select.field))
        }
        _ => None,
    }
}
