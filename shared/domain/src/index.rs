//! The indexes that lists are read from. Each is sorted by creation, and is declared here once: the
//! table, the keys that records carry and the planner follow from it.

use std::borrow::Cow;

use crate::asset::Asset;
use crate::facet::Facet;

/// An index over listed assets, with a partition for each value of its facets.
#[derive(Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name, which is also that of the attribute it hashes.
    pub name: &'static str,
    /// The facets of which the assets of a partition share the values; none for a whole workspace.
    pub facets: &'static [Facet],
    /// True if it lists only what has an approved version.
    pub approved: bool,
    /// True if its rows are whole records. Others only tell what filters ask for (see [`crate::told`])
    /// and lead to the record.
    pub whole: bool,
}

const fn whole(name: &'static str, facets: &'static [Facet]) -> Index {
    Index { name, facets, approved: false, whole: true }
}

const fn slim(name: &'static str, facets: &'static [Facet]) -> Index {
    Index { name, facets, approved: false, whole: false }
}

/// Everything in the workspace.
pub static WORKSPACE: Index = whole("by_workspace", &[]);

/// The other indexes. A page of a narrow facet is one read of whole records. Where many assets share
/// a value, most rows are read only to be left out: there they are small, and writing one takes one
/// unit, whatever the record's size. The pairs are those whose assets are rare in either of the two.
pub static INDEXES: [Index; 14] = [
    whole("by_execution", &[Facet::Execution]),
    whole("by_run", &[Facet::Run]),
    whole("by_conversation", &[Facet::Conversation]),
    slim("by_campaign", &[Facet::Campaign]),
    slim("by_agent", &[Facet::Agent]),
    slim("by_provider", &[Facet::Provider]),
    slim("by_type", &[Facet::Type]),
    slim("by_status", &[Facet::Status]),
    slim("by_model", &[Facet::Model]),
    slim("by_tool", &[Facet::Tool]),
    slim("by_agent_provider", &[Facet::Agent, Facet::Provider]),
    slim("by_agent_type", &[Facet::Agent, Facet::Type]),
    slim("by_campaign_type", &[Facet::Campaign, Facet::Type]),
    Index { approved: true, ..slim("by_approved", &[]) },
];

impl Index {
    /// Every index, that of the workspace first.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        std::iter::once(&WORKSPACE).chain(&INDEXES)
    }

    /// The index whose partitions are each of one value of `facet`.
    #[must_use]
    pub fn of(facet: Facet) -> Option<&'static Self> {
        INDEXES.iter().find(|index| index.facets == [facet])
    }

    /// The values that name the partition of `asset`, as they are compared; none where it is not in the
    /// index.
    #[must_use]
    pub fn values<'a>(&self, asset: &'a Asset) -> Option<Vec<Cow<'a, str>>> {
        let listed = !self.approved || asset.approved_version.is_some();
        let values = self.facets.iter().map(|facet| asset.facet_key(*facet));
        values.collect::<Option<_>>().filter(|_| listed)
    }

    /// True if its partitions are parts of those of `other`.
    #[must_use]
    pub fn divides(&self, other: &Self) -> bool {
        self != other
            && other.facets.iter().all(|facet| self.facets.contains(facet))
            && (self.approved || !other.approved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_divides_both_of_its_facets() {
        let of = |name| INDEXES.iter().find(|index| index.name == name).unwrap();
        let pair = of("by_agent_type");
        assert!(pair.divides(of("by_agent")) && pair.divides(of("by_type")));
        assert!(!pair.divides(pair) && !pair.divides(of("by_approved")));
    }
}
