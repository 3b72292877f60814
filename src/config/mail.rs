//! `[mail]` and `[web]`: how messages leave, what comes back, and where readers find us.

use std::ops::RangeInclusive;
use std::time::Duration;

use lettre::Address;
use lettre::message::Mailbox;

use super::parse::{HOUR, Names, TIMEOUTS, span};
use super::reader::{At, Reader, Table};
use super::{Dkim, Imap, Login, Mail, Security, Smtp, Transport, Web};
use crate::news::delivery::{Cap, Caps, OnUnknown};
use crate::service::mail::Signer;

const SECOND: Duration = Duration::from_secs(1);
const CONNECTIONS: RangeInclusive<u32> = 1..=256;
const PER_MINUTE: RangeInclusive<u32> = 1..=1_000_000;
/// Bytes of the bounce address before its mark: `+`, and what [`crate::news::token`] makes of a delivery.
const BOUNCE_LOCAL_BYTES_MAX: usize = 64 - 1 - crate::news::token::BOUNCE_CHARS;

const SECURITIES: [(&str, Security); 3] =
    [("none", Security::None), ("starttls", Security::StartTls), ("tls", Security::Tls)];
const IMAP_SECURITIES: [(&str, bool); 2] = [("none", false), ("tls", true)];
const ON_UNKNOWN: [(&str, OnUnknown); 2] = [("resend", OnUnknown::Resend), ("hold", OnUnknown::Hold)];

#[derive(Clone, Copy)]
enum TransportWord {
    Directory,
    Smtp,
    Sendmail,
}
const TRANSPORTS: [(&str, TransportWord); 3] =
    [("directory", TransportWord::Directory), ("smtp", TransportWord::Smtp), ("sendmail", TransportWord::Sendmail)];

pub(super) fn defaults(reader: &Reader<'_>) -> Mail {
    Mail { transport: Transport::Directory(reader.folder.join(super::OUTBOX)), ..Mail::default() }
}

pub(super) fn mail(reader: &mut Reader<'_>, mut table: Table<'_>) -> Mail {
    let defaults = defaults(reader);
    let from = mailbox(reader, &mut table, "from").unwrap_or(defaults.from);
    let reply_to = mailbox(reader, &mut table, "reply_to");
    let transport = table.choice(reader, "transport", &TRANSPORTS);
    let directory = table.path(reader, "directory", super::OUTBOX);
    let program = table.path(reader, "sendmail", super::SENDMAIL);
    let used = matches!(transport, Some(TransportWord::Smtp));
    let mut relays: Vec<Smtp> =
        table.table(reader, "smtp").map(|table| smtp(reader, table, used)).into_iter().collect();
    if used && relays.is_empty() && !table.has("smtp") {
        let span = table.key_span("transport");
        reader.mistake(span, "`transport` is \"smtp\", but there is no [mail.smtp]", "add it, with host and port");
    }
    let fallbacks = table.tables(reader, "fallback").unwrap_or_default();
    relays.extend(fallbacks.into_iter().map(|table| smtp(reader, table, used)));
    let bounces = table.parsed(reader, "bounces", "bounces@example.org", bounce_address);
    let mailbox = table.table(reader, "mailbox").and_then(|table| imap(reader, table));
    let domain = from.email.domain().to_owned();
    let keys = table.tables(reader, "dkim").unwrap_or_default();
    let dkim = keys.into_iter().filter_map(|table| dkim(reader, table, &domain)).collect();
    let secret = table.secret(reader, ["secret", "secret_env", "secret_file"]).map(|secret| secret.value);
    let on_unknown = table.choice(reader, "on_unknown", &ON_UNKNOWN).unwrap_or(defaults.on_unknown);
    let expires_after =
        span(reader, &mut table, "expires_after", HOUR / 60..=HOUR * 72).unwrap_or(defaults.expires_after);
    let lease = span(reader, &mut table, "lease", SECOND..=HOUR).unwrap_or(defaults.lease);
    let connections_max = table.number(reader, "connections_max", CONNECTIONS).unwrap_or(defaults.connections_max);
    let connections_total_max = table.number(reader, "connections_total_max", CONNECTIONS);
    let mut caps = Caps::default();
    caps.all.per_minute = table.number(reader, "messages_per_minute_max", PER_MINUTE);
    let mut names = Names::default();
    for mut table in table.tables(reader, "domain").unwrap_or_default() {
        let name = table.text(reader, "name", "mail.example");
        let cap = Cap {
            per_minute: table.number(reader, "messages_per_minute_max", PER_MINUTE),
            underway: table.number(reader, "connections_max", CONNECTIONS),
        };
        match &name {
            Some(name) => names.add(reader, name),
            None if !table.has("name") => {
                table.missing(reader, "name", "name = \"mail.example\" (or \"*\" for all others)");
            }
            None => {}
        }
        table.finish(reader);
        match name {
            Some(At { value: "*", .. }) => caps.other = cap,
            Some(At { value, span }) => match url::Host::parse(value) {
                Ok(host) => drop(caps.domains.insert(host.to_string(), cap)),
                Err(_) => {
                    reader.mistake(span, format!("{value:?} is no domain"), "write a name such as \"mail.example\"");
                }
            },
            None => {}
        }
    }
    table.finish(reader);
    let transport = match transport {
        Some(TransportWord::Smtp) if relays.is_empty() => Transport::Smtp(vec![Smtp::default()]),
        Some(TransportWord::Smtp) => Transport::Smtp(relays),
        Some(TransportWord::Sendmail) => Transport::Sendmail(program.unwrap_or_else(|| super::SENDMAIL.into())),
        Some(TransportWord::Directory) | None => directory.map_or(defaults.transport, Transport::Directory),
    };
    Mail {
        from,
        reply_to,
        transport,
        bounces,
        mailbox,
        dkim,
        secret,
        on_unknown,
        expires_after,
        lease,
        connections_max,
        connections_total_max,
        caps,
    }
}

/// Its local part must leave room for the mark: 64 bytes in all (RFC 5321, section 4.5.3.1.1).
fn bounce_address(text: &str) -> Result<Address, String> {
    let address: Address = text.parse().map_err(|_| format!("{text:?} is no mail address"))?;
    let plain = address.user().bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if address.user().len() <= BOUNCE_LOCAL_BYTES_MAX && plain {
        Ok(address)
    } else {
        Err(format!("the part before the @ has at most {BOUNCE_LOCAL_BYTES_MAX} letters, digits, dots and hyphens"))
    }
}

fn dkim(reader: &mut Reader<'_>, mut table: Table<'_>, from: &str) -> Option<Dkim> {
    let domain = table.text(reader, "domain", "example.org").map_or(from, |text| text.value).to_owned();
    let selector = table.text(reader, "selector", "daybrief1").map(|text| text.value.to_owned());
    if selector.is_none() && !table.has("selector") {
        table.missing(reader, "selector", "selector = \"daybrief1\"");
    }
    let key = table.secret(reader, ["key", "key_env", "key_file"]);
    if key.is_none() && !["key", "key_env", "key_file"].iter().any(|key| table.has(key)) {
        table.missing(reader, "key_file", "key_file = \"dkim.pem\"");
    }
    table.finish(reader);
    let At { value: key, span } = key?;
    let dkim = Dkim { domain, selector: selector?, key };
    if let Err(problem) = Signer::new(&dkim) {
        reader.mistake(
            span,
            format!("the key cannot sign: {problem}"),
            "make one with `openssl genpkey -algorithm ed25519`",
        );
    }
    Some(dkim)
}

fn imap(reader: &mut Reader<'_>, mut table: Table<'_>) -> Option<Imap> {
    let host = table.text(reader, "host", "mail.example.org").map(|text| text.value.to_owned());
    if host.is_none() && !table.has("host") {
        table.missing(reader, "host", "host = \"mail.example.org\"");
    }
    let security = table.choice(reader, "security", &IMAP_SECURITIES).unwrap_or(true);
    let port = table.number(reader, "port", 1..=u32::from(u16::MAX)).and_then(|port| u16::try_from(port).ok());
    let port = port.unwrap_or(if security { 993 } else { 143 });
    let user = table.text(reader, "user", "bounces");
    let password = table.secret(reader, ["password", "password_env", "password_file"]);
    if user.is_none() || password.is_none() {
        table.missing(reader, "user", "user = \"…\" and password_env = \"…\"");
    }
    let folder = table.text(reader, "folder", "INBOX").map_or("INBOX", |text| text.value).to_owned();
    let ca = ca(reader, &mut table);
    table.finish(reader);
    let host = host?;
    if let (false, false, Some(user)) = (security, is_this_machine(&host), &user) {
        let problem = "with security = \"none\" the password crosses the network in the clear";
        reader.mistake(user.span.clone(), problem, "set security = \"tls\"");
    }
    let login = Login { user: user?.value.to_owned(), password: password?.value };
    Some(Imap { host, port, tls: security, login, folder, ca })
}

/// Certificates from a file.
fn ca(reader: &mut Reader<'_>, table: &mut Table<'_>) -> Option<String> {
    let span = table.key_span("ca_file");
    let path = table.path(reader, "ca_file", "ca.pem")?;
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            let problem = format!("`ca_file`: {} cannot be read: {error}", path.display());
            reader.mistake(span, problem, "name a file with certificates in PEM form");
            None
        }
    }
}

/// The pages.
pub(super) fn web(reader: &mut Reader<'_>, mut table: Table<'_>) -> Web {
    let at = table.key_span("listen");
    let listen = table.parsed(reader, "listen", "127.0.0.1:8025", |text| match text {
        "off" => Ok(None),
        text => text.parse().map(Some).map_err(|_| format!("{text:?} is no address and port")),
    });
    let url = table
        .parsed(reader, "url", "https://digest.example.org", |text| super::source::web_url(text.trim_end_matches('/')));
    let exposed = table.flag(reader, "exposed").unwrap_or(false);
    let archive = table.flag(reader, "archive").unwrap_or(Web::default().archive);
    table.finish(reader);
    let listen = listen.unwrap_or(Web::default().listen);
    if let Some(address) = listen.filter(|address| !address.ip().is_loopback() && !exposed) {
        let advice = "write \"127.0.0.1:8025\" and put a web server with TLS before it, or add exposed = true";
        reader.mistake(at, format!("other machines reach {address}, and passwords with it, without TLS"), advice);
    }
    Web { listen, url, archive }
}

fn mailbox(reader: &mut Reader<'_>, table: &mut Table<'_>, key: &'static str) -> Option<Mailbox> {
    table.parsed(reader, key, "Daybrief <daybrief@example.org>", |text| {
        text.parse::<Mailbox>().map_err(|_| format!("{text:?} is no mail address"))
    })
}

/// `used` is false when mail goes to a folder: then its secrets need not be there yet.
fn smtp(reader: &mut Reader<'_>, mut table: Table<'_>, used: bool) -> Smtp {
    let defaults = Smtp::default();
    let host = match table.text(reader, "host", "mail.example.org") {
        Some(At { value, span }) => {
            if url::Host::parse(value).is_err() {
                let advice = "write a name or an address such as \"mail.example.org\"; the port has a line of its own";
                reader.mistake(span, format!("{value:?} is no host"), advice);
            }
            value.to_owned()
        }
        None => {
            if used && !table.has("host") {
                table.missing(reader, "host", "host = \"mail.example.org\"");
            }
            defaults.host
        }
    };
    let security = table.choice(reader, "security", &SECURITIES).unwrap_or(defaults.security);
    let port = table
        .number(reader, "port", 1..=u32::from(u16::MAX))
        .and_then(|port| u16::try_from(port).ok())
        .unwrap_or(security.port());
    let timeout = table.duration(reader, "timeout", SECOND..=*TIMEOUTS.end()).unwrap_or(defaults.timeout);
    let user = table.text(reader, "user", "daybrief");
    let keys = ["password", "password_env", "password_file"];
    let given = keys.into_iter().find(|key| table.has(key));
    reader.secrets_needed = used;
    let password = table.secret(reader, keys);
    reader.secrets_needed = true;
    match (&user, given) {
        (Some(user), None) => {
            let advice = "add password_env = \"DAYBRIEF_SMTP_PASSWORD\", or password_file, or password";
            reader.mistake(user.span.clone(), "`user` is given without a password", advice);
        }
        (None, Some(key)) if !table.has("user") => {
            reader.mistake(table.key_span(key), "a password is given without `user`", "add user = \"…\", or remove it");
        }
        _ => {}
    }
    if let (Some(user), Security::None, false) = (&user, security, is_this_machine(&host)) {
        let problem = "with security = \"none\" the password crosses the network in the clear";
        reader.mistake(user.span.clone(), problem, "set security = \"starttls\" or \"tls\"");
    }
    let ca = ca(reader, &mut table);
    table.finish(reader);
    let login =
        user.zip(password).map(|(user, password)| Login { user: user.value.to_owned(), password: password.value });
    Smtp { host, port, security, login, timeout, ca }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}
