//! Articles, with every text that each of them has had.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

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
    /// Which of its texts this is; see [`text_hash`].
    pub text_hash: String,
    pub first_seen: Timestamp,
    /// When its headline or text last changed; `first_seen` if never.
    pub changed_at: Timestamp,
    /// An earlier text of it was news in an earlier edition of the name that was asked about.
    pub revised: bool,
}

/// What tells two texts of an article apart: SHA-256 of headline and text, hexadecimal.
pub fn text_hash(article: &Article) -> String {
    let (title, text) = (clean(&article.title), clean(&article.text));
    let mut hash = Sha256::new();
    // The length keeps the two parts apart.
    hash.update((title.len() as u64).to_le_bytes());
    hash.update(title.as_bytes());
    hash.update(text.as_bytes());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What tells whether a feed says something new of a stored article.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub title: String,
    pub modified: Option<Published>,
    /// See [`text_hash`].
    pub text_hash: String,
}

impl Known {
    /// Whether an entry is as it was when its page was read. A stored teaser means that the page was never had.
    pub fn covers(&self, entry: &Article) -> bool {
        let instant = |at: Option<Published>| at.and_then(Published::instant);
        self.title == entry.title
            && instant(entry.modified) <= instant(self.modified)
            && self.text_hash != text_hash(entry)
    }
}

/// Articles that are looked up with one statement.
const IDS_AT_ONCE: usize = 32;

static KNOWN: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<String> = (1..=IDS_AT_ONCE).map(|place| format!("${place}")).collect();
    format!(
        "SELECT a.id, a.modified, a.text_hash, t.title
         FROM articles a JOIN article_texts t ON t.article_id = a.id AND t.text_hash = a.text_hash
         WHERE a.id IN ({})",
        places.join(", ")
    )
});

impl Store {
    /// Stores articles, and the new texts of those that are known, all or none of them: what each was found to be.
    pub async fn save_articles(&self, articles: &[Article], now: Timestamp) -> Result<Vec<Inserted>, StoreError> {
        let doing = "store the articles";
        let mut transaction = self.begin(doing).await?;
        let mut found = Vec::with_capacity(articles.len());
        for article in articles {
            found.push(insert(&mut transaction, &storable(article), now).await.map_err(failed(doing))?);
        }
        transaction.commit().await.map_err(failed(doing))?;
        Ok(found)
    }

    /// What is known of those of the articles that are stored, by id.
    pub async fn known_articles(&self, ids: &[&str]) -> Result<HashMap<String, Known>, StoreError> {
        let doing = "look up articles in the store";
        let mut found = HashMap::new();
        for ids in ids.chunks(IDS_AT_ONCE) {
            let mut query = sqlx::query(KNOWN.as_str());
            // The places that are left over hold no id.
            for index in 0..IDS_AT_ONCE {
                query = query.bind(ids.get(index).map(|id| clean(id)).unwrap_or_default());
            }
            let rows = query.fetch_all(&self.pool).await.map_err(failed(doing))?;
            let known = |row: &AnyRow| {
                let (title, text_hash) = (row.try_get("title")?, row.try_get("text_hash")?);
                Ok((row.try_get("id")?, Known { title, modified: read_date(row, "modified")?, text_hash }))
            };
            for row in &rows {
                let (id, known): (String, Known) = known(row).map_err(failed(doing))?;
                found.insert(id, known);
            }
        }
        Ok(found)
    }

    /// Whether any text of an article was news in an earlier edition of that name.
    pub async fn was_told(&self, name: &str, id: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM edition_articles WHERE name = $1 AND article_id = $2 LIMIT 1")
            .bind(name)
            .bind(clean(id))
            .fetch_optional(&self.pool)
            .await
            .map_err(failed("look up an article in earlier editions"))?;
        Ok(row.is_some())
    }

    /// The newest articles that were published, or else first seen, since then, each with its newest text; `count` at most.
    pub async fn articles_since(&self, since: Timestamp, count: u32) -> Result<Vec<StoredArticle>, StoreError> {
        let doing = "read the newest articles";
        let rows = sqlx::query(
            "SELECT a.*, t.title, t.text, CAST(0 AS BIGINT) AS used
             FROM articles a JOIN article_texts t ON t.article_id = a.id AND t.text_hash = a.text_hash
             WHERE COALESCE(a.published_at, a.first_seen) > $1
             ORDER BY COALESCE(a.published_at, a.first_seen) DESC, a.id LIMIT $2",
        )
        .bind(micros(since))
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed(doing))
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

    /// Every text that an article has had.
    pub async fn texts_of(&self, id: &str) -> Result<Vec<String>, StoreError> {
        let doing = "read the texts of an article";
        let rows = sqlx::query("SELECT text FROM article_texts WHERE article_id = $1 ORDER BY seen_at DESC")
            .bind(clean(id))
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
        rows.iter().map(|row| row.try_get("text")).collect::<Result<_, _>>().map_err(failed(doing))
    }

    /// What an edition of a name that covers `window` can draw on, oldest first: articles that were published, first
    /// seen or changed in it, and whose newest text was news in no edition of that name yet. Such of which an earlier
    /// text was are marked [`StoredArticle::revised`].
    pub async fn articles_for(&self, name: &str, window: Window) -> Result<Vec<StoredArticle>, StoreError> {
        let doing = "read the articles for an edition";
        let rows = sqlx::query(
            "SELECT a.*, t.title, t.text,
                (SELECT COUNT(*) FROM edition_articles e WHERE e.name = $1 AND e.article_id = a.id) AS used
             FROM articles a JOIN article_texts t ON t.article_id = a.id AND t.text_hash = a.text_hash
             WHERE ((a.published_at > $2 AND a.published_at <= $3)
                    OR (a.first_seen > $2 AND a.first_seen <= $3)
                    OR (a.changed_at > $2 AND a.changed_at <= $3))
                AND NOT EXISTS (SELECT 1 FROM edition_articles e
                    WHERE e.name = $1 AND e.article_id = a.id AND e.text_hash = a.text_hash)
             ORDER BY COALESCE(a.published_at, a.first_seen), a.id",
        )
        .bind(name)
        .bind(micros(window.from))
        .bind(micros(window.to))
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed(doing))
    }

    /// The articles that a frozen edition used, each text as it was then, whatever became of it later; oldest first.
    pub async fn articles_of(&self, edition_id: &str) -> Result<Vec<StoredArticle>, StoreError> {
        self.articles_used(Some(edition_id), None, Timestamp::MIN).await
    }

    /// The articles that were news in the editions of a name whose windows end after `since`, each text as it was then.
    /// The newest edition comes first, so of an article with several texts the one that was told last does.
    pub async fn articles_told(&self, name: &str, since: Timestamp) -> Result<Vec<StoredArticle>, StoreError> {
        self.articles_used(None, Some(name), since).await
    }

    async fn articles_used(
        &self,
        edition_id: Option<&str>,
        name: Option<&str>,
        since: Timestamp,
    ) -> Result<Vec<StoredArticle>, StoreError> {
        let doing = "read the articles of earlier editions";
        let rows = sqlx::query(
            "SELECT a.id, a.url, a.outlet, a.byline, a.language, a.published, a.modified, u.text_hash, a.first_seen,
                a.changed_at, t.title, t.text, CAST(0 AS BIGINT) AS used
             FROM editions e
             JOIN edition_articles u ON u.edition_id = e.id
             JOIN articles a ON a.id = u.article_id
             JOIN article_texts t ON t.article_id = u.article_id AND t.text_hash = u.text_hash
             WHERE e.id = COALESCE($1, e.id) AND e.name = COALESCE($2, e.name) AND e.to_at > $3
             ORDER BY e.to_at DESC, COALESCE(a.published_at, a.first_seen), a.id",
        )
        .bind(edition_id)
        .bind(name)
        .bind(micros(since))
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed(doing))
    }

    /// Whether this very text of an article was news in an edition of that name.
    pub async fn is_told(&self, name: &str, article: &Article) -> Result<bool, StoreError> {
        let doing = "look up an article in earlier editions";
        let row = sqlx::query("SELECT 1 FROM edition_articles WHERE name = $1 AND article_id = $2 AND text_hash = $3")
            .bind(name)
            .bind(clean(&article.id))
            .bind(text_hash(article))
            .fetch_optional(&self.pool)
            .await
            .map_err(failed(doing))?;
        Ok(row.is_some())
    }
}

/// Stores an article, or the new text of one that is known.
async fn insert(
    transaction: &mut Transaction<'_, Any>,
    article: &Article,
    now: Timestamp,
) -> Result<Inserted, sqlx::Error> {
    let hash = text_hash(article);
    let published = date_text(article.published)?;
    let modified = date_text(article.modified)?;
    let published_at = article.published.and_then(Published::instant).map(micros);
    let inserted = sqlx::query(
        "INSERT INTO articles (id, url, outlet, byline, language, published, published_at, modified, text_hash,
            first_seen, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
         ON CONFLICT (id) DO NOTHING",
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
    .execute(&mut **transaction)
    .await?;
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
        .execute(&mut **transaction)
        .await?;
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
    .execute(&mut **transaction)
    .await?;
    Ok(outcome)
}

/// PostgreSQL keeps no NUL characters; a space takes the same place, so that spans stay true.
fn clean(text: &str) -> String {
    text.replace('\0', " ")
}

fn storable(article: &Article) -> Article {
    Article {
        id: clean(&article.id),
        url: article.url.as_deref().map(clean),
        outlet: clean(&article.outlet),
        title: clean(&article.title),
        byline: article.byline.as_deref().map(clean),
        language: article.language.as_deref().map(clean),
        text: clean(&article.text),
        ..*article
    }
}

/// A time of publication as the store keeps it: the text that [`Published`] is written as in JSON, without quotes.
fn date_text(published: Option<Published>) -> Result<Option<String>, sqlx::Error> {
    let json = published.map(serde_json::to_value).transpose();
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
        text_hash: row.try_get("text_hash")?,
        first_seen: time(row, "first_seen")?,
        changed_at: time(row, "changed_at")?,
        revised: row.try_get::<i64, _>("used")? > 0,
    })
}
