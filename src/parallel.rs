//! Parallel work on many items; the results are in the order of the items.

use std::sync::Mutex;

/// Returns the number of threads to start for `items` pieces of work.
pub(crate) fn threads(items: usize) -> usize {
    let available = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    available.min(items)
}

/// Returns the results of `work` for all items, in order.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    // At least eight items for each thread, since starting one has a cost, too.
    let threads = threads(items.len() / 8);
    if threads <= 1 {
        return items.into_iter().map(work).collect();
    }
    let mut results: Vec<Option<R>> = (0..items.len()).map(|_| None).collect();
    let queue = Mutex::new(items.into_iter().zip(results.iter_mut()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no worker panics while it holds it").next();
                    let Some((item, result)) = next else { return };
                    *result = Some(work(item));
                }
            });
        }
    });
    drop(queue);
    results.into_iter().map(|result| result.expect("every item was worked on")).collect()
}

/// Returns the results of two pieces of work that are done at the same time.
pub(crate) fn both<A: Send, B>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let a = scope.spawn(a);
        let b = b();
        (a.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), b)
    })
}
