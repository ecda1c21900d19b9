//! Checksums: which to compute while bytes arrive, and whether they are what the client said.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::{S3Error, s3_error};
use serde::{Deserialize, Serialize};

/// The algorithms S3 knows beside MD5, with the bytes each gives and whether one over all parts can be asked for.
const ALGORITHMS: [(&str, usize, bool); 5] = [
    ("CRC32", 4, true),
    ("CRC32C", 4, true),
    ("CRC64NVME", 8, true),
    ("SHA1", 20, false),
    ("SHA256", 32, false),
];

/// The checksums of an object or a part, in base64 as on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksums {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crc32: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crc32c: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crc64nvme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sha1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
}

/// Moves the five checksum fields that every wire type repeats out of one into [`Checksums`].
macro_rules! checksums_of {
    ($input:expr) => {
        $crate::s3::digest::Checksums {
            crc32: $input.checksum_crc32.clone(),
            crc32c: $input.checksum_crc32c.clone(),
            crc64nvme: $input.checksum_crc64nvme.clone(),
            sha1: $input.checksum_sha1.clone(),
            sha256: $input.checksum_sha256.clone(),
        }
    };
}

/// Sets the five checksum fields that every wire type repeats.
macro_rules! set_checksums {
    ($output:expr, $checksums:expr) => {{
        let checksums: $crate::s3::digest::Checksums = $checksums;
        $output.checksum_crc32 = checksums.crc32;
        $output.checksum_crc32c = checksums.crc32c;
        $output.checksum_crc64nvme = checksums.crc64nvme;
        $output.checksum_sha1 = checksums.sha1;
        $output.checksum_sha256 = checksums.sha256;
    }};
}

pub(super) use {checksums_of, set_checksums};

impl Checksums {
    pub(super) fn get(&self, algorithm: &str) -> Option<&str> {
        let value = match algorithm {
            "CRC32" => &self.crc32,
            "CRC32C" => &self.crc32c,
            "CRC64NVME" => &self.crc64nvme,
            "SHA1" => &self.sha1,
            "SHA256" => &self.sha256,
            _ => &None,
        };
        value.as_deref()
    }

    pub(super) fn set(&mut self, algorithm: &str, value: String) {
        match algorithm {
            "CRC32" => self.crc32 = Some(value),
            "CRC32C" => self.crc32c = Some(value),
            "CRC64NVME" => self.crc64nvme = Some(value),
            "SHA1" => self.sha1 = Some(value),
            "SHA256" => self.sha256 = Some(value),
            _ => {}
        }
    }

    /// True if these are checksums over checksums of parts, `<base64>-<parts>`, rather than over the bytes.
    pub(super) fn composite(&self) -> bool {
        self.each().any(|(_, value)| value.contains('-'))
    }

    /// The checksums that are there, by algorithm.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        ALGORITHMS.iter().filter_map(|(algorithm, _, _)| Some((*algorithm, self.get(algorithm)?)))
    }

    /// Refuses when what was computed is not what `self`, the client, declared.
    pub(super) fn verify(&self, computed: &Self) -> Result<(), S3Error> {
        for (algorithm, declared) in self.each() {
            if computed.get(algorithm) != Some(declared) {
                return Err(mismatch(algorithm, declared));
            }
        }
        Ok(())
    }

    /// Takes over what the client sent in trailers behind the body.
    pub(super) fn read_trailers(&mut self, trailers: &HeaderMap) {
        for (algorithm, _, _) in ALGORITHMS {
            let value = trailers.get(header_of(algorithm)).and_then(|value| value.to_str().ok());
            if let Some(value) = value {
                self.set(algorithm, value.trim().to_owned());
            }
        }
    }
}

impl From<s3s::dto::Checksum> for Checksums {
    fn from(computed: s3s::dto::Checksum) -> Self {
        checksums_of!(computed)
    }
}

/// The algorithms announced in `x-amz-trailer`.
pub(super) fn announced(headers: &HeaderMap) -> Vec<&'static str> {
    let names = headers.get_all("x-amz-trailer").iter().filter_map(|value| value.to_str().ok());
    let names: Vec<String> =
        names.flat_map(|names| names.split(',')).map(|name| name.trim().to_lowercase()).collect();
    ALGORITHMS
        .iter()
        .map(|(algorithm, _, _)| *algorithm)
        .filter(|it| names.contains(&header_of(it)))
        .collect()
}

/// S3's own name for the algorithm a client asks for.
pub(super) fn algorithm(name: &str) -> Result<&'static str, S3Error> {
    let known = ALGORITHMS.iter().find(|(algorithm, _, _)| *algorithm == name);
    known
        .map(|(algorithm, _, _)| *algorithm)
        .ok_or_else(|| s3_error!(InvalidRequest, "Checksum algorithm provided is unsupported."))
}

/// True if a checksum over the whole of a multipart object can be asked for.
pub(super) fn spans_parts(name: &str) -> bool {
    ALGORITHMS.iter().any(|(algorithm, _, spans)| *algorithm == name && *spans)
}

/// The checksum over the checksums of parts, as S3 defines it: `<base64>-<parts>`.
pub(super) fn of_parts(algorithm: &str, parts: &[&str]) -> Result<String, S3Error> {
    let mut digest = Digest::computing([algorithm]);
    for part in parts {
        digest.update(&BASE64_STANDARD.decode(part).map_err(|_| mismatch(algorithm, part))?);
    }
    let checksums = digest.finish().checksums;
    Ok(format!("{}-{}", checksums.get(algorithm).unwrap_or_default(), parts.len()))
}

/// The `ETag` of a multipart object: the MD5 of the parts' MD5s, and their number.
pub(super) fn multipart_etag(parts: &[&str]) -> String {
    let mut md5 = Md5::new();
    for etag in parts {
        md5.update(&hex::decode(etag).unwrap_or_default());
    }
    format!("{}-{}", hex::encode(md5.finalize()), parts.len())
}

/// Everything that is computed over bytes as they pass.
#[derive(Default)]
pub(super) struct Digest {
    size: u64,
    md5: Md5,
    checksums: ChecksumHasher,
}

/// The findings of a [`Digest`].
pub(super) struct Digested {
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) checksums: Checksums,
}

impl Digest {
    /// Computes the size, the MD5 and the named checksums.
    pub(super) fn computing<'a>(algorithms: impl IntoIterator<Item = &'a str>) -> Self {
        let mut digest = Self::default();
        for algorithm in algorithms {
            let hashers = &mut digest.checksums;
            match algorithm {
                "CRC32" => hashers.crc32 = Some(Crc32::default()),
                "CRC32C" => hashers.crc32c = Some(Crc32c::default()),
                "CRC64NVME" => hashers.crc64nvme = Some(Crc64Nvme::default()),
                "SHA1" => hashers.sha1 = Some(Sha1::default()),
                "SHA256" => hashers.sha256 = Some(Sha256::default()),
                _ => {}
            }
        }
        digest
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.md5.update(bytes);
        self.checksums.update(bytes);
    }

    pub(super) fn finish(self) -> Digested {
        Digested {
            size: self.size,
            md5: self.md5.finalize(),
            checksums: self.checksums.finalize().into(),
        }
    }
}

impl Digested {
    pub(super) fn etag(&self) -> String {
        hex::encode(self.md5)
    }

    /// Refuses when a `Content-MD5` was sent and is another.
    pub(super) fn verify_md5(&self, declared: Option<&str>) -> Result<(), S3Error> {
        let Some(declared) = declared else {
            return Ok(());
        };
        let declared =
            BASE64_STANDARD.decode(declared).ok().filter(|md5| md5.len() == self.md5.len());
        match declared {
            Some(declared) if declared == self.md5 => Ok(()),
            Some(_) => Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            )),
            None => Err(s3_error!(InvalidDigest, "The Content-MD5 you specified is not valid.")),
        }
    }
}

fn header_of(algorithm: &str) -> String {
    format!("x-amz-checksum-{}", algorithm.to_lowercase())
}

/// The reason for which a declared checksum was not met: it cannot be one of its kind, or it is one of other bytes.
fn mismatch(algorithm: &str, declared: &str) -> S3Error {
    let length =
        ALGORITHMS.iter().find(|(name, _, _)| *name == algorithm).map(|(_, length, _)| *length);
    let decoded = BASE64_STANDARD.decode(declared.split('-').next().unwrap_or_default());
    if decoded.ok().map(|bytes| bytes.len()) == length {
        s3_error!(BadDigest, "The {algorithm} you specified did not match the calculated checksum.")
    } else {
        s3_error!(InvalidRequest, "Value for {} header is invalid.", header_of(algorithm))
    }
}
