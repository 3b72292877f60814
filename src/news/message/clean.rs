//! Text that others wrote, made harmless for every rendering.

/// Zero-width joiner and non-joiner: letters of Arabic, Indic and like scripts need them, others only hide behind them.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// One line without characters that are not seen but change what is: controls, marks that turn the direction of writing,
/// zero-width characters, tags. White space becomes single spaces. Letters of any script stay as they are.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_space = true;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            if !is_space {
                out.push(' ');
            }
            is_space = true;
        } else if !is_hidden(c) || (JOINERS.contains(&c) && out.chars().next_back().is_some_and(is_joined)) {
            out.push(c);
            is_space = false;
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Unicode's default-ignorable characters and the marks of direction (UAX #9), but for variation selectors, which choose
/// the form of the letter before them.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Whether joiners after this letter mean something: the blocks from Arabic to Khmer and Mongolian.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{18af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_goes_and_letters_stay() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(clean(text), expected);
        }
        check("  Strike\n on\tSumy \u{0}\u{7}", "Strike on Sumy");
        check("5\u{202e}21 dead\u{202c}", "521 dead");
        check("Su\u{200b}m\u{feff}y\u{2066}\u{2069}", "Sumy");
        check("kil\u{200d}led\u{e0041}", "killed");
        check("می\u{200c}خواهم", "می\u{200c}خواهم");
        check("غزة تحت القصف", "غزة تحت القصف");
        check("Є\u{301}вро — “так”", "Є\u{301}вро — “так”");
        check("\u{a0}\u{2028}", "");
    }
}
