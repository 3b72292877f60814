//! Who is let into the desk: passwords, links that let in once, and the sessions that they begin.

use super::*;

#[test]
fn a_login_begins_a_session_that_nobody_else_had() {
    let served = Served::start();
    let mut visitor = served.visitor();
    // Somebody put a cookie of their own into the browser.
    visitor.cookie = "daybrief=planted-by-somebody-else".to_owned();
    let wrong =
        visitor.post("/admin/login", "/admin/login", &[("name", "admin"), ("password", "correct horse batterz")]);
    assert_eq!(wrong.status, 403);
    assert_eq!(visitor.cookie, "daybrief=planted-by-somebody-else");
    let right = visitor.post("/admin/login", "/admin/login", &[("name", "admin"), ("password", PASSWORD)]);
    assert_eq!((right.status, right.header("location")), (303, Some("/admin")));
    let set = right.header("set-cookie").unwrap();
    assert!(set.contains("; HttpOnly") && set.contains("; SameSite=Strict") && set.contains("; Path=/"), "{set}");
    assert_ne!(visitor.cookie, "daybrief=planted-by-somebody-else");
    assert_eq!(visitor.get("/admin").status, 200);
    let planted = http(served.address, "GET", "/admin", &[("Cookie", "daybrief=planted-by-somebody-else")], b"");
    assert_eq!(planted.unwrap().status, 303);

    // A second login ends the first session; so does leaving.
    let first = visitor.cookie.clone();
    visitor.post("/admin/login", "/admin/login", &[("name", "admin"), ("password", PASSWORD)]);
    assert_eq!(http(served.address, "GET", "/admin", &[("Cookie", &first)], b"").unwrap().status, 303);
    let second = visitor.cookie.clone();
    assert_eq!(visitor.post("/admin", "/admin/logout", &[]).status, 303);
    assert_eq!(http(served.address, "GET", "/admin", &[("Cookie", &second)], b"").unwrap().status, 303);
}

#[test]
fn a_link_lets_in_once_and_a_reset_ends_every_session() {
    let served = Served::start();
    let mut old = served.admin();
    let link = served.world.run(&["admin", "reset"]).ended(0).out;
    let path = link.trim().split_once("/admin/").map(|(_, path)| format!("/admin/{path}")).unwrap();
    assert_eq!(old.get("/admin").status, 303, "the session of before has ended");
    // With a link alone there is no password any more.
    let mut visitor = served.visitor();
    let wrong = visitor.post("/admin/login", "/admin/login", &[("name", "admin"), ("password", PASSWORD)]);
    assert_eq!(wrong.status, 403);
    // Looking at it does not use it up.
    assert_eq!(visitor.get(&path).status, 200);
    let entered = visitor.post(&path, &path, &[]);
    assert_eq!((entered.status, entered.header("location")), (303, Some("/admin/password")));
    let mut replay = served.visitor();
    replay.post(&path, &path, &[]).says(&["This link was used, or is too old."]);
    assert_eq!(replay.get("/admin").status, 303);

    let short = visitor.post("/admin/password", "/admin/password", &[("password", "short"), ("again", "short")]);
    short.says(&["10 characters at least"]);
    let fields = [("password", "a new long password"), ("again", "a new long password")];
    assert_eq!(visitor.post("/admin/password", "/admin/password", &fields).status, 303);
    assert_eq!(visitor.get("/admin").status, 200);
}

#[test]
fn after_ten_wrong_passwords_nobody_may_try() {
    let served = Served::start();
    let mut visitor = served.visitor();
    let mut try_with =
        |password| visitor.post("/admin/login", "/admin/login", &[("name", "admin"), ("password", password)]).status;
    for _ in 0..10 {
        assert_eq!(try_with("wrong wrong wrong"), 403);
    }
    assert_eq!(try_with(PASSWORD), 429);
}
