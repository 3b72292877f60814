//! The templates of an edition: the shipped ones, compiled in by askama, and an administrator's own, rendered at run time by
//! minijinja.
//!
//! Both engines read the same files, which keep to what the two have in common, and escape alike: whoever copies a shipped
//! template and changes nothing gets the same bytes. An own template that fails never holds up an edition: the shipped ones
//! take its place, and [`Output::fault`] says why.

mod sample;

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

use askama::Template;
use askama::filters::{Escaper, Html};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, value::Serde};

use super::view::Edition;

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../templates/", $name)))),*]
    };
}

/// Name and source of every template that can be overridden.
pub const SHIPPED: &[(&str, &str)] = shipped![
    "email/digest.html",
    "email/head.html",
    "email/header.html",
    "email/section.html",
    "email/item.html",
    "email/line.html",
    "email/sources.html",
    "email/footer.html",
    "email/digest.txt",
    "archive/edition.html",
    "archive/edition.md",
];

/// What starts an instruction to the engine: text with it in it was not rendered.
const TOKENS: [&str; 3] = ["{{", "{%", "{#"];

/// Instructions that one rendering may take. The shipped HTML of 200 items takes some 100,000; a loop without an end
/// would hold up the edition.
const INSTRUCTIONS_MAX: u64 = 5_000_000;

/// What is rendered whole; the other templates are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    Mail,
    Text,
    Page,
    Markdown,
}

impl Root {
    const ALL: [Self; 4] = [Self::Mail, Self::Text, Self::Page, Self::Markdown];

    fn name(self) -> &'static str {
        match self {
            Self::Mail => "email/digest.html",
            Self::Text => "email/digest.txt",
            Self::Page => "archive/edition.html",
            Self::Markdown => "archive/edition.md",
        }
    }

    fn shipped(self, edition: &Edition) -> Result<String, askama::Error> {
        match self {
            Self::Mail => MailTemplate { edition }.render(),
            Self::Text => TextTemplate { edition }.render(),
            Self::Page => PageTemplate { edition }.render(),
            Self::Markdown => MarkdownTemplate { edition }.render(),
        }
    }
}

#[derive(Template)]
#[template(path = "email/digest.html")]
struct MailTemplate<'a> {
    edition: &'a Edition,
}

#[derive(Template)]
#[template(path = "email/digest.txt", escape = "none")]
struct TextTemplate<'a> {
    edition: &'a Edition,
}

#[derive(Template)]
#[template(path = "archive/edition.html")]
struct PageTemplate<'a> {
    edition: &'a Edition,
}

#[derive(Template)]
#[template(path = "archive/edition.md", escape = "none")]
struct MarkdownTemplate<'a> {
    edition: &'a Edition,
}

/// What templates may call.
mod filters {
    use std::convert::Infallible;
    use std::fmt::Display;

    /// Text that Markdown takes as text.
    #[askama::filter_fn]
    pub fn markdown(text: impl Display, _: &dyn askama::Values) -> Result<String, Infallible> {
        Ok(super::escape_markdown(&text.to_string()))
    }
}

/// Escapes what has a meaning in Markdown (CommonMark 2.4), HTML included.
fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_{}[]()<>#+-!|~&".contains(c) && !(c == '-' && out.ends_with(|c: char| c.is_alphanumeric())) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// What is wrong with a template of the administrator's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    /// Its name, "email/item.html".
    pub template: String,
    /// From 1; 0 where the fault is in no line.
    pub line: usize,
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.template, self.reason),
            line => write!(f, "{}, line {line}: {}", self.template, self.reason),
        }
    }
}

/// One rendering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub text: String,
    /// Why the administrator's templates were not used, where there are such.
    pub fault: Option<Fault>,
}

/// The templates in force.
#[derive(Clone, Default)]
pub struct Templates {
    /// All templates, the administrator's in place of shipped ones; `None` when there are only shipped ones.
    own: Option<Arc<Environment<'static>>>,
    /// Why the administrator's are not used at all.
    fault: Option<Fault>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("own", &self.own.is_some()).field("fault", &self.fault).finish()
    }
}

impl Templates {
    /// The shipped templates, and over them these, by name and source. With one that cannot be read none is used.
    pub fn new(own: &[(String, String)]) -> Self {
        if own.is_empty() {
            return Self::default();
        }
        match environment(own) {
            Ok(environment) => Self { own: Some(Arc::new(environment)), fault: None },
            Err(fault) => Self { own: None, fault: Some(fault) },
        }
    }

    /// Renders an edition: by the administrator's templates if they can, else by the shipped ones.
    ///
    /// # Errors
    /// When a shipped template fails, which means a fault of ours.
    pub fn render(&self, root: Root, edition: &Edition) -> Result<Output, askama::Error> {
        let fault = match &self.own {
            Some(own) => match rendered(own, root, edition) {
                Ok(text) => return Ok(Output { text, fault: None }),
                Err(fault) => Some(fault),
            },
            None => self.fault.clone(),
        };
        Ok(Output { text: root.shipped(edition)?, fault })
    }
}

/// Everything that is wrong with these templates: they are read, and rendered for samples that have every section and every
/// sort of line, and for one that has none.
pub fn faults(own: &[(String, String)]) -> Vec<Fault> {
    let unused = own.iter().filter(|(name, _)| !is_used(name, own)).map(|(name, _)| Fault {
        template: name.clone(),
        line: 0,
        reason: "no template has this name and none includes it; `daybrief templates list` names them".to_owned(),
    });
    let mut faults: Vec<Fault> = unused.collect();
    // Each by itself first, so that all are named and not only the first that another trips over.
    for (name, source) in own {
        faults.extend(
            Environment::new()
                .template_from_named_str(name, source)
                .err()
                .map(|error| fault_of(&error, name, |_| Some(source))),
        );
    }
    if !faults.is_empty() || own.is_empty() {
        return faults;
    }
    match environment(own) {
        Ok(environment) => {
            for root in Root::ALL {
                let found = sample::editions().iter().find_map(|sample| rendered(&environment, root, sample).err());
                faults.extend(found.filter(|fault| !faults.contains(fault)));
            }
        }
        Err(fault) => faults.push(fault),
    }
    faults
}

/// Whether a template stands for a shipped one, or is included by an own one.
fn is_used(name: &str, own: &[(String, String)]) -> bool {
    SHIPPED.iter().any(|(shipped, _)| *shipped == name) || own.iter().any(|(_, source)| source.contains(name))
}

/// The shipped templates and over them these, in an engine that takes nothing for granted: what is not defined is an error.
fn environment(own: &[(String, String)]) -> Result<Environment<'static>, Fault> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(INSTRUCTIONS_MAX));
    environment.set_auto_escape_callback(|name| {
        let is_html = std::path::Path::new(name).extension().is_some_and(|extension| extension == "html");
        if is_html { AutoEscape::Html } else { AutoEscape::None }
    });
    // Escaped as askama does: minijinja would write every slash of an address as six characters.
    environment.set_formatter(|out, state, value| {
        let text = value.to_string();
        match state.auto_escape() {
            AutoEscape::Html if !value.is_safe() => Ok(Html.write_escaped_str(out, &text)?),
            _ => Ok(out.write_str(&text)?),
        }
    });
    environment.add_filter("markdown", |text: String| escape_markdown(&text));
    let shipped = SHIPPED.iter().filter(|(name, _)| !own.iter().any(|(own, _)| own == name));
    let shipped = shipped.map(|(name, source)| ((*name).to_owned(), (*source).to_owned()));
    let own = own.iter().filter(|(name, _)| is_used(name, own)).cloned();
    for (name, source) in shipped.chain(own) {
        let quoted = source.clone();
        environment
            .add_template_owned(name.clone(), source)
            .map_err(|error| fault_of(&error, &name, |_| Some(quoted.as_str())))?;
    }
    Ok(environment)
}

fn rendered(environment: &Environment<'static>, root: Root, edition: &Edition) -> Result<String, Fault> {
    let source = |name: &str| environment.get_template(name).ok().map(|template| template.source().to_owned());
    let template = environment.get_template(root.name());
    let rendered =
        template.and_then(|template| template.render(minijinja::context! { edition => Value::from(Serde(edition)) }));
    let text = rendered.map_err(|error| fault_of(&error, root.name(), source))?;
    let token = TOKENS.into_iter().find(|token| text.contains(token));
    // News may hold such characters as well; then they are news.
    let is_news = |token: &str| serde_json::to_string(edition).is_ok_and(|news| news.contains(token));
    match token.filter(|token| !is_news(token)) {
        None => Ok(text),
        Some(token) => Err(Fault {
            template: root.name().to_owned(),
            line: 0,
            reason: format!("leaves {token:?} in the text, in: {}", line_with(&text, token)),
        }),
    }
}

fn line_with<'t>(text: &'t str, token: &str) -> &'t str {
    text.lines().find(|line| line.contains(token)).unwrap_or_default().trim()
}

/// Where and why, in words; the innermost error knows best.
fn fault_of<S: AsRef<str>>(error: &minijinja::Error, name: &str, source: impl Fn(&str) -> Option<S>) -> Fault {
    let mut innermost = error;
    while let Some(inner) = innermost.source().and_then(|inner| inner.downcast_ref::<minijinja::Error>()) {
        innermost = inner;
    }
    let name = innermost.name().unwrap_or(name).to_owned();
    let line = innermost.line().unwrap_or(0);
    let mut reason = innermost.kind().to_string();
    if let Some(detail) = innermost.detail() {
        reason = format!("{reason}: {detail}");
    }
    if let Some(text) =
        source(&name).and_then(|text| Some(text.as_ref().lines().nth(line.checked_sub(1)?)?.trim().to_owned()))
    {
        reason = format!("{reason}, in: {text}");
    }
    Fault { template: name, line, reason }
}
