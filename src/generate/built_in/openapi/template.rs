//! Path templates, `/v1/{name=shelves/*}/books:list`, as specified in google/api/http.proto.

use std::ops::Range;

/// A template: a list of segments. Each variable is a range of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) segments: Vec<Segment>,
    pub(super) variables: Vec<Variable>,
    /// The text after the last colon.
    pub(super) verb: Option<String>,
}

/// The text between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Literal(String),
    /// `*`: one segment.
    One,
    /// `**`: any number of segments.
    Many,
}

/// A variable: a field of the request that is in the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    /// The names of the fields on the way from the request to the field.
    pub(super) field: Vec<String>,
    /// The range of its segments.
    pub(super) segments: Range<usize>,
}

impl Template {
    /// Parses `text`. The documentation allows `**` only as the last segment; here it is allowed
    /// before other segments, since routes of Firestore have it there.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: text, template: Template::default() };
        parser.template().map_err(|what| format!("the path {text:?}: {what}"))?;
        Ok(parser.template)
    }
}

struct Parser<'a> {
    rest: &'a str,
    template: Template,
}

impl<'a> Parser<'a> {
    fn template(&mut self) -> Result<(), String> {
        if !self.eat("/") {
            return Err("it does not begin with `/`".to_owned());
        }
        if self.rest.is_empty() {
            return Ok(());
        }
        self.segments(true)?;
        if self.eat(":") {
            let verb = self.literal()?.to_owned();
            self.template.verb = Some(verb);
        }
        match self.rest {
            "" => Ok(()),
            rest => Err(format!("{rest:?} does not belong there")),
        }
    }

    fn segments(&mut self, is_outside: bool) -> Result<(), String> {
        loop {
            if self.eat("**") {
                self.template.segments.push(Segment::Many);
            } else if self.eat("*") {
                self.template.segments.push(Segment::One);
            } else if self.eat("{") {
                if !is_outside {
                    return Err("a variable stands in another one".to_owned());
                }
                self.variable()?;
            } else {
                let literal = self.literal()?.to_owned();
                self.template.segments.push(Segment::Literal(literal));
            }
            if !self.eat("/") {
                return Ok(());
            }
        }
    }

    fn variable(&mut self) -> Result<(), String> {
        let mut field = vec![self.name()?];
        while self.eat(".") {
            field.push(self.name()?);
        }
        let begin = self.template.segments.len();
        if self.eat("=") {
            self.segments(false)?;
        } else {
            self.template.segments.push(Segment::One);
        }
        if !self.eat("}") {
            return Err(format!("the variable `{}` has no end", field.join(".")));
        }
        let is_twice = self.template.variables.iter().any(|other| other.field == field);
        if is_twice {
            return Err(format!("the variable `{}` is there twice", field.join(".")));
        }
        self.template
            .variables
            .push(Variable { field, segments: begin..self.template.segments.len() });
        Ok(())
    }

    fn name(&mut self) -> Result<String, String> {
        let name = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            Ok(name.to_owned())
        } else {
            Err("a variable has no name of a field".to_owned())
        }
    }

    fn literal(&mut self) -> Result<&'a str, String> {
        match self.take(|c| !"/:{}*=?#".contains(c) && !c.is_whitespace()) {
            "" => Err("a segment is empty".to_owned()),
            literal => Ok(literal),
        }
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a parsed template: segments separated by spaces, followed by the variables.
    fn read(text: &str) -> Result<String, String> {
        let Template { segments, variables, verb } = Template::parse(text)?;
        let mut read: Vec<String> = segments
            .into_iter()
            .map(|segment| match segment {
                Segment::Literal(literal) => literal,
                Segment::One => "*".to_owned(),
                Segment::Many => "**".to_owned(),
            })
            .collect();
        read.extend(
            variables
                .into_iter()
                .map(|variable| format!("{}={:?}", variable.field.join("."), variable.segments)),
        );
        read.extend(verb.map(|verb| format!(":{verb}")));
        Ok(read.join(" "))
    }

    #[test]
    fn templates_are_read() {
        for (text, wanted) in [
            ("/", ""),
            ("/v1/messages/{message_id}", "v1 messages * message_id=2..3"),
            ("/v1/{name=messages/*}", "v1 messages * name=1..3"),
            ("/v1/{a.b.c=x/*/y/**}:go", "v1 x * y ** a.b.c=1..5 :go"),
            ("/v1/{a=*}/b/{c=**}", "v1 * b ** a=1..2 c=3..4"),
            ("/*/x/**:do", "* x ** :do"),
            ("/v1/a%2Fb/c.json", "v1 a%2Fb c.json"),
            ("/v1/{p=d/**}/{c}", "v1 d ** * p=1..3 c=3..4"),
        ] {
            assert_eq!(read(text), Ok(wanted.to_owned()), "{text}");
        }
    }

    #[test]
    fn broken_ones_are_refused() {
        for (text, why) in [
            ("", "begin with"),
            ("v1/x", "begin with"),
            ("/v1//x", "empty"),
            ("/v1/", "empty"),
            ("/v1/x:", "empty"),
            ("/v1/{", "no name"),
            ("/v1/{}", "no name"),
            ("/v1/{1a}", "no name"),
            ("/v1/{a.}", "no name"),
            ("/v1/{a", "no end"),
            ("/v1/{a=x/*", "no end"),
            ("/v1/{a=x/{b}}", "in another"),
            ("/v1/{a}/{a}", "twice"),
            ("/v1/{a}b", "\"b\" does not belong"),
            ("/v1/x:y/z", "\"/z\" does not belong"),
            ("/v1/x?y=1", "\"?y=1\" does not belong"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(why) && error.contains(text), "{text}: {error}");
        }
    }
}
