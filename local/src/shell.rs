//! The environment by which a shell and the programs that it starts use the store: names of our own, so that
//! nothing that is meant for AWS is replaced, and a profile of AWS's own tools that must be asked for.

use std::path::{Path, PathBuf};

use crate::engines::{BUCKET, EXPORT_PUBLIC_KEY, REGION, TABLE};
use crate::server::Server;
use crate::{Result, private};

/// The profile that the configuration file holds.
pub const PROFILE: &str = "agent-assets";

/// Writes both files into `directory`; where the one that a shell reads is. A store `in_memory` keeps no
/// public key of its exports.
pub fn write(server: &Server, directory: &Path, in_memory: bool) -> Result<PathBuf> {
    let aws_config = directory.join("aws-config");
    private::write(&aws_config, &profile(server))?;
    let mut variables = environment(server);
    variables.push(("ASSETS_AWS_CONFIG", absolute(&aws_config)?));
    let credentials = absolute(&server.engines.provider_credentials)?;
    variables.push(("ASSETS_PROVIDER_CREDENTIALS", credentials));
    if !in_memory {
        let key = absolute(&directory.join(EXPORT_PUBLIC_KEY))?;
        variables.push(("ASSETS_EXPORT_PUBLIC_KEY", key));
    }
    let lines = variables.iter().map(|(name, value)| format!("export {name}='{value}'\n"));
    let file = directory.join("env");
    private::write(&file, &lines.collect::<Vec<_>>().concat())?;
    Ok(file)
}

/// The variables that a shell needs to use the store: names and values.
fn environment(server: &Server) -> Vec<(&'static str, String)> {
    let engines = &server.engines;
    let credentials = engines.credentials();
    vec![
        ("ASSETS_URL", server.url.clone()),
        ("ASSETS_API_KEY", server.api_key.reveal().to_owned()),
        ("ASSETS_TABLE", TABLE.to_owned()),
        ("ASSETS_BUCKET", BUCKET.to_owned()),
        ("ASSETS_DYNAMODB_URL", engines.dynamodb_url.clone()),
        ("ASSETS_S3_URL", engines.s3_url.clone()),
        ("ASSETS_REGION", REGION.to_owned()),
        ("ASSETS_ACCESS_KEY_ID", credentials.access_key_id().to_owned()),
        ("ASSETS_SECRET_ACCESS_KEY", credentials.secret_access_key().to_owned()),
    ]
}

/// A configuration file of the AWS CLI and SDKs, for `AWS_CONFIG_FILE`: it takes part in nothing
/// unless its profile is named.
fn profile(server: &Server) -> String {
    let (engines, credentials) = (&server.engines, server.engines.credentials());
    format!(
        "[profile {PROFILE}]
region = {REGION}
aws_access_key_id = {id}
aws_secret_access_key = {secret}
services = {PROFILE}
s3 =
    addressing_style = path

[services {PROFILE}]
s3 =
    endpoint_url = {s3}
dynamodb =
    endpoint_url = {dynamodb}
",
        id = credentials.access_key_id(),
        secret = credentials.secret_access_key(),
        s3 = engines.s3_url,
        dynamodb = engines.dynamodb_url,
    )
}

fn absolute(path: &Path) -> Result<String> {
    Ok(std::path::absolute(path)?.display().to_string())
}
