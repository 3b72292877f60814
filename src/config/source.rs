//! `[[source]]` and what stands in it.

use std::ops::Range;

use url::Url;

use super::parse::{KINDS, Names};
use super::reader::{At, Reader, Table};
use super::{Location, Login, ProxyUrl, Source, SourceKind};
use crate::news::feed::list::{Selector, Selectors};

/// One `[[source]]`.
pub(super) fn source(reader: &mut Reader<'_>, mut table: Table<'_>, names: &mut Names) -> Option<Source> {
    let name = table.text(reader, "name", "Harbour Courier");
    match &name {
        Some(name) => names.add(reader, name),
        None if !table.has("name") => table.missing(reader, "name", "name = \"Harbour Courier\""),
        None => {}
    }
    let url = table.text(reader, "url", "https://news.example/feed.xml");
    // It may hold a login.
    reader.secrets.extend(url.as_ref().filter(|url| url.value.contains('@')).map(|url| url.span.clone()));
    let path = table.path(reader, "path", "articles");
    let location = match (url, path) {
        (Some(_), Some(_)) => {
            reader.mistake(table.key_span("path"), "both `url` and `path` are given", "keep one of them");
            None
        }
        (Some(url), None) => web_address(reader, &url).map(Location::Url),
        (None, Some(path)) => Some(Location::Path(path)),
        (None, None) => {
            if !table.has("url") && !table.has("path") {
                table.missing(reader, "url", "url = \"https://…\" (or path = \"…\" for a file or folder)");
            }
            None
        }
    };
    let kind = table.choice(reader, "kind", &KINDS).unwrap_or_default();
    let outlet = table.text(reader, "outlet", "The Harbour Courier").map(|text| text.value.to_owned());
    let enabled = table.flag(reader, "enabled").unwrap_or(true);
    let full_text = table.flag(reader, "full_text").unwrap_or(true);
    let user_agent = table.text(reader, "user_agent", "NewsReader/1.0 (+https://…)").map(|text| {
        header_value(reader, &text.span, text.value);
        text.value.to_owned()
    });
    let headers = table.secret_pairs(reader, "headers");
    for (name, value) in &headers {
        if reqwest::header::HeaderName::try_from(name.value).is_err() {
            let problem = format!("{:?} cannot be the name of a header", name.value);
            reader.mistake(name.span.clone(), problem, "write a name such as \"X-Api-Key\"");
        }
        header_value(reader, &name.span, value.expose());
    }
    let login = login(reader, &mut table);
    let proxy = table.secret(reader, ["proxy", "proxy_env", "proxy_file"]).and_then(|At { value, span }| {
        ProxyUrl::parse(value.expose())
            .map_err(|problem| reader.mistake(span, problem, "write an address such as \"http://proxy.example:3128\""))
            .ok()
    });
    let ignore_robots = table.flag(reader, "ignore_robots").unwrap_or(false);
    let list = table.table(reader, "list").map(|table| selectors(reader, table));
    let category = table.text(reader, "category", "World/Europe").map(|text| text.value.to_owned());
    let kind = match (&list, kind) {
        (Some(_), SourceKind::Auto | SourceKind::List) => SourceKind::List,
        (Some(_), _) => {
            let problem = "`list` is given for a source that is no list";
            reader.mistake(table.key_span("kind"), problem, "remove `kind`, or write kind = \"list\"");
            kind
        }
        (None, SourceKind::List) => {
            table.missing(reader, "list", "list = { link = \"h2 a\" }, the selector of the links to the articles");
            kind
        }
        (None, _) => kind,
    };
    table.finish(reader);
    let headers = headers.into_iter().map(|(name, value)| (name.value.to_owned(), value)).collect();
    let name = name?.value.to_owned();
    let list = list.flatten();
    Some(Source {
        name,
        location: location?,
        kind,
        outlet,
        enabled,
        full_text,
        user_agent,
        headers,
        login,
        proxy,
        ignore_robots,
        list,
        category,
    })
}

/// `user` and its password, of a source.
fn login(reader: &mut Reader<'_>, table: &mut Table<'_>) -> Option<Login> {
    let user = table.text(reader, "user", "reader");
    let keys = ["password", "password_env", "password_file"];
    let given = keys.into_iter().find(|key| table.has(key));
    let password = table.secret(reader, keys);
    match (&user, given) {
        (Some(user), None) => {
            let advice = "add password_env = \"FEED_PASSWORD\", or password_file, or password";
            reader.mistake(user.span.clone(), "`user` is given without a password", advice);
        }
        (None, Some(key)) if !table.has("user") => {
            reader.mistake(table.key_span(key), "a password is given without `user`", "add user = \"…\", or remove it");
        }
        _ => {}
    }
    user.zip(password).map(|(user, password)| Login { user: user.value.to_owned(), password: password.value })
}

/// The CSS selectors of a page that lists articles.
fn selectors(reader: &mut Reader<'_>, mut table: Table<'_>) -> Option<Selectors> {
    let link = table.parsed(reader, "link", "h2 a", Selector::parse);
    if link.is_none() && !table.has("link") {
        table.missing(reader, "link", "link = \"h2 a\", the selector of the links to the articles");
    }
    let entry = table.parsed(reader, "entry", "li.story", Selector::parse);
    let title = table.parsed(reader, "title", "h2", Selector::parse);
    let date = table.parsed(reader, "date", "time", Selector::parse);
    let summary = table.parsed(reader, "summary", "p.lead", Selector::parse);
    table.finish(reader);
    Some(Selectors { entry, link: link?, title, date, summary })
}

fn header_value(reader: &mut Reader<'_>, span: &Range<usize>, value: &str) {
    if reqwest::header::HeaderValue::try_from(value).is_err() {
        reader.mistake(span.clone(), "the value of this header cannot be sent", "write one line of printable text");
    }
}

fn web_address(reader: &mut Reader<'_>, text: &At<&str>) -> Option<Url> {
    match web_url(text.value) {
        Ok(url) => Some(url),
        Err(problem) => {
            reader.mistake(text.span.clone(), problem, "write an address such as \"https://news.example/feed.xml\"");
            None
        }
    }
}

/// An address on the web.
pub(super) fn web_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => Err(format!("`url` has the scheme {:?}, and only http and https are fetched", url.scheme())),
        Err(url::ParseError::RelativeUrlWithoutBase) => Err("`url` has no scheme, https:// or http://".to_owned()),
        Err(error) => Err(format!("`url` is no web address: {error}")),
    }
}
