//! Articles, with every text that each of them has had.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::error::failed;
use super::{Store, StoreError, micros, time, unreadable};
use crate::news::article::{Article, Published};
use crate::news::digest::Window;

/// What storing an article found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    New,
    /// It was known with another headline or text; both are kept.
    Changed,
    Known,
}

/// An article as it was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredArticle {
    pub article: Article,
    /// The configured name of the source that gave it first.
    pub source: String,
    /// Which of its texts this is; see [`text_hash`].
    pub text_hash: String,
    pub first_seen: Timestamp,
    /// When its headline or text last changed; `first_seen` if never.
    pub changed_at: Timestamp,
    /// An earlier text of it was news in an earlier edition of the series that was asked about.
    pub revised: bool,
}

/// What tells two texts of an article apart: SHA-256 of headline and text, hexadecimal.
pub fn text_hash(article: &Article) -> String {
    let mut hash = Sha256::new();
    // The length keeps the two parts apart.
    hash.update((article.title.len() as u64).to_le_bytes());
    hash.update(&article.title);
    hash.update(&article.text);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Stores an article, or the new text of one that is known.
    pub async fn insert_article(
        &self,
        article: &Article,
        source: &str,
        now: Timestamp,
    ) -> Result<Inserted, StoreError> {
        let doing = "store an article";
        let article = storable(article);
        let hash = text_hash(&article);
        let published = date_text(article.published).map_err(failed(doing))?;
        let modified = date_text(article.modified).map_err(failed(doing))?;
        let published_at = article.published.and_then(Published::instant).map(micros);
        let mut transaction = self.begin(doing).await?;
        let inserted = sqlx::query(
            "INSERT INTO articles (id, source, url, outlet, byline, language, published, published_at, modified,
                text_hash, first_seen, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(&article.id)
        .bind(source)
        .bind(&article.url)
        .bind(&article.outlet)
        .bind(&article.byline)
        .bind(&article.language)
        .bind(&published)
        .bind(published_at)
        .bind(&modified)
        .bind(&hash)
        .bind(micros(now))
        .execute(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        let outcome = if inserted.rows_affected() == 1 {
            Inserted::New
        } else {
            // What the new version does not say is kept from the old.
            let changed = sqlx::query(
                "UPDATE articles SET url = COALESCE($2, url), outlet = $3, byline = COALESCE($4, byline),
                    language = COALESCE($5, language), published = COALESCE($6, published),
                    published_at = COALESCE($7, published_at), modified = COALESCE($8, modified),
                    text_hash = $9, changed_at = $10
                 WHERE id = $1 AND text_hash <> $9",
            )
            .bind(&article.id)
            .bind(&article.url)
            .bind(&article.outlet)
            .bind(&article.byline)
            .bind(&article.language)
            .bind(&published)
            .bind(published_at)
            .bind(&modified)
            .bind(&hash)
            .bind(micros(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
            if changed.rows_affected() == 0 {
                return Ok(Inserted::Known);
            }
            Inserted::Changed
        };
        sqlx::query(
            "INSERT INTO article_texts (article_id, text_hash, title, text, seen_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (article_id, text_hash) DO NOTHING",
        )
        .bind(&article.id)
        .bind(&hash)
        .bind(&article.title)
        .bind(&article.text)
        .bind(micros(now))
        .execute(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(outcome)
    }

    /// The newest text of an article.
    pub async fn article(&self, id: &str) -> Result<Option<StoredArticle>, StoreError> {
        let doing = "read an article";
        let row = sqlx::query(
            "SELECT a.*, t.title, t.text, CAST(0 AS BIGINT) AS used
             FROM articles a JOIN article_texts t ON t.article_id = a.id AND t.text_hash = a.text_hash
             WHERE a.id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
        .map_err(failed(doing))?;
        row.map(|row| read(&row)).transpose().map_err(failed(doing))
    }

    /// What an edition of a series that covers `window` can draw on, oldest first: articles that were published, first
    /// seen or changed in it, and whose newest text was news in no edition of the series yet. Such of which an earlier
    /// text was are marked [`StoredArticle::revised`].
    pub async fn articles_for(&self, series: &str, window: Window) -> Result<Vec<StoredArticle>, StoreError> {
        let doing = "read the articles for an edition";
        let rows = sqlx::query(
            "SELECT a.*, t.title, t.text,
                (SELECT COUNT(*) FROM edition_articles e WHERE e.series = $1 AND e.article_id = a.id) AS used
             FROM articles a JOIN article_texts t ON t.article_id = a.id AND t.text_hash = a.text_hash
             WHERE ((a.published_at > $2 AND a.published_at <= $3)
                    OR (a.first_seen > $2 AND a.first_seen <= $3)
                    OR (a.changed_at > $2 AND a.changed_at <= $3))
                AND NOT EXISTS (SELECT 1 FROM edition_articles e
                    WHERE e.series = $1 AND e.article_id = a.id AND e.text_hash = a.text_hash)
             ORDER BY COALESCE(a.published_at, a.first_seen), a.id",
        )
        .bind(series)
        .bind(micros(window.from))
        .bind(micros(window.to))
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed(doing))
    }

    /// The articles that a frozen edition used, with the texts that it used, whatever became of them since.
    pub async fn articles_of(&self, edition_id: &str) -> Result<Vec<StoredArticle>, StoreError> {
        let doing = "read the articles of an edition";
        let rows = sqlx::query(
            "SELECT a.id, a.source, a.url, a.outlet, a.byline, a.language, a.published, a.modified, e.text_hash,
                a.first_seen, a.changed_at, t.title, t.text, CAST(0 AS BIGINT) AS used
             FROM edition_articles e
             JOIN articles a ON a.id = e.article_id
             JOIN article_texts t ON t.article_id = e.article_id AND t.text_hash = e.text_hash
             WHERE e.edition_id = $1
             ORDER BY COALESCE(a.published_at, a.first_seen), a.id",
        )
        .bind(edition_id)
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed(doing))
    }
}

/// PostgreSQL keeps no NUL characters; a space takes the same place, so that spans stay true.
fn storable(article: &Article) -> Article {
    let clean = |text: &String| text.replace('\0', " ");
    Article {
        id: clean(&article.id),
        url: article.url.as_ref().map(clean),
        outlet: clean(&article.outlet),
        title: clean(&article.title),
        byline: article.byline.as_ref().map(clean),
        language: article.language.as_ref().map(clean),
        text: clean(&article.text),
        ..*article
    }
}

/// A time of publication as the store keeps it: the text that [`Published`] is written as in JSON, without quotes.
fn date_text(published: Option<Published>) -> Result<Option<String>, sqlx::Error> {
    let json = published.map(|published| serde_json::to_value(published)).transpose();
    let json = json.map_err(|error| unreadable("published", error))?;
    Ok(json.as_ref().and_then(serde_json::Value::as_str).map(str::to_owned))
}

fn read_date(row: &AnyRow, column: &str) -> Result<Option<Published>, sqlx::Error> {
    let text: Option<String> = row.try_get(column)?;
    let date = text.map(|text| serde_json::from_value(serde_json::Value::String(text))).transpose();
    date.map_err(|error| unreadable(column, error))
}

fn read(row: &AnyRow) -> Result<StoredArticle, sqlx::Error> {
    let article = Article {
        id: row.try_get("id")?,
        url: row.try_get("url")?,
        outlet: row.try_get("outlet")?,
        title: row.try_get("title")?,
        byline: row.try_get("byline")?,
        language: row.try_get("language")?,
        published: read_date(row, "published")?,
        modified: read_date(row, "modified")?,
        text: row.try_get("text")?,
    };
    Ok(StoredArticle {
        article,
        source: row.try_get("source")?,
        text_hash: row.try_get("text_hash")?,
        first_seen: time(row, "first_seen")?,
        changed_at: time(row, "changed_at")?,
        revised: row.try_get::<i64, _>("used")? > 0,
    })
}
