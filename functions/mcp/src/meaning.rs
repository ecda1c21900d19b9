//! The meanings of arguments and fields that several tools have, each said once.

pub(crate) const ID: &str = "The asset's id, 27 characters.";
pub(crate) const VERSION: &str =
    "The current version as you have seen it, from 1: the tool refuses if it is another by now.";
pub(crate) const ETAG: &str = "\
The etag that came with the asset when you read it: the tool refuses if anything of it has changed
since.";
pub(crate) const KEY: &str = "\
A name of yours for this request: sent again with the same name, it makes nothing a second time. For a
day.";
pub(crate) const PROVIDER: &str = "Who made it: elevenlabs, fal, …";
pub(crate) const MODEL: &str = "The model that made it.";
pub(crate) const TOOL: &str = "The tool that made it: tts, `image_gen`, …";
pub(crate) const AGENT: &str = "The agent that made it.";
pub(crate) const EXECUTION: &str = "The execution that made it.";
pub(crate) const CONVERSATION: &str = "The conversation it was made in.";
pub(crate) const RUN: &str = "The run that made it.";
pub(crate) const CAMPAIGN: &str = "The campaign it was made for.";
pub(crate) const GENERATION: &str = "How the step that made it went: status, `cost_usd`, usage, …";
pub(crate) const PARENTS: &str = "The ids of the assets that it was made from.";
pub(crate) const UPLOAD: &str = "How the file is to be uploaded, where it still is.";
pub(crate) const LIVES: &str = "Until when it works (RFC 3339).";
pub(crate) const BEARER: &str = "Works for whoever has it.";

#[cfg(test)]
mod tests {
    use model::IdempotencyKey;
    use model::time::DAY;

    #[test]
    fn a_request_is_known_by_its_name_as_long_as_is_said() {
        assert_eq!(IdempotencyKey::LIFE, DAY);
        assert!(super::KEY.ends_with("For a\nday."));
    }
}
