//! The digests by which the row of an index tells of an asset, so that most of what a filter leaves out
//! need not be read: a digest of each tag, of each wide facet's value, and of having an approved
//! version.
//!
//! A digest has four bytes, however long the value: of half a billion rows that a filter leaves out,
//! one may seem to match. The record behind it is read before it is shown; a numbered list that
//! passes it unread counts one too many.

use sha2::{Digest as _, Sha256};

use crate::asset::Asset;
use crate::facet::Facet;
use crate::filter::Filter;

const LENGTH: usize = 4;

/// The digest by which a row tells of one value.
pub type Digest = [u8; LENGTH];

fn digest(name: &str, value: &str) -> Digest {
    let mut digest = [0; LENGTH];
    digest.copy_from_slice(&Sha256::digest(format!("{name}={value}"))[..LENGTH]);
    digest
}

/// The digest of a facet's value, as it is compared.
#[must_use]
pub fn of_facet(facet: Facet, value: &str) -> Digest {
    digest(facet.as_str(), value)
}

fn of_tag(name: &str, value: &str) -> Digest {
    digest(&format!("tag.{name}"), value)
}

fn of_approved() -> Digest {
    digest("approved", "true")
}

/// The bytes by which a row tells of `asset`.
#[must_use]
pub fn tell(asset: &Asset) -> Vec<u8> {
    let facets = Facet::ALL.into_iter().filter(|facet| facet.is_wide());
    let facets = facets.filter_map(|facet| Some(of_facet(facet, &asset.facet_key(facet)?)));
    let tags = asset.tags.pairs().map(|(name, value)| of_tag(name.as_str(), &value.folded()));
    let approved = asset.approved_version.map(|_| of_approved());
    facets.chain(tags).chain(approved).flatten().collect()
}

/// The digests that a filter asks rows for.
#[derive(Debug)]
pub struct Asked {
    /// Of each of these a row must tell one.
    any_of: Vec<Vec<Digest>>,
}

impl Asked {
    /// The part of what `filter` asks for that rows can tell.
    #[must_use]
    pub fn by(filter: &Filter) -> Self {
        let facets = Facet::ALL.into_iter().filter(|facet| facet.is_wide()).map(|facet| {
            let values = filter.values(facet).iter();
            values.map(|value| of_facet(facet, value)).collect()
        });
        let tags = filter.tag_names().map(|name| {
            let values = filter.tag_values(name).iter();
            values.map(|value| of_tag(name.as_str(), value)).collect()
        });
        let approved = filter.approved.then(|| vec![of_approved()]);
        let asked = facets.chain(tags).chain(approved);
        Self { any_of: asked.filter(|digests: &Vec<_>| !digests.is_empty()).collect() }
    }

    /// True if an asset of which a row tells this can match.
    #[must_use]
    pub fn may_be(&self, told: &[u8]) -> bool {
        let tells = |digest: &Digest| told.chunks_exact(LENGTH).any(|part| part == digest);
        self.any_of.iter().all(|digests| digests.iter().any(tells))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asset() -> Asset {
        let asset = json!({
            "id": "0ujtsYcgvSTl8PAuAdqWYSMnLOv", "workspace_id": "acme", "agent_id": "painter",
            "type": "image", "status": "draft", "upload_status": "complete", "version": 1,
            "tags": { "brand": ["Bolt", "core"] }, "created_at": "2026-01-01T00:00:00.000Z",
            "updated_at": "2026-01-01T00:00:00.000Z",
        });
        serde_json::from_value(asset).unwrap()
    }

    fn may_be(ask: impl Fn(&mut Filter) -> bool) -> bool {
        let mut filter = Filter::default();
        assert!(ask(&mut filter));
        Asked::by(&filter).may_be(&tell(&asset()))
    }

    #[test]
    fn what_is_told_is_what_filters_ask_for() {
        let tag = |name: &'static str, value: &'static str| {
            move |filter: &mut Filter| {
                filter.allow_tag(name.parse().unwrap(), &value.parse().unwrap())
            }
        };
        assert_eq!(tell(&asset()).len(), 5 * LENGTH, "agent, type, status and two tags");
        assert!(may_be(|_| true));
        assert!(may_be(|filter| filter.allow(Facet::Type, "image")));
        assert!(!may_be(|filter| filter.allow(Facet::Type, "copy")));
        assert!(!may_be(|filter| filter.allow(Facet::Tool, "image")));
        let either = |filter: &mut Filter, other: &str| {
            filter.allow(Facet::Agent, other) && filter.allow(Facet::Agent, "writer")
        };
        assert!(may_be(|filter| either(filter, "painter")));
        assert!(!may_be(|filter| either(filter, "narrator")));
        assert!(may_be(tag("brand", "core")) && !may_be(tag("brand", "acme")));
        assert!(!may_be(tag("channel", "core")));
        let approved = |filter: &mut Filter| {
            filter.approved = true;
            true
        };
        assert!(!may_be(approved));
        let of_approved = Asset { approved_version: Some(1), ..asset() };
        let mut filter = Filter::default();
        filter.approved = true;
        assert!(Asked::by(&filter).may_be(&tell(&of_approved)));
    }
}
