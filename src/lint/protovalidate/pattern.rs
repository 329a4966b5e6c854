//! Checks the syntax of patterns: that of RE2, as Go's `regexp` parses it.

mod classes;

/// The maximum number of repetitions, nested ones multiplied.
const MAX_REPEATS: u32 = 1000;

/// The maximum depth of nested groups.
const MAX_LEVELS: usize = 999;

/// Checks the pattern `text`.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut reader = Reader { rest: text, groups: vec![Group::default()] };
    let mut repeats = false;
    while let Some(next) = reader.bump() {
        repeats = reader.item(next, repeats)?;
    }
    if reader.groups.len() > 1 { Err("a group is not closed".to_owned()) } else { Ok(()) }
}

/// An open group.
#[derive(Default)]
struct Group {
    /// The number of repetitions in the last item; none if there is no item.
    last: Option<u32>,
    /// The maximum of these numbers in the group.
    most: u32,
}

struct Reader<'a> {
    rest: &'a str,
    groups: Vec<Group>,
}

impl Reader<'_> {
    fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn group(&mut self) -> &mut Group {
        self.groups.last_mut().expect("the outermost is never closed")
    }

    /// Adds an item that can be repeated.
    fn push(&mut self, repeats: u32) {
        let group = self.group();
        group.last = Some(repeats);
        group.most = group.most.max(repeats);
    }

    /// Reads the item that begins with `next`. Returns whether it is a repetition; `repeats` is
    /// true if the item before it is one.
    fn item(&mut self, next: char, repeats: bool) -> Result<bool, String> {
        match next {
            '(' => self.open()?,
            '|' => self.group().last = None,
            ')' => self.close()?,
            '[' => {
                self.class()?;
                self.push(1);
            }
            '*' | '+' | '?' => {
                self.repeat(1, repeats)?;
                return Ok(true);
            }
            '{' => match self.counts() {
                Some((least, most)) => {
                    let most = most.unwrap_or(least);
                    if least > MAX_REPEATS || most > MAX_REPEATS || least > most {
                        return Err(format!("nothing repeats {least} to {most} times"));
                    }
                    self.repeat(most, repeats)?;
                    return Ok(true);
                }
                None => self.push(1),
            },
            '\\' => self.escaped()?,
            _ => self.push(1),
        }
        Ok(false)
    }

    fn repeat(&mut self, times: u32, repeats: bool) -> Result<(), String> {
        self.take("?");
        if repeats {
            return Err("a repetition is repeated".to_owned());
        }
        let last = self.group().last.ok_or("there is nothing to repeat")?;
        let all = times.max(1) * if times == 0 { 1 } else { last };
        if times > 1 && all > MAX_REPEATS {
            return Err(format!("something repeats {all} times"));
        }
        self.push(all);
        Ok(())
    }

    /// Reads `n}`, `n,}` or `n,m}`; none if the text is none of these, so that the brace is a
    /// literal.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let (counts, rest) = self.rest.split_once('}')?;
        let number = |digits: &str| {
            let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let plain = all && (digits == "0" || !digits.starts_with('0'));
            plain.then(|| digits.parse().unwrap_or(u32::MAX))
        };
        let counts = match counts.split_once(',') {
            None => (number(counts)?, None),
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        self.rest = rest;
        Some(counts)
    }

    fn open(&mut self) -> Result<(), String> {
        if self.rest.starts_with('?') && !self.named()? && !self.flags()? {
            return Ok(());
        }
        self.groups.push(Group::default());
        if self.groups.len() > MAX_LEVELS {
            return Err(format!("groups nest more than {MAX_LEVELS} levels deep"));
        }
        Ok(())
    }

    /// Reads `?P<name>` or `?<name>`. Returns false if the text is neither.
    fn named(&mut self) -> Result<bool, String> {
        let is_long = self.rest.starts_with("?P<") && self.rest.len() > 3;
        let is_short = self.rest.starts_with("?<") && self.rest.len() > 2;
        if !is_long && !is_short {
            return Ok(false);
        }
        let name = self.rest.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let is_word = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
        };
        match name {
            Some((name, rest)) if is_word(name) => self.rest = rest,
            _ => return Err("a group has no valid name".to_owned()),
        }
        Ok(true)
    }

    /// Reads `?flags-flags:` or `?flags-flags)`. Returns whether a group follows.
    fn flags(&mut self) -> Result<bool, String> {
        self.bump();
        let (mut negated, mut seen) = (false, false);
        loop {
            match self.bump() {
                Some('i' | 'm' | 's' | 'U') => seen = true,
                Some('-') if !negated => (negated, seen) = (true, false),
                Some(end @ (':' | ')')) if !negated || seen => return Ok(end == ':'),
                _ => return Err("a group begins with `(?` and flags that do not exist".to_owned()),
            }
        }
    }

    fn close(&mut self) -> Result<(), String> {
        if self.groups.len() == 1 {
            return Err("a group is closed that is not open".to_owned());
        }
        let most = self.groups.pop().map_or(1, |group| group.most.max(1));
        self.push(most);
        Ok(())
    }

    /// Reads the text after a backslash outside of a class.
    fn escaped(&mut self) -> Result<(), String> {
        if self.take("C") {
            return Err("`\\C` stands for a byte, which no pattern can".to_owned());
        }
        if self.take("Q") {
            let (literal, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
            self.rest = rest;
            if !literal.is_empty() {
                self.push(1);
            }
            return Ok(());
        }
        let is_simple = ["A", "b", "B", "z"].iter().any(|simple| self.take(simple));
        if !is_simple && !self.named_class()? {
            self.escape()?;
        }
        self.push(1);
        Ok(())
    }

    /// Reads `d`, `p{Greek}` and the like after a backslash. Returns false if the text is none of
    /// these.
    fn named_class(&mut self) -> Result<bool, String> {
        if ["d", "D", "s", "S", "w", "W"].iter().any(|class| self.take(class)) {
            return Ok(true);
        }
        if !self.take("p") && !self.take("P") {
            return Ok(false);
        }
        let name = match self.bump() {
            Some('{') => {
                let (name, rest) = self.rest.split_once('}').ok_or("`\\p{` is not closed")?;
                self.rest = rest;
                name.strip_prefix('^').unwrap_or(name).to_owned()
            }
            // A name that is only `^`.
            Some('^') => String::new(),
            Some(letter) => letter.to_string(),
            None => return Err("`\\p` has no name behind it".to_owned()),
        };
        if classes::has(&name) { Ok(true) } else { Err(format!("there is no class `{name}`")) }
    }

    /// Reads the character after a backslash.
    fn escape(&mut self) -> Result<char, String> {
        let next = self.bump().ok_or("it ends in a backslash")?;
        let is_octal = |c: &char| ('0'..='7').contains(c);
        match next {
            '0' => Ok(self.octal(0)),
            '1'..='7' if self.rest.chars().next().is_some_and(|c| is_octal(&c)) => {
                Ok(self.octal(next as u32 - '0' as u32))
            }
            'x' => self.hexadecimal().ok_or_else(|| "`\\x` has no number behind it".to_owned()),
            'a' => Ok('\x07'),
            'f' => Ok('\x0c'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\x0b'),
            mark if mark.is_ascii() && !mark.is_ascii_alphanumeric() => Ok(mark),
            other => Err(format!("there is no `\\{other}`")),
        }
    }

    fn octal(&mut self, first: u32) -> char {
        let mut value = first;
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
            value = value * 8 + digit;
            self.bump();
        }
        char::from_u32(value).unwrap_or_default()
    }

    fn hexadecimal(&mut self) -> Option<char> {
        let (digits, rest) = if self.take("{") {
            self.rest.split_once('}')?
        } else {
            self.rest.split_at_checked(2)?
        };
        self.rest = rest;
        if digits.is_empty() {
            return None;
        }
        let value = digits.chars().try_fold(0_u32, |value, digit| {
            let value = value * 16 + digit.to_digit(16)?;
            (value <= u32::from(char::MAX)).then_some(value)
        })?;
        // RE2 accepts surrogates. Only their order in ranges matters here.
        Some(char::from_u32(value).unwrap_or('\u{d7ff}'))
    }

    /// Reads the text after a `[`.
    fn class(&mut self) -> Result<(), String> {
        self.take("^");
        let mut is_first = true;
        while is_first || !self.take("]") {
            is_first = false;
            if self.rest.starts_with("[:") && self.rest.len() > 2 && self.posix()? {
                continue;
            }
            let before = self.rest;
            if self.take("\\") {
                if self.named_class()? {
                    continue;
                }
                self.rest = before;
            }
            let low = self.member()?;
            let is_range = self.rest.starts_with('-')
                && !matches!(self.rest.as_bytes().get(1), None | Some(b']'));
            if is_range {
                self.bump();
                let high = self.member()?;
                if high < low {
                    return Err(format!("`{low}-{high}` goes backwards"));
                }
            }
        }
        Ok(())
    }

    fn member(&mut self) -> Result<char, String> {
        match self.bump() {
            None => Err("a class is not closed".to_owned()),
            Some('\\') => self.escape(),
            Some(other) => Ok(other),
        }
    }

    /// Reads `[:alpha:]` and the like. Returns false if the text is not one of these.
    fn posix(&mut self) -> Result<bool, String> {
        let Some((name, rest)) = self.rest[2..].split_once(":]") else { return Ok(false) };
        if !classes::POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(format!("there is no class `[:{name}:]`"));
        }
        self.rest = rest;
        Ok(true)
    }
}
