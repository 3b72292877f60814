//! What measures, groups, events, states and munitions are called.

use super::Language;
use crate::news::extract::Stance;
use crate::news::incident::claimant::Class;
use crate::news::kinds::{Event, Form, Group, Measure, MunitionAction, MunitionType, Outcome, Scope, Status};

pub fn measure(measure: Measure, language: Language) -> &'static str {
    let (english, ukrainian) = match measure {
        Measure::Killed => ("killed", "загиблі"),
        Measure::Injured => ("injured", "поранені"),
        Measure::Missing => ("missing", "зниклі безвісти"),
        Measure::Trapped => ("trapped", "заблоковані"),
        Measure::Displaced => ("displaced", "переміщені"),
        Measure::Evacuated => ("evacuated", "евакуйовані"),
        Measure::Detained => ("detained", "затримані"),
        Measure::Captured => ("captured", "полонені"),
        Measure::Abducted => ("abducted", "викрадені"),
        Measure::Released => ("released", "звільнені"),
        Measure::Rescued => ("rescued", "врятовані"),
        Measure::Affected => ("affected (killed, injured or otherwise)", "постраждалі"),
    };
    language.pick(english, ukrainian)
}

/// The measure before its number: "injured", "поранених:".
pub fn counted(of: Measure, language: Language) -> &'static str {
    let ukrainian = match of {
        Measure::Killed => "загиблих:",
        Measure::Injured => "поранених:",
        Measure::Missing => "зниклих безвісти:",
        Measure::Trapped => "заблокованих:",
        Measure::Displaced => "переміщених:",
        Measure::Evacuated => "евакуйованих:",
        Measure::Detained => "затриманих:",
        Measure::Captured => "полонених:",
        Measure::Abducted => "викрадених:",
        Measure::Released => "звільнених:",
        Measure::Rescued => "врятованих:",
        Measure::Affected => "постраждалих:",
    };
    language.pick(measure(of, language), ukrainian)
}

/// The group after a number, with a space before it; empty for people in general. Without a number it is the plural.
pub fn group(group: Group, number: Option<u64>, language: Language) -> &'static str {
    if group == Group::People { "" } else { members(group, number, language) }
}

/// The same, where people in general have to be named as well: "including 1 person".
pub fn members(group: Group, number: Option<u64>, language: Language) -> &'static str {
    let (english, ukrainian) = match group {
        Group::People => ([" person", " people"], [" особа", " особи", " осіб"]),
        Group::Children => ([" child", " children"], [" дитина", " дитини", " дітей"]),
        Group::Women => ([" woman", " women"], [" жінка", " жінки", " жінок"]),
        Group::Civilians => ([" civilian", " civilians"], [" цивільна особа", " цивільні особи", " цивільних осіб"]),
        Group::Military => ([" military", " military"], [" військовий", " військові", " військових"]),
        Group::Police => ([" police", " police"], [" поліцейський", " поліцейські", " поліцейських"]),
        Group::Militants => ([" militant", " militants"], [" бойовик", " бойовики", " бойовиків"]),
        Group::Responders => (
            [" rescuer or medic", " rescuers and medics"],
            [" рятувальник чи медик", " рятувальники й медики", " рятувальників і медиків"],
        ),
        Group::Journalists => ([" journalist", " journalists"], [" журналіст", " журналісти", " журналістів"]),
        Group::Officials => ([" official", " officials"], [" посадовець", " посадовці", " посадовців"]),
    };
    language.plural(number.unwrap_or(u64::MAX), english, ukrainian)
}

pub fn event(event: Event, language: Language) -> &'static str {
    let (english, ukrainian) = match event {
        Event::Strike => ("strike", "удар"),
        Event::Bombing => ("bombing", "підрив"),
        Event::Shooting => ("shooting", "стрілянина"),
        Event::Clash => ("fighting", "бої"),
        Event::Attack => ("attack", "напад"),
        Event::Accident => ("accident", "аварія"),
        Event::Disaster => ("disaster", "стихійне лихо"),
        Event::Disease => ("disease", "хвороба"),
        Event::Unrest => ("unrest", "заворушення"),
        Event::Exchange => ("exchange", "обмін"),
        Event::War => ("war", "війна"),
        Event::Other => ("incident", "подія"),
    };
    language.pick(english, ukrainian)
}

pub fn scope(scope: Scope, language: Language) -> Option<&'static str> {
    match scope {
        Scope::Event => None,
        Scope::Period => Some(language.pick("over a period", "за період")),
        Scope::Campaign => Some(language.pick("so far", "загалом")),
    }
}

pub fn status(form: Form, status: Status, language: Language) -> &'static str {
    let (english, ukrainian) = match (status, form) {
        (Status::Proposed, _) => ("proposed", "запропоновано"),
        (Status::Scheduled, _) => ("scheduled", "призначено"),
        (Status::UnderWay, _) => ("under way", "триває"),
        (Status::Concluded, Form::Call) => ("held", "відбулася"),
        (Status::Concluded, _) => ("ended", "завершено"),
        (Status::Postponed, _) => ("postponed", "відкладено"),
        (Status::Cancelled, _) => ("cancelled", "скасовано"),
        (Status::Rejected, _) => ("ruled out", "виключено"),
        (Status::Stalled, _) => ("stalled", "зупинено"),
    };
    language.pick(english, ukrainian)
}

pub fn outcome(outcome: Outcome, language: Language) -> &'static str {
    let (english, ukrainian) = match outcome {
        Outcome::Agreement => ("with an agreement", "з угодою"),
        Outcome::Partial => ("with a partial agreement", "з частковою угодою"),
        Outcome::Continue => ("contacts to go on", "контакти триватимуть"),
        Outcome::NoAgreement => ("without agreement", "без угоди"),
        Outcome::Collapsed => ("collapsed", "зірвано"),
        Outcome::Undisclosed => ("outcome not disclosed", "підсумок не розголошено"),
    };
    language.pick(english, ukrainian)
}

pub fn form(form: Form, language: Language) -> &'static str {
    let (english, ukrainian) = match form {
        Form::Talks => ("talks", "переговори"),
        Form::Meeting => ("meeting", "зустріч"),
        Form::Summit => ("summit", "саміт"),
        Form::Call => ("call", "телефонна розмова"),
        Form::Contacts => ("contacts", "контакти"),
    };
    language.pick(english, ukrainian)
}

pub fn munition(munition: MunitionType, number: u64, language: Language) -> &'static str {
    let (english, ukrainian) = match munition {
        MunitionType::Drone => (["drone", "drones"], ["дрон", "дрони", "дронів"]),
        MunitionType::Missile => (["missile", "missiles"], ["ракета", "ракети", "ракет"]),
        MunitionType::BallisticMissile => (
            ["ballistic missile", "ballistic missiles"],
            ["балістична ракета", "балістичні ракети", "балістичних ракет"],
        ),
        MunitionType::CruiseMissile => {
            (["cruise missile", "cruise missiles"], ["крилата ракета", "крилаті ракети", "крилатих ракет"])
        }
        MunitionType::Rocket => {
            (["rocket", "rockets"], ["реактивний снаряд", "реактивні снаряди", "реактивних снарядів"])
        }
        MunitionType::Shell => (["shell", "shells"], ["снаряд", "снаряди", "снарядів"]),
        MunitionType::Bomb => (["bomb", "bombs"], ["бомба", "бомби", "бомб"]),
        MunitionType::AirStrike => (["air strike", "air strikes"], ["авіаудар", "авіаудари", "авіаударів"]),
        MunitionType::Other => (["munition", "munitions"], ["боєприпас", "боєприпаси", "боєприпасів"]),
    };
    language.plural(number, english, ukrainian)
}

pub fn action(action: MunitionAction, language: Language) -> &'static str {
    let (english, ukrainian) = match action {
        MunitionAction::Launched => ("launched", "запущено"),
        MunitionAction::Intercepted => ("intercepted", "збито"),
        MunitionAction::Hit => ("hit", "влучань:"),
        MunitionAction::Lost => ("lost from radar", "зникло з радарів"),
    };
    language.pick(english, ukrainian)
}

pub fn class(class: Class, language: Language) -> &'static str {
    let (english, ukrainian) = match class {
        Class::Authority => ("authorities on the ground", "влада на місці"),
        Class::Emergency => ("emergency services", "рятувальні служби"),
        Class::Ministry => ("ministries", "міністерства"),
        Class::UnitedNations => ("the UN", "ООН"),
        Class::Hospital => ("hospitals", "лікарні"),
        Class::Mayor => ("mayors", "мери"),
        Class::Media => ("media and monitors", "медіа й спостерігачі"),
        Class::Belligerent => ("fighting sides", "сторони бойових дій"),
    };
    language.pick(english, ukrainian)
}

/// How a claimant's word stands: "claimed by", "alleged,", nothing by default.
pub fn stance(stance: Stance, language: Language) -> &'static str {
    match stance {
        Stance::Claimed => language.pick("claimed by ", "стверджує "),
        Stance::Alleged => language.pick("alleged, ", "імовірно, "),
        _ => "",
    }
}
