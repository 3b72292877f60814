//! Pages that everybody gets alike, made once.
//!
//! They are made one at a time: however many readers come at once, they take no more than one core from what composes and
//! sends. All that was made is kept until there is another edition to read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;

/// All that is kept together; when it is more, it is made anew as it is asked for.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// A finished page or picture.
#[derive(Clone, Debug)]
pub struct Made {
    pub content_type: &'static str,
    pub body: Bytes,
}

#[derive(Debug, Default)]
pub struct Shelf {
    kept: Mutex<Kept>,
    making: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Of the archive, as it was when these were made.
    version: (i64, i64),
    made: HashMap<String, Made>,
    bytes: usize,
}

impl Shelf {
    /// The page of that name, which `make` makes if it is not there; `None` if there is no such page.
    pub async fn get(
        &self,
        version: (i64, i64),
        name: &str,
        make: impl Future<Output = anyhow::Result<Option<Made>>>,
    ) -> anyhow::Result<Option<Made>> {
        if let Some(made) = self.find(version, name) {
            return Ok(Some(made));
        }
        let _one = self.making.lock().await;
        if let Some(made) = self.find(version, name) {
            return Ok(Some(made));
        }
        let made = make.await?;
        if let Some(made) = &made {
            self.keep(version, name, made);
        }
        Ok(made)
    }

    fn find(&self, version: (i64, i64), name: &str) -> Option<Made> {
        let kept = self.lock();
        (kept.version == version).then(|| kept.made.get(name).cloned()).flatten()
    }

    /// Keeps what was made along with something else.
    pub fn keep(&self, version: (i64, i64), name: &str, made: &Made) {
        let mut kept = self.lock();
        if kept.version != version || kept.bytes + made.body.len() > BYTES_MAX {
            *kept = Kept { version, ..Kept::default() };
        }
        kept.bytes += made.body.len();
        kept.made.insert(name.to_owned(), made.clone());
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Every change under this lock is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_page_is_made_once_for_each_state_of_the_archive() {
        let (shelf, count) = (Shelf::default(), AtomicUsize::new(0));
        let make = async |found: bool| {
            count.fetch_add(1, Ordering::SeqCst);
            anyhow::Ok(found.then(|| Made { content_type: "text/html", body: Bytes::from_static(b"page") }))
        };
        let all = (0..50).map(|_| shelf.get((1, 1), "page", make(true)));
        for made in futures_util::future::join_all(all).await {
            assert_eq!(made.unwrap().unwrap().body, "page");
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        shelf.get((2, 2), "page", make(true)).await.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 2);
        // That there is none is not kept: nobody fills our memory with names.
        for _ in 0..2 {
            assert!(shelf.get((2, 2), "none", make(false)).await.unwrap().is_none());
        }
        assert_eq!(count.load(Ordering::SeqCst), 4);
    }
}
