//! An article cut up once, for all that read it: sentences, tokens, what the vocabulary says of them, names of places.

use jiff::civil::Date;

use super::words::Tags;
use crate::news::article::Article;
use crate::news::text::Text;
use crate::news::value::place::{self, Disputed, Names, Part, PlaceMention};

/// The pieces of one article.
#[derive(Debug)]
pub struct Pieces<'t> {
    pub published: Option<Date>,
    /// Context only: nothing is claimed from it.
    pub title: Text<'t>,
    pub title_tags: Tags,
    pub text: Text<'t>,
    pub tags: Tags,
    title_names: Names,
    names: Names,
}

impl<'t> Pieces<'t> {
    pub fn of(article: &'t Article) -> Self {
        let (title, text) = (Text::read(&article.title), Text::read(&article.text));
        Self {
            published: article.published.map(super::article::day),
            title_tags: Tags::read(&title),
            tags: Tags::read(&text),
            title_names: Names::of(&title),
            names: Names::of(&text),
            title,
            text,
        }
    }

    /// The places of the title, and those of some sentences of the text.
    pub fn places_with_title(&self, sentences: &[usize]) -> [Vec<PlaceMention>; 2] {
        let of_title: Vec<usize> = (0..self.title.sentences.len()).collect();
        let title = Part { text: &self.title, names: &self.title_names, sentences: &of_title };
        place::find([title, self.part(sentences)], &Disputed::default())
    }

    /// The places of the whole text.
    pub fn places(&self) -> Vec<PlaceMention> {
        let all: Vec<usize> = (0..self.text.sentences.len()).collect();
        let [places] = place::find([self.part(&all)], &Disputed::default());
        places
    }

    fn part<'p>(&'p self, sentences: &'p [usize]) -> Part<'p, 't> {
        Part { text: &self.text, names: &self.names, sentences }
    }
}
