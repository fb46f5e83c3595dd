//! Turns places into SARIF's locations.
//!
//! Must not know: findings.

use crate::format::Shown;
use crate::format::path::Whereabouts;
use gordian::Place;
use serde_sarif::sarif::{ArtifactLocation, Location, Message, PhysicalLocation, Region};

/// What paths are relative to.
pub(super) const ROOT: &str = "SRCROOT";

/// Knows where files lie.
pub(super) struct Places<'a>(pub(super) &'a Shown);

impl Places<'_> {
    /// Returns a place with what happens there.
    pub(super) fn location(&self, place: &Place, text: &str) -> Location {
        Location::builder()
            .physical_location(self.physical(place))
            .message(Message::builder().text(text).build())
            .build()
    }

    /// Returns a place alone.
    pub(super) fn physical(&self, place: &Place) -> PhysicalLocation {
        let whereabouts = Whereabouts::of(self.0, &place.file);
        let mut artifact = ArtifactLocation::builder().uri(whereabouts.uri()).build();
        if matches!(whereabouts, Whereabouts::Inside(_)) {
            artifact.uri_base_id = Some(ROOT.to_owned());
        }
        // SARIF counts from 1, as places do; a 0 would be a place that nobody knows.
        let mut region = Region::builder().start_line(i64::from(place.line.max(1))).build();
        region.start_column = (place.column > 0).then(|| place.column.into());
        PhysicalLocation::builder().artifact_location(artifact).region(region).build()
    }
}
