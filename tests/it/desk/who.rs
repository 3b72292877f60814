//! Who may see what, and who may send what: every route of the router, asked for by everybody.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use daybrief::config::Config;
use daybrief::news::token::{Key, Purpose};
use daybrief::service::control::Control;
use daybrief::service::store::Store;
use daybrief::service::web;
use tokio::sync::mpsc;
use url::Url;

use super::{CONFIG, PASSWORD, Reply, SECRETS, STRIKE, Served, Visitor, http};
use crate::outbox::service;
use crate::world::World;

/// Route, who may read it, who may send it a form.
///
/// `all`: everybody. `reader`: who has the link that was mailed to them. `alike`: everybody gets the same answer, whether their
/// link is a good one or not. `admin`: after a login; a form needs the mark of its page besides. `password`: whoever has one,
/// or a link for one login. Any other word is the scope of a token. `-`: there is no such thing.
const WHO: [(&str, &str, &str); 52] = [
    ("/", "all", "-"),
    ("/archive", "all", "-"),
    ("/archive/{file}", "all", "-"),
    ("/archive/{stem}/report", "all", "all"),
    ("/archive/{stem}/{what}/{mark}", "all", "-"),
    ("/archive/{stem}/{what}/{mark}/{picture}", "all", "-"),
    ("/subscribe", "all", "all"),
    ("/preferences/{mark}", "reader", "reader"),
    ("/confirm/{mark}", "alike", "alike"),
    ("/unsubscribe/{edition}/{mark}", "alike", "alike"),
    ("/healthz", "all", "-"),
    ("/readyz", "all", "-"),
    ("/metrics", "metrics", "-"),
    ("/api/v1/openapi.json", "all", "-"),
    ("/api/v1/editions", "editions", "-"),
    ("/api/v1/editions/{id}", "editions", "-"),
    ("/api/v1/editions/{id}/incidents", "incidents", "-"),
    ("/api/v1/editions/{id}/deliveries", "deliveries", "-"),
    ("/api/v1/held", "held", "-"),
    ("/api/v1/sources", "sources", "-"),
    ("/api/v1/subscribers", "subscribers", "-"),
    ("/api/{*rest}", "-", "-"),
    ("/admin/login", "all", "password"),
    ("/admin/login/{link}", "all", "password"),
    ("/admin/style.css", "all", "-"),
    ("/admin", "admin", "-"),
    ("/admin/run", "admin", "admin"),
    ("/admin/send-test", "-", "admin"),
    ("/admin/editions", "admin", "-"),
    ("/admin/editions/{id}", "admin", "-"),
    ("/admin/editions/{id}/page", "admin", "-"),
    ("/admin/editions/{id}/picture/{name}", "admin", "-"),
    ("/admin/preview", "admin", "-"),
    ("/admin/preview/message", "admin", "-"),
    ("/admin/held", "admin", "admin"),
    ("/admin/kinds", "admin", "-"),
    ("/admin/kinds/edit", "admin", "admin"),
    ("/admin/reports", "admin", "admin"),
    ("/admin/reports/case", "admin", "admin"),
    ("/admin/reports/cases.jsonl", "admin", "-"),
    ("/admin/accuracy", "admin", "-"),
    ("/admin/settings", "admin", "admin"),
    ("/admin/settings/entry", "admin", "admin"),
    ("/admin/settings/save", "-", "admin"),
    ("/admin/settings/rollback", "-", "admin"),
    ("/admin/sources", "admin", "-"),
    ("/admin/deliveries", "admin", "-"),
    ("/admin/log", "admin", "-"),
    ("/admin/tokens", "admin", "admin"),
    ("/admin/tokens/end", "-", "admin"),
    ("/admin/password", "admin", "admin"),
    ("/admin/logout", "-", "admin"),
];

const SCOPES: [&str; 7] = ["editions", "incidents", "held", "sources", "deliveries", "subscribers", "metrics"];
/// The configured secret for links.
const SECRET: &str = SECRETS[2];
const READER: &str = "reader@inbox.example";
/// Nobody's mark.
const FALSE_MARK: &str = "0123456789abcdef0123456789abcdef";

/// The routes that this router answers, as it says of itself.
fn routes(router: &axum::Router) -> BTreeSet<String> {
    // No other way leads to them: axum's Router tells its routes when it is debugged, and nowhere else.
    let said = format!("{router:?}");
    let list = said.split_once("paths: {").and_then(|(_, rest)| rest.split_once("RouteId(")).unwrap().1;
    let list = list.split("RouteId(").map_while(|entry| entry.split_once("): \"")?.1.split_once('"'));
    list.map(|(path, _)| path.to_owned()).collect()
}

/// Whether an address is one of a route, and how many of its parts the route names.
fn fits(route: &str, path: &str) -> Option<usize> {
    let (route, path): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), path.split('/').collect());
    let same = |(of, at): (&&str, &&str)| of == at || of.starts_with('{');
    (route.len() == path.len() && route.iter().zip(&path).all(same))
        .then(|| route.iter().filter(|part| !part.starts_with('{')).count())
}

fn route_of(path: &str) -> &'static str {
    let fitting = WHO.iter().filter_map(|(route, ..)| Some((fits(route, path)?, *route)));
    fitting.max().unwrap_or_else(|| panic!("no route for {path}")).1
}

/// Follows what is linked from these pages; every link leads to a page. One address for each route that was met.
fn crawl(visitor: &mut Visitor, from: &[String]) -> BTreeMap<&'static str, String> {
    let base: Url = format!("http://{}", visitor.address).parse().unwrap();
    let mut todo: Vec<(String, String)> = from.iter().map(|path| (path.clone(), "the start".to_owned())).collect();
    let (mut known, mut met) = (BTreeSet::new(), BTreeMap::new());
    while let Some((path, on)) = todo.pop() {
        if !known.insert(path.clone()) {
            continue;
        }
        let reply = visitor.get(&path);
        assert!(matches!(reply.status, 200 | 303), "{on} leads to {path}: {}", reply.status);
        let own = base.join(&path).unwrap();
        met.entry(route_of(own.path())).or_insert_with(|| path.clone());
        if !reply.header("content-type").unwrap_or_default().starts_with("text/html") {
            continue;
        }
        let links = ["href=\"", "src=\"", "data=\""].into_iter().flat_map(|name| reply.body.split(name).skip(1));
        for link in links.filter_map(|rest| rest.split('"').next()) {
            let mut to = own.join(&link.replace("&#38;", "&").replace("&amp;", "&")).unwrap();
            to.set_fragment(None);
            if to.origin() == base.origin() {
                todo.push((to[url::Position::BeforePath..].to_owned(), path.clone()));
            }
        }
    }
    met
}

/// Somebody who asks.
#[derive(Clone)]
enum Person {
    Nobody,
    Reader,
    Admin(Visitor),
    Token { scope: &'static str, token: String },
}

impl Person {
    fn name(&self) -> &str {
        match self {
            Self::Nobody => "nobody",
            Self::Reader => "a reader",
            Self::Admin(_) => "an admin",
            Self::Token { scope, .. } => scope,
        }
    }

    fn asks(&self, site: SocketAddr, method: &str, path: &str, body: &str) -> Reply {
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        let (name, value) = match self {
            Self::Nobody | Self::Reader => ("Accept", "*/*".to_owned()),
            Self::Admin(visitor) => ("Cookie", visitor.cookie.clone()),
            Self::Token { token, .. } => ("Authorization", format!("Bearer {token}")),
        };
        http(site, method, path, &[form, (name, &value)], body.as_bytes()).unwrap()
    }

    fn may(&self, who: &str) -> bool {
        match (who, self) {
            ("all", _) | ("admin", Self::Admin(_)) => true,
            (scope, Self::Token { scope: own, .. }) => scope == *own,
            _ => false,
        }
    }
}

/// Whether an answer to a GET shows nothing.
fn is_refused(reply: &Reply) -> bool {
    matches!(reply.status, 401 | 403) || (reply.status == 303 && reply.header("location") == Some("/admin/login"))
}

/// A program that has printed an edition, with all its pages.
fn printed() -> Served {
    let world = World::new(&format!("{CONFIG}url = \"http://digest.daybrief.example/\"\n"));
    world.write("articles/strike.txt", STRIKE);
    world.run(&["subscribers", "add", READER]).ended(0);
    world.run_with_input(&["admin", "reset", "--password"], &format!("{PASSWORD}\n")).ended(0);
    let served = Served::of(world);
    let mut admin = served.admin();
    admin.post("/admin", "/admin/run", &[("edition", "daily")]);
    served.wait(|| admin.clone().get("/admin/run").body.contains("1 accepted"));
    served
}

/// The router of this program, for its routes alone.
async fn router(config: &Path) -> axum::Router {
    let service = service(Config::load(Some(config)).unwrap(), Store::in_memory().await.unwrap(), 0);
    web::router(&Arc::new(service), &Arc::new(Control::new(mpsc::unbounded_channel().0)))
}

#[test]
fn everybody_sees_and_sends_what_the_table_says() {
    let served = printed();
    let address = served.address;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = served.world.path().join("daybrief.toml");
    let router = runtime.block_on(router(&config));
    let all: BTreeSet<String> = WHO.iter().map(|(route, ..)| (*route).to_owned()).collect();
    assert_eq!(all.len(), WHO.len(), "a route stands there twice");
    assert_eq!(routes(&router), all, "a route without a row, or a row without a route");
    let (reader, edition) = runtime.block_on(async {
        let store = Store::open_read_only(&Config::load(Some(&config)).unwrap().store).await.unwrap();
        let edition = store.editions_page("", None, 1).await.unwrap().remove(0).id;
        (store.subscriber_ids_page(None, 1).await.unwrap().remove(0), edition)
    });
    let key = Key::new(SECRET.as_bytes());

    let document: serde_json::Value = serde_json::to_value(web::api::document()).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let (_, who, _) = WHO.iter().find(|(route, ..)| route == path).unwrap();
        assert_eq!(methods["get"]["security"][0]["token"][0], *who, "{path}");
    }

    // The links of a mail, of nobody and of a reader.
    let mailed = |purpose| key.link(purpose, &reader);
    let links = [
        ("/preferences/{mark}", "/preferences/", mailed(Purpose::Preferences)),
        ("/confirm/{mark}", "/confirm/", mailed(Purpose::Confirm)),
        ("/unsubscribe/{edition}/{mark}", "/unsubscribe/daily/", mailed(Purpose::Unsubscribe("daily"))),
    ];
    let mut admin = served.admin();
    let tokens: Vec<Person> =
        SCOPES.iter().map(|scope| Person::Token { scope, token: admin.token(&[scope]) }).collect();

    let mut examples = crawl(&mut admin, &["/admin".to_owned()]);
    let mut open = vec!["/".to_owned(), "/archive".to_owned(), "/subscribe".to_owned()];
    open.extend(links.iter().map(|(_, start, mark)| format!("{start}{mark}")));
    let met = crawl(&mut Visitor::new(address), &open);
    assert!(met.keys().all(|route| !route.starts_with("/admin")), "{met:?}");
    examples.extend(met);
    for (route, ..) in WHO {
        let example = examples.entry(route).or_insert_with(|| route.to_owned());
        *example = example.replace("{id}", &edition).replace("{*rest}", "nothing").replace("{link}", FALSE_MARK);
    }

    let people =
        |admin: &Visitor| [&[Person::Nobody, Person::Reader, Person::Admin(admin.clone())], tokens.as_slice()].concat();
    let at = |route: &str, person: &Person| {
        let link = links.iter().find(|(known, ..)| *known == route);
        link.map_or_else(
            || examples[route].clone(),
            |(_, start, mark)| {
                let is_theirs = matches!(person, Person::Reader);
                format!("{start}{}", if is_theirs { mark } else { FALSE_MARK })
            },
        )
    };
    for (route, sees, _) in WHO {
        let strangers = Person::Nobody.asks(address, "GET", &at(route, &Person::Nobody), "");
        for person in people(&admin) {
            let path = at(route, &person);
            let reply = person.asks(address, "GET", &path, "");
            let told = format!("{} reads {path}: {}", person.name(), reply.status);
            match sees {
                "-" => assert!(matches!(reply.status, 404 | 405), "{told}"),
                "alike" => assert_eq!((reply.status, &reply.body), (200, &strangers.body), "{told}"),
                "reader" => {
                    assert_eq!(reply.status, 200, "{told}");
                    let is_theirs = matches!(person, Person::Reader);
                    assert_eq!(reply.body.contains(READER), is_theirs, "{told}");
                }
                // A page about one thing that is not named is missing, to who may see it.
                _ if person.may(sees) => {
                    assert!(matches!(reply.status, 200 | 303 | 404) && !is_refused(&reply), "{told}");
                }
                _ => assert!(is_refused(&reply), "{told}"),
            }
        }
    }
    for (route, _, sends) in WHO {
        if admin.get("/admin").status != 200 {
            admin = served.admin();
        }
        let mark = admin.get("/admin").hidden("mark");
        for person in people(&admin) {
            let path = at(route, &person);
            let reply = person.asks(address, "POST", &path, "");
            let told = format!("{} sends to {path}: {}", person.name(), reply.status);
            match sends {
                "-" => assert!(matches!(reply.status, 404 | 405), "{told}"),
                "all" | "alike" => assert!(!matches!(reply.status, 401 | 403 | 404 | 405), "{told}"),
                "reader" => {
                    let is_theirs = matches!(person, Person::Reader);
                    assert_eq!(reply.body.contains("This link does not work"), !is_theirs, "{told}");
                }
                // Nobody without the mark of a page of ours, not even an admin; with it, an admin alone.
                _ => {
                    assert!(matches!(reply.status, 401 | 403), "{told}");
                    let marked = person.asks(address, "POST", &path, &format!("mark={mark}")).status;
                    let is_let_in = !matches!(marked, 401 | 403);
                    assert_eq!(is_let_in, person.may(sends), "{told}, with a mark {marked}");
                }
            }
        }
    }
}
