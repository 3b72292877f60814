//! What readers on the pages cost an edition that is being delivered.
//!
//! ```console
//! cargo bench --bench load                # 50,000 messages a delivery
//! cargo bench --bench load -- 5000        # so many
//! ```
//!
//! The same delivery is run with and without readers in turns, and what is told is the ratio of the two rates. The readers
//! have a thread of their own, on the same cores. It needs `smtp-sink` (Debian's postfix).

#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to clean up")]

mod mailing;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daybrief::news::token::Purpose;
use daybrief::service::control::Control;
use daybrief::service::pipeline::Service;
use daybrief::service::web;
use mailing::{Sink, now};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

const MESSAGES: usize = 50_000;
const ROUNDS: usize = 3;
const READERS: usize = 200;
/// Between two pages of one reader: a quick one, since a page of figures takes longer to be read. Two hundred of them ask for
/// forty pages a second.
const THINKS: Duration = Duration::from_secs(5);
/// Every so many pages a reader sends the form of their preferences, which is a write beside those of the delivery.
const SAVES_EVERY: usize = 10;

/// What the readers met.
#[derive(Default)]
struct Met {
    pages: AtomicUsize,
    waited: Mutex<Vec<Duration>>,
}

fn main() {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let count: usize = given.unwrap_or(MESSAGES);
    let _sink = Sink::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let (alone, _) = runtime.block_on(delivery(count, 0));
        let (read, met) = runtime.block_on(delivery(count, READERS));
        let mut waited = met.waited.lock().unwrap().clone();
        waited.sort();
        let part = |of: usize| waited[(waited.len() - 1) * of / 100].as_millis();
        println!(
            "round {round}: {alone:.0} messages a second alone, {read:.0} with {READERS} readers, who got {} pages: \
             median {} ms, 99 of 100 within {} ms",
            met.pages.load(Ordering::Relaxed),
            part(50),
            part(99)
        );
        ratios.push(read / alone);
    }
    ratios.sort_by(f64::total_cmp);
    println!("with readers / alone: {:.2} (median of {ROUNDS})", ratios[ROUNDS / 2]);
}

/// Messages a second, and what so many readers met meanwhile.
async fn delivery(count: usize, readers: usize) -> (f64, Arc<Met>) {
    let folder = tempfile::tempdir().unwrap();
    let service = Arc::new(mailing::frozen(folder.path(), count, "").await);
    let control = Arc::new(Control::new(mpsc::unbounded_channel().0));
    let (_routers, router) = watch::channel(web::router(&service, &control));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let pages = tokio::spawn(web::serve(listener, router));
    let (met, (over, is_over)) = (Arc::new(Met::default()), watch::channel(false));
    let addresses = addresses(&service, readers).await;
    let thread = std::thread::spawn({
        let met = Arc::clone(&met);
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(read(&base, &addresses, &met, is_over));
        }
    });
    let rate = mailing::deliver(&service, count).await;
    over.send_replace(true);
    tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
    pages.abort();
    service.store.clone().close().await;
    (rate, met)
}

/// For each reader the pages that they look at, in turns.
async fn addresses(service: &Service, readers: usize) -> Vec<[String; 3]> {
    let edition = service.store.latest_edition("daily").await.unwrap().unwrap();
    let ids = service.store.subscriber_ids_page(None, u32::try_from(readers).unwrap()).await.unwrap();
    let own = |id: &String| {
        let mark = service.post.reach.key.link(Purpose::Preferences, id);
        let page = format!("/archive/{}.html", edition.digest.frame.stem());
        ["/archive".to_owned(), page, format!("/preferences/{mark}")]
    };
    ids.iter().map(own).collect()
}

/// Reads until the delivery is over. The readers come one after another, as people do.
async fn read(base: &str, addresses: &[[String; 3]], met: &Met, is_over: watch::Receiver<bool>) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let readers = addresses.iter().zip(0_u32..).map(|(own, nth)| {
        let (client, mut is_over) = (&client, is_over.clone());
        async move {
            let reads = async {
                tokio::time::sleep(THINKS * nth / u32::try_from(READERS).unwrap()).await;
                for page in nth as usize.. {
                    let start = now();
                    let request = if page % SAVES_EVERY == 0 {
                        let form = client.post(format!("{base}{}", own[2])).body("edition=daily");
                        form.header("content-type", "application/x-www-form-urlencoded")
                    } else {
                        client.get(format!("{base}{}", own[page % own.len()]))
                    };
                    let reply = request.send().await.unwrap();
                    assert!(reply.status().is_success(), "{}", reply.status());
                    reply.bytes().await.unwrap();
                    met.pages.fetch_add(1, Ordering::Relaxed);
                    met.waited.lock().unwrap().push(start.elapsed());
                    tokio::time::sleep(THINKS).await;
                }
            };
            tokio::select! {
                () = reads => {}
                _ = is_over.wait_for(|over| *over) => {}
            }
        }
    });
    futures_util::future::join_all(readers).await;
}
