//! Repeated lookup of items in a long list by a key.

use std::sync::OnceLock;

/// The length up to which lists are searched from the front.
const SHORT: usize = 16;

/// The order of a list by one of its keys, computed at the first lookup.
#[derive(Debug, Default)]
pub(super) struct Lookup(OnceLock<Vec<u32>>);

impl Lookup {
    /// Returns the first of `items` whose `key` is `wanted`. All calls must have the same list and
    /// the same key.
    pub(super) fn find<'i, T, K: Ord + ?Sized>(
        &self,
        items: &'i [T],
        key: impl Fn(&T) -> &K,
        wanted: &K,
    ) -> Option<&'i T> {
        if items.len() <= SHORT {
            return items.iter().find(|item| key(item) == wanted);
        }
        let of = |index: &u32| &items[*index as usize];
        let order = self.0.get_or_init(|| {
            let mut order: Vec<u32> = (0..).take(items.len()).collect();
            order.sort_by(|a, b| key(of(a)).cmp(key(of(b))));
            order
        });
        let first = order.partition_point(|index| key(of(index)) < wanted);
        order.get(first).map(of).filter(|item| key(item) == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_item_with_a_key_is_found() {
        for count in [4, 100] {
            let items: Vec<(usize, usize)> = (0..count).map(|n| (n / 2 * 7 % 100, n)).collect();
            let lookup = Lookup::default();
            for (key, _) in &items {
                let first = items.iter().find(|item| item.0 == *key);
                assert_eq!(lookup.find(&items, |item| &item.0, key), first);
            }
            assert_eq!(lookup.find(&items, |item| &item.0, &1_000), None);
        }
    }
}
