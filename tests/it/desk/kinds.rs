//! The kinds editor: tried on stored articles, saved with care, in force without a restart.

use super::*;

#[test]
fn a_kind_is_tried_saved_and_in_force_without_a_restart() {
    let served = Served::with_kinds("");
    let mut admin = served.admin();
    let file = served.world.path().join("kinds/bridges.toml");
    admin.get("/admin/kinds").says(&["infrastructure_damage", "shipped", "Add a kind"]);
    let start = textarea(&admin.get("/admin/kinds/edit"));
    let edit = "/admin/kinds/edit";

    // The sources have been read by now, so there is something to find.
    let try_it = |admin: &mut Visitor, text: &str| {
        admin.post(edit, edit, &[("name", "bridges"), ("hash", ""), ("text", text), ("do", "try")])
    };
    served.wait(|| try_it(&mut served.admin(), &start).body.contains("collapsed under 12 lorries on Monday"));
    let tried = try_it(&mut admin, &start);
    tried.says(&[
        "1 found in 2 articles of the last 7 days",
        "vehicles: <strong>12</strong>",
        "She crossed the bridge.",
    ]);
    assert!(!tried.body.contains("no: "), "{}", tried.body);
    assert!(!file.exists(), "trying saves nothing");

    // Mistakes have line and column, as `kinds check` says them, and are not saved.
    let broken = start.replace("@fell [", "@fel [");
    let refused = admin.post(edit, edit, &[("name", "bridges"), ("hash", ""), ("text", &broken), ("do", "save")]);
    let said = daybrief::news::kinds::pattern::check("bridges.toml", &broken)[0].to_string();
    assert!(said.starts_with("bridges.toml:11:"), "{said}");
    assert_eq!(refused.status, 422);
    refused.says(&[said.split('"').next().unwrap()]);
    // An example that fails: which one is shown, and that it keeps the kind from being saved.
    let failing = start.replace("vehicles = 12", "vehicles = 13");
    try_it(&mut admin, &failing).says(&["no: this example gives"]);
    let fields = [("name", "bridges"), ("hash", ""), ("text", failing.as_str()), ("do", "save")];
    assert_eq!(admin.post(edit, edit, &fields).status, 422);
    // No name leads out of the folder.
    for name in ["../bridges", "Bridges", "toll", "", "a/b", "bridges\0"] {
        let reply = admin.post(edit, edit, &[("name", name), ("hash", ""), ("text", &start), ("do", "save")]);
        assert_eq!(reply.status, 422, "{name:?}");
    }
    assert!(!file.exists());

    let save = [("name", "bridges"), ("hash", ""), ("text", start.as_str()), ("do", "save")];
    assert_eq!(admin.post(edit, edit, &save).status, 303);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), start);
    admin.get("/admin/kinds").says(&["Bridges", "yours"]);
    admin.get("/admin/log").says(&["save a kind: bridges.toml"]);
    // A second new one of that name does not take its place.
    let other = start.replace("Bridges", "Other bridges");
    let fields = [("name", "bridges"), ("hash", ""), ("text", other.as_str()), ("do", "save")];
    assert_eq!(admin.post(edit, edit, &fields).status, 409);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), start);

    // In force at once.
    assert_eq!(admin.post("/admin", "/admin/run", &[("edition", "daily")]).status, 303);
    served.wait(|| served.outbox().iter().any(|mail| mail.contains("Bridges")));

    // Edited by hand meanwhile: left as it is.
    let page = admin.get("/admin/kinds/edit?name=bridges");
    let hash = page.hidden("hash");
    let by_hand = format!("# mine\n{start}");
    std::fs::write(&file, &by_hand).unwrap();
    let fields = [("known", "yes"), ("name", "bridges"), ("hash", &hash), ("text", &other), ("do", "save")];
    let overtaken = admin.post(edit, edit, &fields);
    assert_eq!(overtaken.status, 409);
    overtaken.says(&["changed by someone else"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), by_hand);
    let fields = [("known", "yes"), ("name", "bridges"), ("hash", &hash), ("text", ""), ("do", "remove")];
    assert_eq!(admin.post(edit, edit, &fields).status, 409);
    // With the text as it is now, it goes; an earlier text is kept.
    let hash = admin.get("/admin/kinds/edit?name=bridges").hidden("hash");
    let fields = [("known", "yes"), ("name", "bridges"), ("hash", &hash), ("text", ""), ("do", "remove")];
    assert_eq!(admin.post(edit, edit, &fields).status, 303);
    assert!(!file.exists());
    assert_eq!(std::fs::read_dir(served.world.path().join("kinds/bridges.toml.versions")).unwrap().count(), 1);

    // Without the mark of its own form nothing is done.
    assert_eq!(admin.send(edit, &save, &[]).status, 403);
    assert!(!file.exists());
}

fn textarea(reply: &Reply) -> String {
    let (_, rest) = reply.body.split_once("<textarea").unwrap();
    let text = rest.split_once(">\n").unwrap().1.split_once("</textarea>").unwrap().0;
    text.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#39;", "'").replace("&#38;", "&")
}
