//! The whole record of an asset of which only the traits are kept.

use std::collections::BTreeMap;

use model::{
    Asset, AssetId, Checksum, Facet, Metadata, Record, Sequencer, TagName, TagValue, Tags,
    UploadStatus,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use crate::vocabulary::{KINDS, Kind, WORDS};
use crate::workspace::{Traits, Workspace, made_at};

impl Workspace {
    /// The record of the asset at this place; always the same.
    pub(crate) fn record(&self, place: usize) -> Record {
        // So that no two places of a workspace, and no two workspaces, share their numbers.
        let mut rng = StdRng::seed_from_u64((self.seed << 32) ^ place as u64);
        let asset = self.asset(&self.assets[place], &mut rng);
        let digest = Checksum::of(asset.id.bytes());
        Record {
            revision: 2,
            sequencer: Some(Sequencer::new(&digest.as_str()[..18])),
            etag: Some(digest.as_str()[..32].to_owned()),
            ..Record::new(asset)
        }
    }

    /// The records, oldest first, without what is neither counted nor filtered by.
    pub(crate) fn counted(&self) -> impl Iterator<Item = Record> {
        (0..self.assets.len()).map(|place| {
            let mut record = self.record(place);
            let Asset { title, prompt, file_name, storage_key, .. } = &mut record.asset;
            (*title, *prompt, *file_name, *storage_key) = (None, None, None, None);
            record
        })
    }

    fn asset(&self, traits: &Traits, rng: &mut StdRng) -> Asset {
        fn of<T: std::str::FromStr<Err: std::fmt::Debug>>(
            traits: &Traits,
            facet: Facet,
        ) -> Option<T> {
            traits.value(facet).map(|value| value.parse().unwrap())
        }
        let Kind { name, content_type, extension, .. } = &KINDS[traits.kind];
        let at = made_at(traits);
        let id = AssetId::new(at, rng.random());
        let prompt = prompt(rng);
        let title: String = prompt.chars().take(rng.random_range(12..40)).collect();
        let file_name = format!("{name}-{:04}.{extension}", rng.random_range(0..10_000));
        let visible = ["image", "video"].contains(name);
        let timed = ["audio", "video"].contains(name);
        Asset {
            workspace_id: self.id.clone(),
            execution_id: of(traits, Facet::Execution),
            agent_id: of(traits, Facet::Agent),
            conversation_id: of(traits, Facet::Conversation),
            run_id: of(traits, Facet::Run),
            campaign_id: of(traits, Facet::Campaign),
            asset_type: name.parse().unwrap(),
            provider: of(traits, Facet::Provider),
            model: of(traits, Facet::Model),
            tool: of(traits, Facet::Tool),
            title: Some(title.trim().parse().unwrap()),
            prompt: Some(prompt.parse().unwrap()),
            file_size: Some(rng.random_range(10_000..5_000_000)),
            content_type: Some(content_type.parse().unwrap()),
            storage_key: Some(format!("workspaces/{}/assets/{id}/1/{file_name}", self.id)),
            file_name: Some(file_name.parse().unwrap()),
            checksum_sha256: Some(Checksum::of(&rng.random::<[u8; 16]>())),
            width: visible.then_some(1024),
            height: visible.then_some(1024),
            duration_ms: timed.then(|| rng.random_range(1_000..120_000)),
            duration_estimated: false,
            generation: None,
            parents: Vec::new(),
            tags: tags(traits.tags()),
            status: traits.status,
            upload_status: UploadStatus::Complete,
            version: 1,
            approved_version: traits.is_approved().then_some(1),
            metadata: Metadata::default().with("seed", json!(rng.random_range(0..1_000_000))),
            expires_at: None,
            created_at: at,
            updated_at: at.plus(rng.random_range(1_000..60_000)),
            id,
        }
    }
}

/// 100 to 500 characters, more often few.
fn prompt(rng: &mut StdRng) -> String {
    let length = rng.random_range(100..=490).min(rng.random_range(100..=490));
    let mut text = String::new();
    while text.len() < length {
        text.push_str(WORDS.choose(rng).unwrap());
        text.push(' ');
    }
    text.trim_end().to_owned()
}

fn tags(pairs: Vec<(TagName, TagValue)>) -> Tags {
    let lists = pairs.into_iter().map(|(name, value)| (name, vec![value]));
    Tags::try_from(lists.collect::<BTreeMap<_, _>>()).unwrap()
}
