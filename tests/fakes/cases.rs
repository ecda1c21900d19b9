//! Every tool of every provider.

use providers::Provider::{
    Deepgram, DreamMachine, ElevenLabs, Fal, Google, Luma, OpenAi, Replicate, Runway, Stability,
};
use providers::{Provider, Tool};

/// Provider, tool, model, and the kind of file that comes of it.
pub(crate) type Case = (Provider, Tool, &'static str, &'static str);

/// Answered with the output.
pub(crate) const AT_ONCE: [Case; 10] = [
    (ElevenLabs, Tool::Tts, "eleven_multilingual_v2", "mp3"),
    (ElevenLabs, Tool::Stt, "scribe_v2", "words"),
    (Deepgram, Tool::Tts, "aura-2", "mp3"),
    (Deepgram, Tool::Stt, "nova-3", "words"),
    (OpenAi, Tool::Tts, "gpt-4o-mini-tts", "mp3"),
    (OpenAi, Tool::Stt, "gpt-4o-transcribe", "text"),
    (OpenAi, Tool::ImageGen, "gpt-image-2", "png"),
    (OpenAi, Tool::ImageEdit, "gpt-image-2", "png"),
    (Stability, Tool::ImageGen, "core", "png"),
    (Stability, Tool::ImageEdit, "inpaint", "png"),
];

/// Answered with a job.
pub(crate) const LATER: [Case; 25] = [
    (Fal, Tool::Tts, "fal-ai/kokoro/tts", "mp3"),
    (Fal, Tool::ImageGen, "fal-ai/flux/dev", "png"),
    (Fal, Tool::ImageEdit, "fal-ai/flux/dev/image-to-image", "png"),
    (Fal, Tool::VideoGen, "fal-ai/pika/v2.2/text-to-video", "mp4"),
    (Fal, Tool::VideoFromImage, "fal-ai/pika/v2.2/image-to-video", "mp4"),
    (Fal, Tool::VideoGen, "workflows/acme/video/clip", "mp4"),
    (Replicate, Tool::Tts, "acme/speech-02", "wav"),
    (Replicate, Tool::ImageGen, "black-forest-labs/flux-schnell", "png"),
    (Replicate, Tool::ImageEdit, "black-forest-labs/flux-kontext-pro", "png"),
    (
        Replicate,
        Tool::ImageGen,
        "acme/flux:5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa",
        "png",
    ),
    (Replicate, Tool::ImageGen, "deployments/acme/flux", "png"),
    (Replicate, Tool::VideoGen, "kwaivgi/kling-v2.1", "mp4"),
    (Replicate, Tool::VideoFromImage, "kwaivgi/kling-v2.1", "mp4"),
    (Runway, Tool::ImageGen, "gen4_image", "png"),
    (Runway, Tool::ImageEdit, "gen4_image", "png"),
    (Runway, Tool::VideoGen, "gen4.5", "mp4"),
    (Runway, Tool::VideoFromImage, "gen4_turbo", "mp4"),
    (Luma, Tool::ImageGen, "uni-1", "png"),
    (Luma, Tool::ImageEdit, "uni-1-max", "png"),
    (Luma, Tool::VideoGen, "ray-3.2", "mp4"),
    (Luma, Tool::VideoFromImage, "ray-3.2", "mp4"),
    (DreamMachine, Tool::ImageGen, "photon-1", "jpeg"),
    (DreamMachine, Tool::VideoFromImage, "ray-2", "mp4"),
    (Google, Tool::VideoGen, "veo-3.1", "mp4"),
    (Google, Tool::VideoFromImage, "veo-3.1", "mp4"),
];

/// Answered with the output, by a provider that also has jobs.
pub(crate) const GOOGLE_IMAGES: [Case; 2] = [
    (Google, Tool::ImageGen, "gemini-3.1-flash-image", "png"),
    (Google, Tool::ImageEdit, "gemini-3.1-flash-image", "png"),
];
