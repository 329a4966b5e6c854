//! Evaluates expressions about examples, as far as the crate `cel` can: what it cannot evaluate (the
//! functions of protovalidate, times, regular expressions), and what would take long, passes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use cel::{Context, Env, Program, Value};

use super::Constant;
use super::syntax::is_flat;

/// The macros that loop over a list or a map. Nested, even short ones take long.
const LOOPS: [&str; 5] = ["all", "exists", "exists_one", "filter", "map"];

/// The characters of an expression that is evaluated, and the bytes of a text in it. Without loops,
/// its cost grows with its length.
const MAX_EXPRESSION: usize = 256;
const MAX_TEXT: usize = 1 << 10;

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// An expression that can be evaluated.
pub(super) struct Evaluator {
    program: Program,
    /// The value of the predefined rule that it defines.
    rule: Option<Value>,
}

impl Evaluator {
    /// Returns the evaluator of an expression that has been checked.
    pub(super) fn new(expression: &str, rule: Option<Constant<'_>>) -> Option<Self> {
        if expression.len() > MAX_EXPRESSION || !is_flat(expression) || loops(expression) {
            return None;
        }
        let compile = || ENVIRONMENT.compile(expression).ok();
        let program = catch_unwind(AssertUnwindSafe(compile)).ok()??;
        let rule = match rule {
            Some(rule) => Some(value(rule)?),
            None => None,
        };
        Some(Evaluator { program, rule })
    }

    /// Whether the expression certainly refuses `this`: it is false, or a message.
    pub(super) fn refuses(&self, this: Constant<'_>) -> bool {
        let Some(this) = value(this) else { return false };
        let evaluate = || {
            let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
            context.add_variable_from_value("this", this);
            if let Some(rule) = &self.rule {
                context.add_variable_from_value("rule", rule);
            }
            self.program.execute(&context).ok()
        };
        match catch_unwind(AssertUnwindSafe(evaluate)) {
            Ok(Some(Value::Bool(passes))) => !passes,
            Ok(Some(Value::String(message))) => !message.is_empty(),
            _ => false,
        }
    }
}

/// Whether an expression may have a loop. Names in its texts count as well.
fn loops(expression: &str) -> bool {
    let mut words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.any(|word| LOOPS.contains(&word))
}

fn value(constant: Constant<'_>) -> Option<Value> {
    Some(match constant {
        Constant::Bool(value) => Value::Bool(value),
        Constant::Int(value) => Value::Int(value),
        Constant::Uint(value) => Value::UInt(value),
        Constant::Double(value) => Value::Float(value),
        Constant::Text(text) if text.len() <= MAX_TEXT => Value::from(text),
        Constant::Bytes(bytes) if bytes.len() <= MAX_TEXT => Value::from(bytes.to_vec()),
        Constant::Text(_) | Constant::Bytes(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three nested loops over 34 items are short, and take 39,000 steps.
    #[test]
    fn expressions_with_loops_are_not_evaluated() {
        let nested = "[1, 2].all(a, [1, 2].all(b, true))";
        for expression in [nested, "this.exists( x, x > 1)", "[1].map(x, x).size() > 0"] {
            assert!(Evaluator::new(expression, None).is_none(), "{expression}");
        }
        assert!(Evaluator::new("this > 1 && size('all_of') > 2", None).is_some());
    }
}
