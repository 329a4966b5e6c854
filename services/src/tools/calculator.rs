//! The tool `calculator`: arithmetic with `+ - * / ^` and brackets.

/// The longest expression, in bytes.
const MAX_LENGTH: usize = 1_000;

/// The deepest brackets, signs and powers.
const MAX_DEPTH: usize = 100;

/// Returns the value of an expression.
///
/// # Errors
///
/// The expression is malformed, too long or too deep, divides by zero, or has no finite value: a
/// sentence for the model.
pub(super) fn calculate(expression: &str) -> Result<f64, String> {
    if expression.len() > MAX_LENGTH {
        return Err(format!("the expression is longer than {MAX_LENGTH} characters"));
    }
    let mut parser = Parser { rest: expression.trim_start(), depth: 0 };
    let value = parser.sum()?;
    if !parser.rest.is_empty() {
        return Err(format!("unexpected {:?}", parser.rest));
    }
    if value.is_finite() { Ok(value) } else { Err("the value is too large".to_owned()) }
}

struct Parser<'p> {
    /// What is left, without leading spaces.
    rest: &'p str,
    depth: usize,
}

impl Parser<'_> {
    /// Reads a sign, if it comes next.
    fn take(&mut self, sign: &str) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        loop {
            if self.take("+") {
                value += self.product()?;
            } else if self.take("-") {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.power()?;
        loop {
            if self.take("*") {
                value *= self.power()?;
            } else if self.take("/") {
                match self.power()? {
                    0.0 => return Err("division by zero".to_owned()),
                    by => value /= by,
                }
            } else {
                return Ok(value);
            }
        }
    }

    /// Reads a power, which binds to the right: 2 ^ 3 ^ 2 is 2 ^ 9. `**` is another way to write it.
    fn power(&mut self) -> Result<f64, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("the expression is nested more than {MAX_DEPTH} deep"));
        }
        let base = self.atom()?;
        let value = if self.take("^") || self.take("**") { base.powf(self.power()?) } else { base };
        self.depth -= 1;
        Ok(value)
    }

    fn atom(&mut self) -> Result<f64, String> {
        if self.take("-") {
            return Ok(-self.power()?);
        }
        if self.take("(") {
            let value = self.sum()?;
            return if self.take(")") {
                Ok(value)
            } else {
                Err("a bracket is not closed".to_owned())
            };
        }
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if number.is_empty() {
            return Err(match self.rest.chars().next() {
                Some(c) => format!("expected a number, found {c:?}"),
                None => "expected a number at the end".to_owned(),
            });
        }
        self.rest = rest.trim_start();
        number.parse().map_err(|_| format!("{number:?} is not a number"))
    }
}

/// Returns the first arithmetic expression in a text: one with an operator between numbers.
pub fn find_expression(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_digit() || " +-*/^().".contains(c);
    let parts = text.split(|c: char| !is_part(c));
    let parts = parts.map(|part| part.trim().trim_end_matches('.'));
    parts
        .filter(|part| part.len() <= MAX_LENGTH && part.contains(['+', '-', '*', '/', '^']))
        .find(|part| calculate(part).is_ok() && part.parse::<f64>().is_err())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{calculate, find_expression};

    #[test]
    fn expressions_have_their_value_or_say_why_not() {
        for (expression, value) in [
            ("2 + 3", 5.0),
            ("2+3*4", 14.0),
            ("(2+3)*4", 20.0),
            ("2^3^2", 512.0),
            ("2**10", 1024.0),
            ("-2 - -3", 1.0),
            ("10 / 4", 2.5),
            (" 0.5 ", 0.5),
        ] {
            assert_eq!(calculate(expression), Ok(value), "{expression}");
        }
        for (expression, error) in [
            ("1 / 0", "division by zero"),
            ("9**9**9**9", "too large"),
            ("(1", "not closed"),
            ("1 2", "unexpected"),
            ("", "expected a number at the end"),
            ("x", "found 'x'"),
            ("1.2.3", "is not a number"),
        ] {
            let found = calculate(expression).expect_err(expression);
            assert!(found.contains(error), "{expression}: {found}");
        }
        assert!(calculate(&"(".repeat(200_000)).is_err_and(|it| it.contains("longer")));
        assert!(calculate(&"(".repeat(900)).is_err_and(|it| it.contains("deep")));
        assert!(calculate(&"-".repeat(900)).is_err_and(|it| it.contains("deep")));
    }

    #[test]
    fn an_expression_is_found_in_a_question() {
        assert_eq!(find_expression("What is 2 + 3?").as_deref(), Some("2 + 3"));
        assert_eq!(find_expression("What is (1 + 2) * 3, please?").as_deref(), Some("(1 + 2) * 3"));
        for text in ["Hello", "I have 3 cats.", "It was -3 degrees", "a - b", "1 / 0"] {
            assert_eq!(find_expression(text), None, "{text}");
        }
    }
}
