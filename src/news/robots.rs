//! robots.txt (RFC 9309): which addresses of a site a program may read.
//!
//! Reads what Google's published parser reads, since publishers test their files against that: misspelt keys, missing
//! colons, `index.html` standing for its directory, lines cut at a limit.

use std::borrow::Cow;

/// Bytes of a file that are read; RFC 9309 2.5 asks for at least 500 KiB.
pub const ROBOTS_BYTES_MAX: usize = 500 * 1024;
/// Bytes of a line that are read, the limit of Google's parser.
const LINE_BYTES_MAX: usize = 2083 * 8 - 1;

/// What one site lets one program read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Robots {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allow: bool,
    /// A path pattern: `*` is anything, `$` at its end the end; percent-encoded as addresses are.
    pattern: String,
}

/// The keys that mean something here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    UserAgent,
    Allow,
    Disallow,
}

impl Robots {
    /// A site that lets everything be read: it has no robots.txt (RFC 9309 2.3.1.3).
    pub fn allow_all() -> Self {
        Self::default()
    }

    /// A site that lets nothing be read: its robots.txt cannot be had for now (RFC 9309 2.3.1.4).
    pub fn disallow_all() -> Self {
        Self { rules: vec![Rule { allow: false, pattern: "/".to_owned() }] }
    }

    /// The rules in a robots.txt for the program named `agent` (its product token: `Daybrief`).
    ///
    /// The groups that name it count together; only where none does, those for `*`.
    pub fn parse(bytes: &[u8], agent: &str) -> Self {
        let bytes = &bytes[..bytes.len().min(ROBOTS_BYTES_MAX)];
        let mut ours = Vec::new();
        let mut everyones = Vec::new();
        let (mut named, mut in_ours, mut in_everyones) = (false, false, false);
        let mut rules_seen = false;
        for line in without_mark(bytes).split(|&b| matches!(b, b'\n' | b'\r')) {
            let line = &line[..line.len().min(LINE_BYTES_MAX)];
            let line = String::from_utf8_lossy(line);
            let Some((key, value)) = entry(&line) else { continue };
            match key {
                Key::UserAgent => {
                    if std::mem::take(&mut rules_seen) {
                        (in_ours, in_everyones) = (false, false);
                    }
                    if value == "*" || value.starts_with("* ") || value.starts_with("*\t") {
                        in_everyones = true;
                    } else if product(value).eq_ignore_ascii_case(agent) && !agent.is_empty() {
                        (named, in_ours) = (true, true);
                    }
                }
                Key::Allow | Key::Disallow => {
                    rules_seen = true;
                    let rule = Rule { allow: key == Key::Allow, pattern: escape(value).into_owned() };
                    if in_ours {
                        ours.push(rule.clone());
                    }
                    if in_everyones {
                        everyones.push(rule);
                    }
                }
            }
        }
        Self { rules: if named { ours } else { everyones } }
    }

    /// Whether `path` (with its query) may be read: the longest matching rule decides, an allowing one among equals.
    pub fn allows(&self, path: &str) -> bool {
        let path = if path.starts_with('/') { Cow::Borrowed(path) } else { Cow::Owned(format!("/{path}")) };
        let longest = |allow: bool| {
            let rules = self.rules.iter().filter(|rule| rule.allow == allow);
            rules.filter_map(|rule| rule.priority(&path)).max().unwrap_or(0)
        };
        longest(true) >= longest(false)
    }
}

impl Rule {
    /// The length of the pattern, where it matches.
    fn priority(&self, path: &str) -> Option<usize> {
        if matches(path, &self.pattern) {
            return Some(self.pattern.len());
        }
        // `/dir/index.html` also stands for `/dir/`.
        let slash = self.pattern.rfind('/').filter(|_| self.allow)?;
        let directory = &self.pattern[..=slash];
        let is_index = self.pattern[slash..].starts_with("/index.htm");
        (is_index && matches(path, &format!("{directory}$"))).then_some(directory.len() + 1)
    }
}

/// One line's key and value, without its comment. White space does for a missing colon, when two words are all there is.
fn entry(line: &str) -> Option<(Key, &str)> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let (key, value) = match line.split_once(':') {
        Some(parts) => parts,
        None => line.split_once([' ', '\t']).filter(|(_, value)| !value.trim().contains([' ', '\t']))?,
    };
    let key = key.trim().to_ascii_lowercase();
    let is = |names: &[&str]| names.iter().any(|name| key.starts_with(name));
    let key = if is(&["user-agent", "useragent", "user agent"]) {
        Key::UserAgent
    } else if is(&["allow"]) {
        Key::Allow
    } else if is(&["disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"]) {
        Key::Disallow
    } else {
        return None;
    };
    Some((key, value.trim()))
}

/// The product token at the start of a user agent: letters, `_` and `-`.
fn product(agent: &str) -> &str {
    let end = agent.find(|c: char| !c.is_ascii_alphabetic() && !matches!(c, '_' | '-')).unwrap_or(agent.len());
    &agent[..end]
}

/// A pattern as addresses are written: bytes beyond ASCII percent-encoded, escapes in capitals.
fn escape(pattern: &str) -> Cow<'_, str> {
    let is_plain = pattern.is_ascii() && !pattern.contains('%');
    if is_plain {
        return Cow::Borrowed(pattern);
    }
    let bytes = pattern.as_bytes();
    let mut escaped = String::with_capacity(pattern.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match bytes.get(at + 1..at + 3) {
            Some(hex) if byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit) => {
                escaped.push('%');
                escaped.extend(hex.iter().map(|digit| char::from(digit.to_ascii_uppercase())));
                at += 3;
                continue;
            }
            _ if byte.is_ascii() => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
        at += 1;
    }
    Cow::Owned(escaped)
}

/// Whether `path` begins with `pattern`, `*` in it being anything and a last `$` the path's end. Takes linear time:
/// between two stars the first place that fits is as good as any.
fn matches(path: &str, pattern: &str) -> bool {
    let (pattern, to_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut pieces = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut last = None;
    for piece in pieces {
        if let Some(piece) = last.replace(piece) {
            let Some(found) = rest.find(piece) else { return false };
            rest = &rest[found + piece.len()..];
        }
    }
    match last {
        None => !to_end || rest.is_empty(),
        Some(piece) if to_end => rest.ends_with(piece),
        Some(piece) => rest.contains(piece),
    }
}

/// Without a byte order mark, whole or cut short.
fn without_mark(bytes: &[u8]) -> &[u8] {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let len = bytes.iter().zip(MARK).take_while(|(byte, mark)| byte == mark).count();
    &bytes[len..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(robots: &str, path: &str, allowed: bool) {
        assert_eq!(Robots::parse(robots.as_bytes(), "Daybrief").allows(path), allowed, "{path} under {robots:?}");
    }

    #[test]
    fn the_longest_rule_decides_and_allowing_wins_among_equals() {
        check("user-agent: *\ndisallow: /a\nallow: /a/b", "/a/b/c", true);
        check("user-agent: *\ndisallow: /a/b\nallow: /a", "/a/b/c", false);
        check("user-agent: *\ndisallow: /a\nallow: /a", "/a", true);
        check("user-agent: *\ndisallow:", "/a", true);
        check("user-agent: *\ndisallow: /", "/", false);
        check("", "/a", true);
    }

    #[test]
    fn groups_that_name_us_go_before_everyones() {
        let robots = "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: daybrief/1.0\nDisallow: /private";
        check(robots, "/news", true);
        check(robots, "/private/x", false);
        check("disallow: /\nuser-agent: other\ndisallow: /", "/news", true);
    }

    #[test]
    fn patterns_have_stars_ends_and_escapes() {
        check("user-agent: *\ndisallow: /*.pdf$", "/a/b.pdf", false);
        check("user-agent: *\ndisallow: /*.pdf$", "/a/b.pdf?x", true);
        check("user-agent: *\ndisallow: /a*b*c", "/a-c-b-c", false);
        check("user-agent: *\ndisallow: /a*b*c", "/a-c-b", true);
        check("user-agent: *\ndisallow: /порт", "/%D0%BF%D0%BE%D1%80%D1%82", false);
        check("user-agent: *\ndisallow: /%d0%bf", "/%D0%BF", false);
        check("user-agent: *\ndisallow: /a*a$", "/a", true);
    }

    #[test]
    fn sloppy_files_are_read() {
        check("\u{feff}useragent *\r\rdissallow /a # not this\n", "/a", false);
        check("user-agent: *\ndisallow: /\nallow: /dir/index.html", "/dir/", true);
        let many = format!("user-agent: *\ndisallow: /{}", "*a".repeat(5_000));
        check(&many, &"/a".repeat(1_000), true);
    }
}
