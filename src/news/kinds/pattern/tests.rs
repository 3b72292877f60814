use super::*;

#[test]
fn shipped_kinds_prove_their_examples() {
    let mistakes: Vec<String> =
        shipped().flat_map(|(name, source)| check(name, source)).map(|mistake| mistake.to_string()).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}
