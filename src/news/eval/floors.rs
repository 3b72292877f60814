//! Floors: figures that must not be undercut.

use super::Scores;

/// The key of a floors file that names what the floors were measured on (a digest of the labelled files).
const FINGERPRINT: &str = "fingerprint";

/// A file of floors: TOML, `measure = figure`, with names as in `toll.value.f1 = 0.9`; and the fingerprint of what they were measured on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Floors {
    floors: Vec<(String, f64)>,
    pub fingerprint: Option<String>,
}

/// What is wrong with a file of floors; fits after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FloorsError {
    #[error("read the floors as TOML: {0}")]
    Toml(String),
    #[error("take {0} for a floor: write a figure from 0 to 1, as in \"toll.value.f1 = 0.9\"")]
    Figure(String),
    #[error("find a measure {0}; there are {all}", all = Scores::names().collect::<Vec<_>>().join(", "))]
    Measure(String),
}

/// A figure below its floor.
#[derive(Clone, Debug, PartialEq)]
pub struct Undercut {
    pub measure: String,
    pub floor: f64,
    /// `None` when there was nothing to judge.
    pub figure: Option<f64>,
}

impl Floors {
    /// Reads a file of floors.
    ///
    /// # Errors
    /// When it is no TOML, or names a measure that does not exist, or a figure that is none.
    pub fn parse(text: &str) -> Result<Self, FloorsError> {
        let file = text.parse::<toml_edit::DocumentMut>().map_err(|error| FloorsError::Toml(error.to_string()))?;
        let mut floors = Self::default();
        floors.table(file.as_table(), "")?;
        Ok(floors)
    }

    fn table(&mut self, table: &dyn toml_edit::TableLike, above: &str) -> Result<(), FloorsError> {
        for (key, item) in table.iter() {
            let name = if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
            if let Some(table) = item.as_table_like() {
                self.table(table, &name)?;
            } else if name == FINGERPRINT {
                self.fingerprint = item.as_str().map(str::to_owned);
            } else if !Scores::names().any(|known| known == name) {
                return Err(FloorsError::Measure(name));
            } else {
                let figure = item.as_float().filter(|figure| (0.0..=1.0).contains(figure));
                let figure = figure.ok_or_else(|| FloorsError::Figure(format!("{name} ={item}")))?;
                self.floors.push((name, figure));
            }
        }
        Ok(())
    }

    /// The floors that these scores undercut, in the order of the file.
    pub fn undercut(&self, scores: &Scores) -> Vec<Undercut> {
        let below = |(measure, floor): &(String, f64)| {
            let figure = scores.figure(measure).flatten();
            let is_below = figure.is_none_or(|figure| figure < *floor);
            is_below.then(|| Undercut { measure: measure.clone(), floor: *floor, figure })
        };
        self.floors.iter().filter_map(below).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Labels, Reading, score};
    use super::Floors;
    use serde_json::{Value, json};

    /// One of two tolls is found, at the wrong place, and one is made up.
    fn scores() -> super::Scores {
        let labels: Labels = serde_json::from_value(json!({"id": "a", "munitions": [], "talks": [], "tolls": [
            {"measure": "killed", "low": 3, "high": 3, "place": "Sumy", "quote": "three died"},
            {"measure": "injured", "low": null, "high": null, "words": "dozens", "place": "Sumy", "quote": "dozens were hurt"}]}))
        .unwrap();
        let read = |measure: &str, low: Value| {
            json!({"kind": "toll", "measure": measure, "low": low, "high": low, "words": null,
                "place": {"name": "Poltava"}, "evidence": [{"start": 0, "end": 10, "quote": "three died"}]})
        };
        let reading = Reading::of(&[read("killed", json!(3)), read("missing", json!(3))]).unwrap();
        score(&labels, "three died and dozens were hurt", "", Some(&reading)).0
    }

    #[track_caller]
    fn check(file: &str, expected: &[(&str, f64, Option<f64>)]) {
        let undercut = Floors::parse(file).unwrap().undercut(&scores());
        let undercut: Vec<_> = undercut.iter().map(|one| (one.measure.as_str(), one.floor, one.figure)).collect();
        assert_eq!(undercut, expected);
    }

    #[test]
    fn a_figure_below_its_floor_is_told() {
        check("toll.value.f1 = 0.5\ntoll.value.recall = 0.5\nevidence = 1.0", &[]);
        check("toll.value.precision = 0.6\n", &[("toll.value.precision", 0.6, Some(0.5))]);
        check("[toll]\nplace = 0.1\n", &[("toll.place", 0.1, Some(0.0))]);
        // A measure with nothing to judge does not pass.
        check("talks.status = 0.1\n", &[("talks.status", 0.1, None)]);
    }

    #[test]
    fn a_file_of_floors_that_cannot_hold_says_why() {
        let error = |file: &str| Floors::parse(file).unwrap_err().to_string();
        assert!(
            error("toll.valu.f1 = 0.5").starts_with("find a measure toll.valu.f1; there are toll.value.precision, ")
        );
        assert!(error("evidence = 90.0").contains("write a figure from 0 to 1"));
        assert!(error("evidence = \"high\"").contains("write a figure from 0 to 1"));
        assert!(error("evidence =").starts_with("read the floors as TOML"));
        assert_eq!(Floors::parse("fingerprint = \"ab\"").unwrap().fingerprint.as_deref(), Some("ab"));
    }
}
