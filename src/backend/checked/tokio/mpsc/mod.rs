//! Checked `mpsc` channels.
//!
//! Must not know: what a message is.
//! INVARIANT: a message takes along what was before it.

mod bounded;
mod unbounded;

pub use self::bounded::{OwnedPermit, Permit, PermitIterator, Receiver, Sender, WeakSender, channel};
pub use self::unbounded::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};
use super::ask::here;
use crate::event::{Access, Deed, Kind, Mode};
use crate::probe::task::{Stamp, TaskThing, give, take};
use crate::rt::Site;

/// The errors of channels.
pub mod error {
    pub use ::tokio::sync::mpsc::error::*;
}

/// A message as it travels, with what was before it.
type Packet<T> = (Stamp, T);

fn access<T>() -> &'static Access {
    const { &Access { kind: Kind::Channel, mode: Mode::Exclusive, type_name: std::any::type_name::<T> } }
}

/// Tells that a message is on its way, and returns it so.
fn packed<T>(thing: &TaskThing, value: T, site: Site) -> Packet<T> {
    let stamp = here().map_or(Stamp::new(), |owner| {
        thing.signals(&owner, access::<T>(), Deed::Send, site);
        give(&owner)
    });
    (stamp, value)
}

/// Tells that a message has arrived.
fn unpacked<T>((stamp, value): Packet<T>) -> T {
    if !stamp.is_empty() {
        here().inspect(|owner| take(owner, &stamp));
    }
    value
}
