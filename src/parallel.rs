//! Work on every item with as many threads as the machine has; the results in the order of the
//! items.

use std::sync::Mutex;

/// How many threads are worth starting for `items` pieces of work.
pub(crate) fn threads(items: usize) -> usize {
    let available = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    available.min(items)
}

/// What `work` makes of every item.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
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
