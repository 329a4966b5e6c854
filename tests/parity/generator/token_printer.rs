//! Writes tokens as people and machines write them: any line ends, tabs, wide characters, and
//! comments in every place, all chosen by a seed.

use std::fmt::Write as _;

use crate::parity::generator::names::text;

/// What happens between tokens is decided by this.
#[derive(Clone, Debug)]
pub(crate) struct Rng(pub u64);

impl Rng {
    /// The next number (SplitMix64).
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u16) -> u16 {
        u16::try_from(self.next() % u64::from(n.max(1))).expect("below a u16")
    }

    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: u16) -> bool {
        self.below(n) == 0
    }
}

/// How much is done to a text: none, what lies around lines, what lies between tokens.
pub(crate) const PLAIN: u8 = 0;
pub(crate) const LINES: u8 = 1;
pub(crate) const TOKENS: u8 = 2;

/// A text being written.
pub(crate) struct Ink {
    pub rng: Rng,
    level: u8,
    newline: &'static str,
    indent: &'static str,
    out: String,
    /// Whether the last thing written was a token, so that something may have to part it from the next.
    fresh: bool,
}

impl Ink {
    /// Begins a text; the seed decides everything but what is said.
    pub(crate) fn new(seed: u64, level: u8) -> Self {
        let mut rng = Rng(seed);
        let decorated = level > PLAIN;
        let newline = if decorated && rng.once_in(4) { "\r\n" } else { "\n" };
        let indent = if decorated {
            ["  ", "\t", "    ", " \t", ""][usize::from(rng.below(5))]
        } else {
            "  "
        };
        Ink { rng, level, newline, indent, out: String::new(), fresh: true }
    }

    /// The finished text.
    pub(crate) fn finish(mut self) -> String {
        if self.level == PLAIN || !self.rng.once_in(6) {
            self.out.push_str(self.newline);
        }
        self.out
    }

    /// Begins a line at a depth, perhaps with comments above it.
    pub(crate) fn line(&mut self, depth: usize) {
        if self.level >= LINES && self.rng.once_in(8) {
            self.trailing_comment();
        } else if !self.out.is_empty() {
            if self.level >= TOKENS && self.rng.once_in(12) {
                // Several statements on a line.
                self.out.push(' ');
                self.fresh = true;
                return;
            }
            self.out.push_str(self.newline);
        }
        if self.level >= LINES && self.rng.once_in(5) {
            self.leading_comment(depth);
        }
        self.pad(depth);
        self.fresh = true;
    }

    fn pad(&mut self, depth: usize) {
        for _ in 0..depth {
            self.out.push_str(self.indent);
        }
    }

    fn trailing_comment(&mut self) {
        let said = text(self.rng.below(100));
        let _ = match self.rng.below(3) {
            0 => write!(self.out, " /* {said} */"),
            1 => write!(self.out, " // {said}"),
            _ => write!(self.out, "\t//{said}"),
        };
        self.out.push_str(self.newline);
    }

    fn leading_comment(&mut self, depth: usize) {
        let lines = 1 + self.rng.below(3);
        let block = self.rng.once_in(3);
        self.pad(depth);
        if block {
            self.out.push_str("/*");
        }
        for i in 0..lines {
            let said = text(self.rng.below(100));
            if !block {
                let _ = write!(self.out, "// {said}{}", self.newline);
                self.pad(depth);
            } else if i + 1 < lines {
                let _ = write!(self.out, " {said}{}\t *", self.newline);
            } else {
                let _ = write!(self.out, " {said} */{}", self.newline);
            }
        }
        // Detached from what follows, now and then.
        if self.rng.once_in(3) {
            self.out.push_str(self.newline);
        }
    }

    /// Writes tokens, with what must and what may stand between them.
    pub(crate) fn put(&mut self, tokens: &[&str]) {
        for token in tokens {
            self.token(token);
        }
    }

    fn token(&mut self, token: &str) {
        if !std::mem::take(&mut self.fresh) {
            self.gap(token);
        }
        self.out.push_str(token);
    }

    fn gap(&mut self, next: &str) {
        if self.level >= TOKENS && self.rng.once_in(9) {
            return self.odd_gap();
        }
        let last = self.out.chars().next_back().unwrap_or(' ');
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '\'' | '.' | '-');
        let first = next.chars().next().unwrap_or(' ');
        let needed = word(last) && word(first);
        let usual =
            !matches!(first, ';' | ',' | ')' | ']' | '>' | '<') && !matches!(last, '(' | '[' | '<');
        let usual = usual && !(first == '(' && word(last));
        let tight = self.level >= TOKENS && self.rng.once_in(6);
        if needed || (usual && !tight) {
            self.out.push(' ');
        }
    }

    fn odd_gap(&mut self) {
        let said = text(self.rng.below(100));
        let newline = self.newline;
        let _ = match self.rng.below(9) {
            0 => write!(self.out, "  "),
            1 | 2 => write!(self.out, "\t"),
            3 => write!(self.out, "{newline}\t"),
            4 => write!(self.out, " /* {said} */ "),
            5 => write!(self.out, "/*{said}*/"),
            6 => write!(self.out, " // {said}{newline} "),
            7 => write!(self.out, "{newline}// {said}{newline}{newline}  "),
            _ => write!(self.out, " \t "),
        };
    }
}
