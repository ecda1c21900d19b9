//! Sounds that stand for speech: no speech engine is here, so each character is a tone.

use super::SOFTWARE;

/// Samples a second.
const RATE: u32 = 22_050;
/// The samples of a character: 60 ms.
const CHARACTER: u32 = RATE * 60 / 1000;
/// The samples over which a tone comes and goes, so that it does not crack.
const EDGE: u32 = 200;
/// The tones, in hertz.
const TONES: [u32; 10] = [220, 247, 277, 330, 370, 440, 494, 554, 659, 740];

/// What the file says of itself.
const COMMENT: &str =
    "Made by the demo provider of Agent Assets: no speech, but one tone for each character";

/// A WAV file with a tone for each character of a text, and silence for each space. The voice moves the tones.
pub(super) fn read_out(text: &str, voice: &str) -> Vec<u8> {
    let shift: u32 = voice.bytes().map(u32::from).sum();
    let mut samples = Vec::new();
    for character in text.chars() {
        let tone = (u32::from(character) + shift) % 10;
        let hertz = if character.is_whitespace() { 0 } else { TONES[tone as usize] };
        samples.extend((0..CHARACTER).flat_map(|at| sample(hertz, at).to_le_bytes()));
    }
    wav(&samples)
}

/// A sample of a triangle wave.
fn sample(hertz: u32, at: u32) -> i16 {
    // A turn of the wave is 2^16 steps.
    let step = (u64::from(hertz) << 16) * u64::from(at) / u64::from(RATE) % (1 << 16);
    let wave = if hertz == 0 { 0 } else { (step.cast_signed() - (1 << 15)).abs() - (1 << 14) };
    let loudness = at.min(CHARACTER - 1 - at).min(EDGE);
    i16::try_from(wave * i64::from(loudness) / i64::from(EDGE)).unwrap_or_default()
}

/// A file of 16-bit samples in one channel, which says who made it.
fn wav(samples: &[u8]) -> Vec<u8> {
    let mut format = Vec::new();
    // PCM, one channel.
    format.extend([1_u16, 1].into_iter().flat_map(u16::to_le_bytes));
    format.extend([RATE, RATE * 2].into_iter().flat_map(u32::to_le_bytes));
    // Bytes of a frame, and bits of a sample.
    format.extend([2_u16, 16].into_iter().flat_map(u16::to_le_bytes));
    let text = |text: &str| [text.as_bytes(), &[0]].concat();
    let info = [chunk(*b"ISFT", &text(SOFTWARE)), chunk(*b"ICMT", &text(COMMENT))].concat();
    let list = chunk(*b"LIST", &[&b"INFO"[..], &info].concat());
    let parts =
        [&b"WAVE"[..], &chunk(*b"fmt ", &format), &chunk(*b"data", samples), &list].concat();
    chunk(*b"RIFF", &parts)
}

/// A part of a file: its name, its length, what it holds, and a byte that makes it even.
fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    let even = &[0_u8][..body.len() % 2];
    [&name[..], &length, body, even].concat()
}
