//! What a change of a method does to calls of it.

use super::code::in_source;
use super::found::Found;
use super::{Prover, source};
use crate::finding::{Direction, Effect, Extent, Surface, Witness};
use crate::schema::Method;
use crate::schema::pair::Pair;

impl Prover<'_> {
    /// Returns what the change of a method does; the new side may not have it.
    pub(super) fn method(&self, pair: Pair<Option<Method<'_>>>, surfaces: &[Surface]) -> Found {
        let mut found = Found::default();
        let Some(old) = pair.old else { return found };
        found.merge(in_source(
            &old.full_name(),
            &pair.map(|method| method.map(source::method)),
            surfaces,
        ));
        let Some(new) = pair.new else {
            if surfaces.contains(&Surface::Rpc) {
                let error = format!("UNIMPLEMENTED: unknown method {}", path_of(old));
                let witness = call(old, Direction::OldToNew, Extent::Every, error);
                found.witnesses.push(witness);
            }
            return found;
        };
        let pair = Pair { old, new };
        let shapes = pair.map(shape);
        if shapes.differs() && surfaces.contains(&Surface::Rpc) {
            for direction in Direction::ALL {
                let (caller, server) = match direction {
                    Direction::OldToNew => (shapes.old, shapes.new),
                    Direction::NewToOld => (shapes.new, shapes.old),
                };
                let error =
                    format!("the client calls a {caller} method, the server has a {server} one");
                let by = if direction == Direction::OldToNew { old } else { new };
                found.witnesses.push(call(by, direction, Extent::Some, error));
            }
        }
        let mut is_replaced = false;
        for types in [pair.map(Method::request_type), pair.map(Method::response_type)] {
            if types.differs() {
                is_replaced = true;
                found.merge(self.replaced(types, surfaces));
            }
        }
        found.reason = Some(if is_replaced {
            "the messages are read alike".to_owned()
        } else {
            "the method is called as before".to_owned()
        });
        found
    }
}

/// Returns a call that fails.
fn call(method: Method<'_>, direction: Direction, extent: Extent, error: String) -> Witness {
    let written = format!("a {} call of {}", shape(method), path_of(method));
    Witness {
        error: Some(error),
        ..Witness::new(
            (Surface::Rpc, direction),
            (Effect::Fails, extent),
            method.full_name(),
            written,
        )
    }
}

/// Returns the path of a method in requests: `/pkg.Service/Method`.
fn path_of(method: Method<'_>) -> String {
    format!("/{}/{}", method.service().full_name(), method.name())
}

/// Returns the kind of a method by its streams.
fn shape(method: Method<'_>) -> &'static str {
    match (method.proto().client_streaming(), method.proto().server_streaming()) {
        (false, false) => "unary",
        (false, true) => "server-streaming",
        (true, false) => "client-streaming",
        (true, true) => "bidirectional",
    }
}
