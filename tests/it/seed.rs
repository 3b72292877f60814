//! The article the project started from, which must come out whole. It stays in `../shared`.

use crate::world::World;

#[test]
fn the_seed_comes_out_whole() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/seed.json");
    let Ok(seed) = std::fs::read_to_string(path) else {
        eprintln!("SKIPPED: the seed article is not here ({path})");
        return;
    };
    let seed: serde_json::Value = serde_json::from_str(&seed).unwrap();
    let world = World::new("");
    world.write("article.jsonl", seed["article"].to_string());
    world.write("gold.jsonl", seed["gold"].to_string());
    let measures =
        ["toll.value.f1", "toll.full.f1", "munitions.f1", "talks.f1", "toll.place", "talks.status", "evidence"];
    let floors: String = measures.iter().map(|measure| format!("{measure} = 1.0\n")).collect();
    world.write("floors.toml", floors);
    world.run(&["eval", "gold.jsonl", "article.jsonl", "--floors", "floors.toml"]).ended(0);
}
