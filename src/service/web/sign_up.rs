//! Signing up. The answer is the same whether an address is known, refused or new: nobody can find out who subscribes.

use std::net::{IpAddr, SocketAddr};
use std::sync::PoisonError;

use askama::Template;
use axum::Router;
use axum::extract::{ConnectInfo, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;

use super::{Answer, Choice, Pages, page, trouble, values};
use crate::news::letter::SUBSCRIBE;
use crate::news::subscriber;

#[derive(Template)]
#[template(path = "web/subscribe.html")]
struct Form {
    note: Option<String>,
    address: String,
    editions: Vec<Choice>,
}

pub(super) fn router() -> Router<Pages> {
    Router::new().route(&format!("/{SUBSCRIBE}"), get(ask).post(sign_up))
}

async fn ask(State(pages): State<Pages>) -> Response {
    page(&form(&pages, "", &[], None))
}

async fn sign_up(
    State(pages): State<Pages>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    RawForm(bytes): RawForm,
) -> Response {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&bytes).into_owned().collect();
    let text = values(&fields, "address").next().unwrap_or_default();
    let editions: Vec<String> = values(&fields, "edition").map(str::to_owned).collect();
    let now = pages.clock.now();
    let address = match subscriber::address(text) {
        Ok(address) => address,
        Err(problem) => {
            let note = format!("That is no address we can write to: {problem}.");
            let mut response = page(&form(&pages, text, &editions, Some(note)));
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return response;
        }
    };
    let admitted = pages.requests.lock().unwrap_or_else(PoisonError::into_inner).admit(visitor(peer, &headers), now);
    if !admitted {
        let mut response = page(&Answer::new("Too many requests", "Please try again in a quarter of an hour."));
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        return response;
    }
    // No person fills in what no person sees.
    let is_program = values(&fields, "website").any(|value| !value.is_empty());
    let all = pages.config.editions.iter().map(|edition| &edition.name);
    let mut chosen: Vec<String> = all.filter(|name| editions.contains(name)).cloned().collect();
    // All that there are is all that there will be, and so is none.
    if chosen.len() == pages.config.editions.len() {
        chosen.clear();
    }
    if !is_program {
        if let Err(error) = pages.store.sign_up(&address, &chosen, now).await {
            return trouble(&error);
        }
        pages.control.signed_up.notify_one();
    }
    page(&Answer::new(
        "Look into your mail",
        "If this address can get our mail, a message is on its way to it: open its link to confirm. Who gets our mail \
         already, or was asked a moment ago, is not asked again.",
    ))
}

/// Who asks: the peer, or whom a web server on this machine names.
pub(super) fn visitor(peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let named = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let named = named.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    named.filter(|_| peer.ip().is_loopback()).unwrap_or(peer.ip())
}

fn form(pages: &Pages, address: &str, editions: &[String], note: Option<String>) -> Form {
    let choice = |edition: &crate::config::Edition| Choice {
        value: edition.name.clone(),
        label: format!("{} ({})", edition.title, edition.name),
        chosen: editions.is_empty() || editions.contains(&edition.name),
    };
    Form { note, address: address.to_owned(), editions: pages.config.editions.iter().map(choice).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_on_this_machine_says_who_visits() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "192.0.2.1, 192.0.2.7".parse().unwrap());
        let check = |peer: &str, headers: &HeaderMap, expected: &str| {
            assert_eq!(visitor(SocketAddr::new(peer.parse().unwrap(), 1), headers).to_string(), expected);
        };
        check("127.0.0.1", &headers, "192.0.2.7");
        check("198.51.100.3", &headers, "198.51.100.3");
        check("127.0.0.1", &HeaderMap::new(), "127.0.0.1");
    }
}
