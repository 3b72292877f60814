//! The command line: arguments → one of the verbs.
//!
//! Results go to standard output, everything else to standard error. This module owns what a person at a terminal meets:
//! help, progress, exit statuses. What the verbs do stands in `service`.

mod admin;
mod delivery;
mod demo;
mod eval;
mod extract;
mod kinds;
mod past;
mod preview;
mod reading;
mod run;
mod serve;
mod setup;
mod sources;
mod subscribers;
mod templates;
mod terminal;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::news::delivery::State;

pub use terminal::Terminal;

/// How a verb ended. The numbers are part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Done = 0,
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// Done, but something needs attention: a source failed, a message waits.
    Attention = 3,
}

impl Status {
    /// Of many things that were to be done, some failed.
    fn of_many(all: usize, failures: usize) -> Self {
        match failures {
            0 => Self::Done,
            _ if failures == all => Self::Failed,
            _ => Self::Attention,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// News feeds in, a daily e-mail digest out, every figure traced to the sentence it came from.
#[derive(Debug, Parser)]
#[command(
    name = "daybrief",
    version,
    max_term_width = 100,
    after_help = "Start with `daybrief demo`: a whole digest from sample news, without an account or a network.\n\
                  Then `daybrief init`, put your feeds into daybrief.toml, `daybrief check`, `daybrief run --dry-run`.\n\n\
                  Exit status: 0 done; 1 failed; 2 wrong usage or configuration; 3 done, but something needs attention.\n\
                  NO_COLOR switches colour off."
)]
pub struct Cli {
    /// The configuration file [default: ./daybrief.toml, ./config/daybrief.toml, then the user's own]
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show a whole digest made from bundled sample news: no account, no network, no SMTP
    Demo(DemoArgs),
    /// Write an annotated configuration that works
    Init(InitArgs),
    /// Check configuration, store, sources, SMTP login, zones and next run times, and report all problems at once
    Check(CheckArgs),
    /// Collect news, compose an edition and deliver it, once
    ///
    /// Without SOURCE the configured sources are read. A SOURCE may be the address of a feed or a page, a file (feed, page or plain text), a
    /// folder of such files, or - for standard input; what they hold is then the whole edition, whatever its date.
    #[command(
        after_help = "Examples:\n  daybrief run --dry-run                      what would be sent now; changes nothing\n  \
                      daybrief run --dry-run - < article.txt      the same for one article\n  \
                      daybrief run --since 3d --out ./editions    look further back, keep the files\n  \
                      daybrief run --to me@example.org            send it to one address; subscribers are not touched"
    )]
    Run(RunArgs),
    /// Show an edition as a subscriber would get it: reads the sources, stores and sends nothing
    Preview(PreviewArgs),
    /// Show a past edition as it was sent, byte for byte; changes nothing
    Replay(ReplayArgs),
    /// List the editions, and what became of their messages
    #[command(subcommand)]
    Editions(EditionsVerb),
    /// List, release or reject figures that were held because they cannot be right as they stand
    #[command(subcommand)]
    Held(HeldVerb),
    /// Print what the articles say as JSON: tolls, munitions, talks, each with its sentence
    ///
    /// With --jsonl the input is one JSON object a line ({"id", "title"?, "published"?, "url"?, "text" or "html"}) and so is
    /// the output, in the same order. Otherwise each PATH or URL is one article.
    Extract(ExtractArgs),
    /// Work until stopped: compose and deliver each edition when it is due
    Serve(ServeArgs),
    /// Let an admin into the desk that `serve` serves
    #[command(subcommand)]
    Admin(AdminVerb),
    /// List, add, test, import or export sources
    #[command(subcommand)]
    Sources(SourcesVerb),
    /// Who got what, who did not and why; what waits, and what may have arrived
    ///
    /// Without EDITION the newest editions with how many messages are in each state; with it every recipient.
    Deliveries(DeliveriesArgs),
    /// Send an edition again to those whose delivery failed or is in doubt, or to one subscriber
    ///
    /// Each message keeps its Message-ID and its bytes, so that mail programs can tell a duplicate.
    Resend(ResendArgs),
    /// Send the newest edition to one address, as a test; nothing is recorded
    SendTest(SendTestArgs),
    /// Take in bounces and complaints, or list them
    #[command(subcommand)]
    Bounces(BouncesVerb),
    /// List, add, remove, import, export or erase subscribers
    #[command(subcommand)]
    Subscribers(SubscribersVerb),
    /// List, check or try kinds of development, which files define
    ///
    /// Tolls, munitions and talks are built in. Every other kind (agreements, sanctions, evacuations, …) is a TOML file with fields, patterns
    /// and examples, and you can write your own: start from one that is shipped.
    #[command(
        subcommand,
        after_help = "Write your own kind:\n  \
                      daybrief kinds show disaster > kinds/avalanche.toml    start from one that is shipped\n  \
                      daybrief kinds check kinds/                            mistakes with line and column; runs the examples\n  \
                      daybrief kinds try kinds/avalanche.toml article.txt    what it finds in an article\n\n\
                      In a pattern, `word` is that word, `@list` a phrase of a list, `{field:type}` a value (count, number, money,\n\
                      date, place, party, words, quote, @list), `...` up to 6 tokens, `(a | b)` one of them, `[a]` that or nothing."
    )]
    Kinds(KindsVerb),
    /// List or print the templates that editions are rendered by, to start your own from
    ///
    /// Put yours into the folder that the configuration names as `templates`, under the same name. `daybrief check` renders them for a sample;
    /// `daybrief preview --watch` shows them as you write.
    #[command(subcommand)]
    Templates(TemplatesVerb),
    /// Print what the reader takes from a page
    Read(ReadArgs),
    /// Score the extractor against labelled articles: precision, recall and F1 per kind, accuracy per field
    ///
    /// GOLD has one labelled article a line: {"id", "tolls", "munitions", "talks"}, and its "text" (with "title" and "published") unless
    /// ARTICLES has it under the same id.
    Eval(EvalArgs),
}

#[derive(Debug, Subcommand)]
pub enum KindsVerb {
    /// The kinds in force, with their fields
    List {
        /// A folder of your own kinds, which stand over the shipped ones of their names [default: the configured one]
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Every mistake in kind files, with line and column; their examples are run
    Check {
        /// Files or folders [default: the shipped kinds]
        #[arg(value_name = "FILE|DIR")]
        files: Vec<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Print the file of a shipped kind
    Show { name: String },
    /// What a kind finds in an article, each with its sentence
    Try {
        /// The kind's file, or the name of a shipped kind
        file: PathBuf,
        /// A file, an address, or - for standard input
        article: String,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum TemplatesVerb {
    /// Every template that can be overridden, and which are
    List,
    /// Print a shipped template
    Show { name: String },
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Also write the mail, page, text and JSON of each day's edition to this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the last edition as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where to write daybrief.toml
    #[arg(default_value = ".")]
    dir: PathBuf,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Do not connect to anything: configuration and store only
    #[arg(long)]
    offline: bool,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    /// Which edition [default: the first in the configuration]
    #[arg(long, value_name = "NAME")]
    edition: Option<String>,
    /// How far back to look, for instance 24h or 3d
    #[arg(long, value_name = "DURATION", conflicts_with = "from")]
    since: Option<String>,
    /// Start of the window: a date, a local time of the edition's zone, or RFC 3339
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Compose and print, but store nothing and send nothing
    #[arg(long)]
    dry_run: bool,
    /// The day of publication of articles that do not give theirs, such as 2025-03-25
    #[arg(long, value_name = "DATE", requires = "sources")]
    published: Option<jiff::civil::Date>,
    /// Also write the edition as .eml, .html, .txt and .json to this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// With @: send to this address instead of the subscribers, and record nothing; without: end of the window [default: now]
    #[arg(long = "to", value_name = "ADDR|TIME")]
    to: Vec<String>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Addresses, files, folders, or - for standard input
    sources: Vec<OsString>,
}

#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// Which edition [default: the first in the configuration]
    #[arg(long, value_name = "NAME")]
    edition: Option<String>,
    /// The edition that was sent on this day (in its own zone), instead of the one that would be sent now
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// The subscriber whose message to show [default: a placeholder address]
    #[arg(long = "as", value_name = "ADDR")]
    reader: Option<String>,
    /// [default: text; with --open the web page]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Open it in the browser instead of printing
    #[arg(long)]
    open: bool,
    /// Show it again whenever the configuration or a template is saved, until stopped
    #[arg(long)]
    watch: bool,
    /// Do not read the sources: show what is stored already
    #[arg(long)]
    offline: bool,
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Which edition [default: the first in the configuration]
    #[arg(long, value_name = "NAME")]
    edition: Option<String>,
    /// The day, in the edition's own zone
    #[arg(long, value_name = "DATE")]
    date: String,
    /// The subscriber whose message to show [default: one who got every edition]
    #[arg(long = "as", value_name = "ADDR")]
    reader: Option<String>,
    /// With all that was corrected or decided since, each figure compared with the one that was sent
    #[arg(long)]
    as_known_now: bool,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Subcommand)]
pub enum EditionsVerb {
    /// The newest editions of every name
    List {
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum HeldVerb {
    /// What is held, and why
    List {
        /// Also those that were decided on
        #[arg(long)]
        all: bool,
        #[arg(long)]
        json: bool,
    },
    /// The figure is right: the next edition may print it
    Release { id: String },
    /// The figure is wrong: it is never printed
    Reject { id: String },
}

/// A rendering of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Html,
    Text,
    Json,
    Eml,
    Markdown,
    /// The page of the archive
    Web,
    /// The last editions of the name as an Atom feed
    Atom,
    /// The same as a JSON Feed
    Feed,
}

#[derive(Debug, Args)]
pub struct ExtractArgs {
    /// Day of publication, for articles that do not give it; dates in the text are read against it
    #[arg(long, value_name = "DATE")]
    published: Option<String>,
    /// One JSON document for all articles
    #[arg(long, conflicts_with = "jsonl")]
    json: bool,
    /// One JSON object a line, in and out
    #[arg(long)]
    jsonl: bool,
    /// Files, addresses, or - for standard input
    #[arg(default_value = "-")]
    inputs: Vec<OsString>,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Say what is due next, and stop
    #[arg(long)]
    plan: bool,
}

#[derive(Debug, Subcommand)]
pub enum AdminVerb {
    /// Print a link for one login, or set a password; makes the account, and ends every session of it
    Reset {
        #[arg(default_value = "admin")]
        name: String,
        /// Read a new password from the first line of standard input
        #[arg(long)]
        password: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum SourcesVerb {
    /// The configured sources, and how each one is doing
    List {
        #[arg(long)]
        json: bool,
    },
    /// Add a source to the configuration file, keeping its comments and order
    Add {
        /// Address of a feed or a page, or a path; of a page that names a feed, the feed is added
        location: OsString,
        /// A name for it [default: made from the address]
        #[arg(long)]
        name: Option<String>,
        /// Who readers are told carried it [default: what the feed calls itself]
        #[arg(long)]
        outlet: Option<String>,
        /// Add the address as it stands, without asking it
        #[arg(long)]
        as_given: bool,
    },
    /// Take a source out of the configuration file; what was read of it stays stored
    Remove { name: String },
    /// Read a source again that was switched off, or that is gone by its own account
    Enable { name: String },
    /// Read a source no more, but keep it in the configuration
    Disable { name: String },
    /// Read sources now and store what is new, without making an edition
    Fetch {
        /// Only these [default: all]
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Add the feeds of an OPML list, as other readers export it
    Import {
        /// A file, an address, or - for standard input
        list: OsString,
    },
    /// Print the sources on the web as an OPML list
    Export,
    /// Show what feeds give, without storing anything
    Test {
        #[arg(long)]
        json: bool,
        /// The address the files came from, against which relative links are resolved
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        #[arg(long, value_name = "TYPE")]
        content_type: Option<String>,
        #[arg(required = true)]
        inputs: Vec<OsString>,
    },
}

#[derive(Debug, Args)]
pub struct DeliveriesArgs {
    /// The edition's id, as the list gives it; `last` for the newest
    edition: Option<String>,
    /// Only deliveries in this state (queued, accepted, deferred, rejected, unknown, …)
    #[arg(long, value_name = "STATE")]
    state: Option<State>,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ResendArgs {
    /// The edition's id, or `last` for the newest
    edition: String,
    /// To this subscriber, whatever became of their message
    #[arg(long, value_name = "ADDR")]
    to: Option<String>,
    /// Those that were rejected or came too late
    #[arg(long)]
    failed: bool,
    /// Those that may or may not have arrived
    #[arg(long)]
    unknown: bool,
}

#[derive(Debug, Args)]
pub struct SendTestArgs {
    address: String,
    /// Which edition [default: the first in the configuration]
    #[arg(long, value_name = "NAME")]
    edition: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum BouncesVerb {
    /// What came back, newest first
    List {
        #[arg(long)]
        json: bool,
    },
    /// Read what is new in the mailbox that is configured under [mail.mailbox]
    Fetch,
    /// Take in messages from files, or one from standard input: for a mail server that pipes bounces to a program
    Read {
        #[arg(default_value = "-", value_name = "FILE|-")]
        files: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum SubscribersVerb {
    /// Who gets what
    List {
        #[arg(long)]
        json: bool,
    },
    /// Add an address to the list; you vouch for it, so it need not be confirmed
    Add {
        address: String,
        #[arg(long)]
        name: Option<String>,
        /// Only these editions [default: all]
        #[arg(long, value_name = "NAME")]
        edition: Vec<String>,
        #[command(flatten)]
        choices: Choices,
    },
    /// Change what a subscriber gets; what is not named stays
    Set {
        address: String,
        #[command(flatten)]
        choices: Choices,
    },
    /// Take an address off the list; what it was sent stays on record
    Remove { address: String },
    /// Write again to an address that bounced or complained
    Readmit { address: String },
    /// Forget a subscriber: address, name, preferences
    Erase { address: String },
    /// Add or change subscribers from a CSV file: address, name, editions, hour, zone, format, empty, topics, places
    ///
    /// The first line names the columns; only `address` is needed. Each row is answered by a line.
    Import {
        #[arg(default_value = "-", value_name = "FILE|-")]
        file: String,
    },
    /// Print all subscribers as CSV
    Export,
}

/// What a subscriber may choose.
#[derive(Debug, Default, Args)]
pub struct Choices {
    /// When to get it, on the clocks of the zone: 7, 07:30; `slot` for when it is due
    #[arg(long, value_name = "HH:MM")]
    hour: Option<String>,
    /// Time zone, such as Europe/Kyiv
    #[arg(long)]
    zone: Option<String>,
    /// both, or text alone
    #[arg(long)]
    format: Option<String>,
    /// With nothing new for them: note or skip
    #[arg(long)]
    empty: Option<String>,
    /// Parts of the digest, with commas: changes,talks,tolls,munitions,brief; `all` for all
    #[arg(long)]
    topics: Option<String>,
    /// Kinds of event or development, with commas: strike,disaster,talks; `all` for all
    #[arg(long)]
    kinds: Option<String>,
    /// Places to hear of, with a distance in km, separated by semicolons: "Sumy 50; Van"; `all` for all
    #[arg(long)]
    places: Option<String>,
    /// No mail before this day; `no` to end a pause
    #[arg(long, value_name = "DATE")]
    pause: Option<String>,
}

#[derive(Debug, Args)]
pub struct ReadArgs {
    #[arg(long)]
    json: bool,
    /// The address the page came from
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[arg(required = true)]
    inputs: Vec<OsString>,
}

#[derive(Debug, Args)]
pub struct EvalArgs {
    /// Labels, one JSON object a line, or - for standard input
    gold: String,
    /// The articles, as for `extract --jsonl`, where the labels do not carry their text
    articles: Option<String>,
    #[arg(long)]
    json: bool,
    /// Also print each claim that was missed, made up or read wrong: article, what, value, quote
    #[arg(long)]
    errors: bool,
    /// Fail when a figure is below its floor in this TOML file: toll.value.f1 = 0.9, toll.place = 0.8, …
    #[arg(long, value_name = "FILE")]
    floors: Option<PathBuf>,
}

/// Runs the verb. Errors are printed here, once.
pub async fn run(cli: Cli, terminal: Terminal) -> Status {
    let config = cli.config.as_deref();
    let result = match cli.verb {
        Verb::Demo(args) => demo::demo(&args, terminal).await,
        Verb::Init(args) => setup::init(&args, terminal),
        Verb::Check(args) => setup::check(&args, config, terminal).await,
        Verb::Run(args) => run::run(&args, config, terminal).await,
        Verb::Preview(args) => preview::preview(&args, config, terminal).await,
        Verb::Replay(args) => past::replay(&args, config, terminal).await,
        Verb::Editions(EditionsVerb::List { json }) => past::editions(json, config, terminal).await,
        Verb::Held(verb) => past::held(verb, config, terminal).await,
        Verb::Extract(args) => extract::extract(&args, config, terminal).await,
        Verb::Serve(args) => serve::serve(&args, config, terminal).await,
        Verb::Admin(verb) => admin::admin(verb, config, terminal).await,
        Verb::Sources(verb) => sources::sources(verb, config, terminal).await,
        Verb::Deliveries(args) => delivery::deliveries(&args, config, terminal).await,
        Verb::Resend(args) => delivery::resend(&args, config, terminal).await,
        Verb::SendTest(args) => delivery::send_test(&args, config, terminal).await,
        Verb::Bounces(verb) => delivery::bounces(verb, config, terminal).await,
        Verb::Subscribers(verb) => subscribers::subscribers(verb, config, terminal).await,
        Verb::Kinds(verb) => kinds::kinds(verb, config, terminal).await,
        Verb::Templates(verb) => templates::templates(&verb, config, terminal),
        Verb::Read(args) => reading::read(&args, config, terminal).await,
        Verb::Eval(args) => eval::eval(&args, terminal),
    };
    result.unwrap_or_else(|error| terminal.fail(&error))
}
