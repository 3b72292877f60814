//! Our own words for typed values. Every phrase that the digest prints is made here, so that no template decides on style.
//!
//! House style: total before part, dead before injured, *said* by default, *claims* for an interested party, bounds kept
//! ("at least 12", "dozens"), the event's date and not the report's. Each language has its phrases beside the others'.

mod language;
mod names;
mod subject;
mod talks;

use std::fmt::Write as _;

use jiff::civil;

use super::digest::corrections::{Correction, How};
use super::digest::developments::DevelopmentItem;
use super::digest::interest::Nearby;
use super::digest::rank::Rules;
use super::digest::tolls::{ClaimedLine, HeldItem, TollItem, TollLine};
use super::digest::{Digest, Figure, MunitionsLine, News};
use super::extract::Stance;
use super::incident;
use super::incident::grade::{Attested, Grade};
use super::incident::plausibility::Reason;
use super::incident::reconcile::Choice;
use super::kinds::{Change, Event, Measure};
use super::picture::chart::Bar;
use super::value::Count;

pub use language::Language;
use names::{counted, group, members, scope};
pub use names::{event, measure};
pub use subject::{headlines, preheader, subject};
pub use talks::{
    account, issue, parties, promise, round, round_moved, round_steps, says, state, state_for, words_of_talks,
};

/// A count with its bound: "101", "at least 12", "up to 40", "12 to 15", "about 50", "dozens".
pub fn count(count: &Count, language: Language) -> String {
    let about = if count.approx { language.pick("about ", "близько ") } else { "" };
    let digits = |number| language.digits(number);
    match (count.low, count.high) {
        (Some(low), Some(high)) if low == high => format!("{about}{}", digits(low)),
        (Some(low), Some(high)) => format!("{}{}{}", digits(low), language.pick(" to ", "–"), digits(high)),
        (Some(low), None) => format!("{} {}", language.pick("at least", "щонайменше"), digits(low)),
        (None, Some(high)) => format!("{} {}", language.pick("up to", "до"), digits(high)),
        // The article's own word.
        (None, None) => count.words.clone().unwrap_or_else(|| language.pick("some", "кілька").to_owned()),
    }
}

/// The number by which a noun after a count is inflected; none after a range.
fn exact(count: &Count) -> Option<u64> {
    count.low.filter(|low| count.high == Some(*low))
}

/// "Sumy · strike · 24 Mar".
pub fn incident_title(item: &TollItem, edition: civil::Date, language: Language) -> String {
    let place = item.place.as_deref().unwrap_or(language.pick("Place not given", "Місце не названо"));
    let parts = [Some(place), Some(event(item.event, language)), scope(item.scope, language)];
    heading(parts, item.day, edition, language)
}

/// "Sumy · strike · 24 Mar", of the incident whose figure was corrected.
pub fn correction_title(correction: &Correction, edition: civil::Date, language: Language) -> String {
    let parts = [correction.place.as_deref(), Some(event(correction.event, language)), None];
    heading(parts, correction.day, edition, language)
}

fn heading(parts: [Option<&str>; 3], date: Option<civil::Date>, edition: civil::Date, language: Language) -> String {
    let mut parts: Vec<String> = parts.into_iter().flatten().map(str::to_owned).collect();
    parts.extend(date.map(|date| language.day(date, edition)));
    parts.join(" · ")
}

/// "Sumy strike"
pub fn incident_name(item: &TollItem, language: Language) -> String {
    titled(item.place.as_deref(), item.event, language)
}

fn titled(place: Option<&str>, of: Event, language: Language) -> String {
    let of = event(of, language);
    let nowhere = || format!("{of}, {}", language.pick("place not given", "місце не названо"));
    place.map_or_else(nowhere, |place| format!("{place}{}{of}", language.pick(" ", ", ")))
}

/// "injured 88 → 101 (+13)", "including 23 children (was 17)", "killed at least 4".
pub fn toll(line: &TollLine, language: Language) -> String {
    let now = &line.figure.value().count;
    let mut out = if line.part {
        let who = members(line.group, exact(now), language);
        format!("{} {}{who}", language.pick("including", "зокрема"), count(now, language))
    } else if now.high == Some(0) {
        match language {
            Language::English => format!("no one {}", measure(line.measure, language)),
            Language::Ukrainian => format!("{} немає", measure(line.measure, language)),
        }
    } else {
        let who = group(line.group, exact(now), language);
        format!("{} {}{who}", counted(line.measure, language), count(now, language))
    };
    if let Some(was) = &line.was {
        write!(out, " ({})", movement(was, now, line, language)).unwrap_or_default();
    }
    out
}

/// Whether a lower figure is one that its source calls lower.
fn is_revised_down(was: &Count, now: &Count, line: &TollLine) -> bool {
    let fell = matches!((incident::number(was), incident::number(now)), (Some(old), Some(new)) if new < old);
    fell && line.figure.value().change == Some(Change::Fell)
}

/// How many more, where both figures are exact enough to say it.
fn rise(was: &Count, now: &Count) -> Option<u64> {
    let (old, new) = (incident::number(was)?, incident::number(now)?);
    new.checked_sub(old).filter(|more| *more > 0 && !was.approx && !now.approx)
}

/// "was 88, +13", "corrected from 12", "revised down from 50".
fn movement(was: &Count, now: &Count, line: &TollLine, language: Language) -> String {
    let before = count(was, language);
    if line.news == News::Corrected {
        return format!("{} {before}", language.pick("corrected from", "виправлено з"));
    }
    if is_revised_down(was, now, line) {
        return format!("{} {before}", language.pick("revised down from", "зменшено з"));
    }
    let told = format!("{} {before}", language.pick("was", "було"));
    match rise(was, now) {
        Some(more) => format!("{told}, +{}", language.digits(more)),
        None => told,
    }
}

/// How a line moved, for the list of changes: "injured 88 → 101 (+13)", "injured 12 → 2 (corrected)"; "injured, including
/// 3 → 5 children" where its total does not stand above it.
pub fn moved(line: &TollLine, follows_total: bool, language: Language) -> String {
    let now = &line.figure.value().count;
    let of = if line.part && !follows_total { part_of(line.measure, language) } else { String::new() };
    let Some(was) = &line.was else { return format!("{of}{}", toll(line, language)) };
    let (what, who) = if line.part {
        (format!("{of}{}", language.pick("including", "зокрема")), members(line.group, exact(now), language))
    } else {
        (counted(line.measure, language).to_owned(), group(line.group, exact(now), language))
    };
    let note = if line.news == News::Corrected {
        language.pick(" (corrected)", " (виправлено)").to_owned()
    } else if is_revised_down(was, now, line) {
        language.pick(" (revised down)", " (зменшено)").to_owned()
    } else {
        rise(was, now).map_or_else(String::new, |more| format!(" (+{})", language.digits(more)))
    };
    format!("{what} {} → {}{who}{note}", count(was, language), count(now, language))
}

/// What a line counts: "injured", "injured, including children".
pub fn of(line: &TollLine, language: Language) -> String {
    if line.part {
        let including = language.pick("including", "зокрема");
        format!("{}{including}{}", part_of(line.measure, language), members(line.group, None, language))
    } else {
        counted(line.measure, language).trim_end_matches(':').to_owned()
    }
}

/// "injured, ", before "including 5 children".
fn part_of(total: Measure, language: Language) -> String {
    format!("{}, ", counted(total, language).trim_end_matches(':'))
}

/// A row of figures as blocks of eight heights: "▃▅█". A figure without a number is a dot.
pub fn sparkline(bars: &[Bar]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let number = |bar: &Bar| bar.low.or(bar.high);
    let most = bars.iter().filter_map(number).max().unwrap_or(0).max(1);
    let block = |number: u64| BLOCKS[usize::try_from(u128::from(number) * 7 / u128::from(most)).unwrap_or(7).min(7)];
    bars.iter().map(|bar| number(bar).map_or('·', block)).collect()
}

/// A figure that differs from the one that heads its line: "95 injured".
pub fn other(line: &TollLine, figure: &Figure, language: Language) -> String {
    let who = group(line.group, figure.count.low, language);
    numbered(&count(&figure.count, language), who, line.measure, language)
}

/// "300 military killed", "загиблих: 300 військових".
fn numbered(count: &str, who: &str, of: Measure, language: Language) -> String {
    match language {
        Language::English => format!("{count}{who} {}", measure(of, language)),
        Language::Ukrainian => format!("{} {count}{who}", counted(of, language)),
    }
}

/// "Ceasefires and agreements · Gaza · 3 Mar". The kind is called as its file calls it.
pub fn development_title(item: &DevelopmentItem, edition: civil::Date, language: Language) -> String {
    heading([Some(&item.title), item.place.as_deref(), None], item.day, edition, language)
}

/// The fields of a development as its kind names them, and how it is put: "planned: duration 30 days; side Northmark".
pub fn development(item: &DevelopmentItem, language: Language) -> String {
    let fields = item.development.fields.iter().map(|(name, value)| format!("{} {value}", name.replace('_', " ")));
    let fields = fields.collect::<Vec<_>>().join("; ");
    let stance = match item.stance {
        Stance::Reported => return fields,
        Stance::Claimed => language.pick("claimed", "стверджується"),
        Stance::Denied => language.pick("denied", "заперечено"),
        Stance::Alleged => language.pick("alleged", "імовірно"),
        Stance::Planned => language.pick("planned", "заплановано"),
    };
    if fields.is_empty() { stance.to_owned() } else { format!("{stance}: {fields}") }
}

/// Who says so, and who carried it: "the army, in Northern Wire; 2 outlets, 1 origin".
pub fn development_source(item: &DevelopmentItem, language: Language) -> String {
    let outlet = || item.outlet.clone();
    let who = item.claimant.as_ref();
    let who = who.map_or_else(outlet, |who| format!("{who}, {} {}", language.pick("in", "у"), item.outlet));
    let many = item.outlets.len() as u64;
    if many < 2 {
        return who;
    }
    let outlets = language.plural(many, ["outlet", "outlets"], ["видання", "видання", "видань"]);
    let origins = language.plural(item.origins as u64, ["origin", "origins"], ["джерело", "джерела", "джерел"]);
    format!("{who}; {many} {outlets}, {} {origins}", item.origins)
}

/// Who says so: the claimant where the article names one, else the outlet. An interested party *claims*.
pub fn attribution(figure: &Figure, language: Language) -> String {
    let who = figure.claimant.as_deref().unwrap_or(&figure.outlet);
    format!("{}{who}", names::stance(figure.stance, language))
}

/// "launched 139 drones", with who launched them and where.
pub fn munitions(line: &MunitionsLine, language: Language) -> String {
    let counted = &line.figure.value().count;
    let what = names::munition(line.munition, exact(counted).unwrap_or(u64::MAX), language);
    let mut out = format!("{} {} {what}", names::action(line.action, language), count(counted, language));
    if let Some(by) = &line.by {
        write!(out, ", {} {by}", language.pick("by", "сторона:")).unwrap_or_default();
    }
    if let Some(place) = &line.place {
        write!(out, " · {place}").unwrap_or_default();
    }
    out
}

/// The mark before a changed item; text, so that colour is never the only signal.
pub fn mark(news: News, language: Language) -> &'static str {
    match news {
        News::Corrected => language.pick("corrected", "виправлено"),
        News::Changed => language.pick("changed", "змінено"),
        News::New => language.pick("new", "нове"),
        News::Unchanged => language.pick("no change", "без змін"),
    }
}

/// Why an incident comes first in what this reader gets: "your places: 18 km from Sumy".
pub fn near(near: &Nearby, language: Language) -> String {
    let yours = language.pick("your places", "ваші місця");
    match near.km {
        0 => format!("{yours}: {}", near.name),
        km => {
            let km = language.digits(u64::from(km));
            format!("{yours}: {km} {} {}", language.pick("km from", "км від"), near.name)
        }
    }
}

/// "9 of 9 sources answered".
pub fn coverage(digest: &Digest) -> String {
    let coverage = &digest.frame.coverage;
    let (answered, asked) = (coverage.asked.saturating_sub(coverage.silent.len()), coverage.asked);
    let language = digest.frame.look.language;
    if asked == 0 {
        return language
            .pick("from what was stored; no source was asked", "зі збереженого; джерел не запитували")
            .to_owned();
    }
    // After "з" a number has its noun in the genitive.
    let sources = language.plural(asked as u64, ["source", "sources"], ["джерела", "джерел", "джерел"]);
    match language {
        Language::English => format!("{answered} of {asked} {sources} answered"),
        Language::Ukrainian => format!("відповіли {answered} з {asked} {sources}"),
    }
}

/// "12 articles read, 3 in other languages left aside".
pub fn articles(digest: &Digest) -> String {
    let (coverage, language) = (&digest.frame.coverage, digest.frame.look.language);
    let read = coverage.articles as u64;
    let noun = language.plural(read, ["article", "articles"], ["стаття", "статті", "статей"]);
    let read = language.digits(read);
    let aside = coverage.other_languages as u64;
    match (language, aside) {
        (Language::English, 0) => format!("{read} {noun} read"),
        (Language::English, _) => format!("{read} {noun} read, {aside} in other languages left aside"),
        (Language::Ukrainian, 0) => format!("{read} {noun} прочитано"),
        (Language::Ukrainian, _) => format!("{read} {noun} прочитано, {aside} іншими мовами відкладено"),
    }
}

/// "reports range from 85 to 101".
pub fn range(line: &TollLine, language: Language) -> Option<String> {
    let (least, most) = line.range.map(|(least, most)| (language.digits(least), language.digits(most)))?;
    Some(match language {
        Language::English => format!("reports range from {least} to {most}"),
        Language::Ukrainian => format!("за різними повідомленнями, від {least} до {most}"),
    })
}

/// A side's claim of the other's losses: "300 military killed".
pub fn claimed(line: &ClaimedLine, language: Language) -> String {
    let counted = &line.figure.value().count;
    let who = group(line.group, counted.low, language);
    numbered(&count(counted, language), who, line.measure, language)
}

/// "Confirmed: regional administration; 3 independent reports".
pub fn grade(attested: &Attested, language: Language) -> String {
    let origins = match attested.origins as u64 {
        1 => language.pick("one report", "одне повідомлення").to_owned(),
        many => {
            let noun = language.plural(
                many,
                ["independent report", "independent reports"],
                ["незалежне повідомлення", "незалежні повідомлення", "незалежних повідомлень"],
            );
            format!("{many} {noun}")
        }
    };
    let outlets = attested.outlets as u64;
    let carried = if attested.outlets > attested.origins {
        let noun = language.plural(outlets, ["outlet", "outlets"], ["видання", "видання", "видань"]);
        format!("{outlets} {noun}, {origins}")
    } else {
        origins
    };
    let name = grade_name(attested.grade, language);
    match (attested.grade, &attested.authority, attested.conflict) {
        (Grade::Confirmed, Some(authority), _) => format!("{name}: {authority}; {carried}"),
        (Grade::Confirmed, None, _) | (Grade::Weak, _, _) | (Grade::Contested, _, None) => format!("{name}: {carried}"),
        (Grade::Fair, _, _) => {
            let unnamed = language.pick("no counting authority named", "хто рахував, не названо");
            format!("{name}: {carried}, {unnamed}")
        }
        (Grade::Contested, _, Some((of, least, most))) => {
            let (least, most) = (language.digits(least), language.digits(most));
            match language {
                Language::English => format!("{name}: {} from {least} to {most}; {carried}", measure(of, language)),
                Language::Ukrainian => format!("{name}: {} від {least} до {most}; {carried}", counted(of, language)),
            }
        }
        (Grade::Withdrawn, _, _) => {
            format!("{name} {}", language.pick("by those who reported it", "тими, хто повідомив"))
        }
    }
}

fn grade_name(grade: Grade, language: Language) -> &'static str {
    match grade {
        Grade::Confirmed => language.pick("Confirmed", "Підтверджено"),
        Grade::Fair => language.pick("Fair", "Імовірно"),
        Grade::Weak => language.pick("Weak", "Непевно"),
        Grade::Contested => language.pick("Contested", "Суперечливо"),
        Grade::Withdrawn => language.pick("Withdrawn", "Відкликано"),
    }
}

/// What the grades that an edition uses mean, for who sees them for the first time; nothing where it uses none.
pub fn grades_explained(grades: &[Grade], language: Language) -> String {
    let meaning = |grade: Grade| match grade {
        Grade::Confirmed => language.pick(
            "whoever counts there says so, and another report agrees",
            "так каже той, хто рахує на місці, й інше повідомлення сходиться",
        ),
        Grade::Fair => language.pick("independent reports agree", "незалежні повідомлення сходяться"),
        Grade::Weak => language.pick("one report only", "лише одне повідомлення"),
        Grade::Contested => language.pick("reports disagree", "повідомлення розходяться"),
        Grade::Withdrawn => language.pick("no longer upheld", "більше не стверджують"),
    };
    if grades.is_empty() {
        return String::new();
    }
    let grades: Vec<String> =
        grades.iter().map(|grade| format!("{} – {}", grade_name(*grade, language), meaning(*grade))).collect();
    let origins = language.pick(
        "Outlets that carry the same report count once.",
        "Видання, що передають те саме повідомлення, рахуємо раз.",
    );
    format!("{}: {}. {origins}", language.pick("How sure", "Наскільки певно"), grades.join("; "))
}

/// Why a figure heads its line; empty where nobody gives another.
pub fn choice(line: &TollLine, language: Language) -> &'static str {
    match line.choice {
        Choice::Only => "",
        Choice::Authority => {
            language.pick("shown is the figure of who counts there", "показано цифру того, хто рахує на місці")
        }
        Choice::Newest => language.pick("shown is the newest", "показано найновішу"),
        Choice::Lower => language.pick("shown is the lower of equally new ones", "показано меншу з однаково нових"),
        Choice::Revised => language.pick("shown is the revision", "показано уточнену"),
    }
}

/// The rule by which figures head, as the digest prints it.
pub fn headline_rule(rules: &Rules, language: Language) -> String {
    let order: Vec<&str> = rules.claimants.classes().iter().map(|it| names::class(*it, language)).collect();
    let order = order.join(", ");
    match language {
        Language::English => format!(
            "Which figure is shown: of the last 24 hours' reports that of the claimant who comes first in this order: {order}; \
             then the newest; of equally new ones the lower; a lower later figure only when it says it is a revision; a \
             fighting side's claim of the other's losses never."
        ),
        Language::Ukrainian => format!(
            "Яку цифру показано: з повідомлень за останні 24 години та, чиє джерело раніше в цьому порядку: {order}; \
             далі найновіша; з однаково нових менша; менша пізніша – лише якщо названа уточненням; заява сторони бойових дій \
             про втрати іншої – ніколи."
        ),
    }
}

/// "1 figure is held until a person has looked at it", or nothing.
pub fn held(held: &[HeldItem], language: Language) -> Option<String> {
    let count = held.len() as u64;
    let (figures, rest) = (
        language.plural(count, ["figure is", "figures are"], ["цифру", "цифри", "цифр"]),
        language.plural(
            count,
            ["held until a person has looked at it", "held until a person has looked at them"],
            [
                "притримано, доки її не перевірить людина",
                "притримано, доки їх не перевірить людина",
                "притримано, доки їх не перевірить людина",
            ],
        ),
    );
    (count > 0).then(|| format!("{count} {figures} {rest}"))
}

/// "Sumy strike, injured: a part is larger than its total". The number itself is not printed.
pub fn held_item(item: &HeldItem, language: Language) -> String {
    let who = group(item.group, None, language);
    format!(
        "{}, {}{who}: {} ({})",
        titled(item.place.as_deref(), item.event, language),
        measure(item.measure, language),
        reason(item.reason, language),
        item.claim.outlet
    )
}

/// Why a figure is held, in words and without the number.
pub fn reason(reason: Reason, language: Language) -> String {
    let (english, ukrainian) = match reason {
        Reason::PartOverTotal { .. } => ("the part is larger than its total", "частина більша за ціле"),
        Reason::FallWithoutRevision { .. } => (
            "lower than the same outlet had it, without a word of revision",
            "менше, ніж те саме видання давало раніше, без жодного слова про уточнення",
        ),
        Reason::Jump { .. } => ("ten times what others give, or a zero more", "удесятеро більше, ніж в інших"),
        Reason::Swapped { .. } => ("killed and injured look swapped", "загиблих і поранених, схоже, переплутано"),
        Reason::EqualMeasures { other } => {
            let other = measure(other, language);
            return format!("{} {other}", language.pick("the same number as", "те саме число, що й"));
        }
        Reason::MixedScope => {
            ("the article gives the same number for a longer time", "стаття дає те саме число за довший час")
        }
        Reason::DateAdrift => ("its date does not fit its report", "дата не відповідає повідомленню"),
    };
    language.pick(english, ukrainian).to_owned()
}

/// "injured 12 → 2, corrected by Evening Dispatch", "killed, including 4 children, withdrawn by Valley Ledger".
pub fn correction(correction: &Correction, language: Language) -> String {
    let how = match correction.how {
        How::Withdrawn => language.pick("withdrawn by", "відкликано:"),
        How::Corrected => language.pick("corrected by", "виправлено:"),
        How::Silent => language.pick("changed without a word by", "змінено без пояснення:"),
    };
    let (printed, now) = (&correction.printed, correction.now.as_ref().map(|now| &now.value().count));
    let newest = exact(now.unwrap_or(printed));
    let (what, who) = if correction.part {
        let including = language.pick("including", "зокрема");
        (part_of(correction.measure, language) + including, members(correction.group, newest, language))
    } else {
        (counted(correction.measure, language).to_owned(), group(correction.group, newest, language))
    };
    let arrow = now.map_or_else(String::new, |now| format!(" → {}", count(now, language)));
    let no_more = match (now, correction.how) {
        (Some(_), _) | (None, How::Withdrawn) => "",
        (None, _) => language.pick(", which gives no figure any more", ", цифри більше немає"),
    };
    format!("{what} {}{arrow}{who}, {how} {}{no_more}", count(printed, language), correction.outlet)
}

/// Words of an item as it is printed, without its sources: what the reading time is reckoned by.
pub fn words_of_item(item: &TollItem, language: Language) -> usize {
    let words = |text: &str| text.split_whitespace().count();
    let told = |figure: &Figure| words(&attribution(figure, language));
    let lines = item.lines.iter().map(|line| {
        let others = line.others.iter().map(|it| words(&other(line, it.value(), language)) + told(it.value()));
        words(&toll(line, language)) + told(line.figure.value()) + others.sum::<usize>()
    });
    let claims = item.claimed.iter().map(|line| words(&claimed(line, language)) + told(line.figure.value()));
    let outlets = item.outlets.iter().map(|outlet| words(outlet));
    let ends = words(&incident_name(item, language)) + words(&grade(&item.attested, language));
    ends + lines.chain(claims).chain(outlets).sum::<usize>()
}
