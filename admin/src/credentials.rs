//! Keys for the providers of media. They come in by standard input or a prompt, and go out to nobody.

use std::io::{BufRead, IsTerminal as _, stdin};

use clap::Subcommand;
use credentials::{Credential, Credentials};
use model::WorkspaceId;
use platform::Environment;
use providers::{Provider, Secret};

use crate::Error;

/// What is done with them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sets a workspace's key for a provider, in place of what was set before. The key is asked for, or is the
    /// first line of standard input.
    Set {
        #[command(flatten)]
        place: Place,
        /// Asks also for the secret that the provider signs webhooks with, or takes it from the second line.
        #[arg(long)]
        webhook_secret: bool,
        /// Such as fal or openai.
        #[arg(value_parser = parse_provider)]
        provider: Provider,
    },
    /// Shows which providers a workspace has keys for, and nothing of the keys.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Removes a workspace's key for a provider. The key works until the provider ends it.
    Remove {
        #[command(flatten)]
        place: Place,
        /// Such as fal or openai.
        #[arg(value_parser = parse_provider)]
        provider: Provider,
    },
}

/// Whose keys, and where they are.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// The workspace.
    #[arg(long)]
    workspace: WorkspaceId,
    /// The stack on AWS; without one, the laptop's store that `. .local/env` names.
    #[arg(long, env = "STACK_NAME", default_value = "")]
    stack: String,
}

fn parse_provider(name: &str) -> Result<Provider, String> {
    let names = || Provider::ALL.map(Provider::as_str).join(", ");
    Provider::named(name).ok_or_else(|| format!("expected one of {}", names()))
}

/// Does it, where `table` says whether AWS is meant.
pub(crate) async fn run(table: &str, command: Command) -> Result<(), Error> {
    match command {
        Command::Set { place, webhook_secret, provider } => {
            let credentials = place.credentials(table).await?;
            let credential = ask(provider, webhook_secret)?;
            credentials.set(&place.workspace, provider, credential).await?;
            let (workspace, provider) = (&place.workspace, provider.as_str());
            println!(
                "{workspace} has a key for {provider}; running functions notice within a minute"
            );
        }
        Command::List { place } => {
            let credentials = place.credentials(table).await?;
            for provider in credentials.providers(&place.workspace).await? {
                let credential = credentials.get(&place.workspace, provider).await?;
                let signed = credential.is_some_and(|it| it.webhook_secret.is_some());
                let more = if signed { "  with a webhook secret" } else { "" };
                println!("{}{more}", provider.as_str());
            }
        }
        Command::Remove { place, provider } => {
            let removed =
                place.credentials(table).await?.remove(&place.workspace, provider).await?;
            let (workspace, provider) = (&place.workspace, provider.as_str());
            if !removed {
                return Err(format!("{workspace} has no key for {provider}").into());
            }
            println!(
                "{workspace} has no key for {provider} any more; end it at {provider} as well"
            );
        }
    }
    Ok(())
}

impl Place {
    async fn credentials(&self, table: &str) -> Result<Credentials, Error> {
        if !self.stack.is_empty() {
            let config = crate::aws_settings("AWS_ENDPOINT_URL_SECRETS_MANAGER").await?;
            let client = aws_sdk_secretsmanager::Client::new(&config);
            return Ok(Credentials::in_secrets(client, Credentials::prefix_of(&self.stack)));
        }
        let file = Environment::of_process().optional("ASSETS_PROVIDER_CREDENTIALS");
        let file = file.filter(|_| table.is_empty()).ok_or(
            "name the stack with --stack or STACK_NAME, or, for the store on this machine, set its \
             environment with `. .local/env`, and no table",
        )?;
        Ok(Credentials::in_file(file.into()))
    }
}

/// The key, and the secret if it is wanted: from a prompt that shows nothing, or from the lines that come in.
fn ask(provider: Provider, webhook_secret: bool) -> Result<Credential, Error> {
    let provider = provider.as_str();
    if !stdin().is_terminal() {
        return read(&mut stdin().lock(), webhook_secret);
    }
    let prompted = |what: &str| rpassword::prompt_password(format!("{what} of {provider}: "));
    let key = prompted("Key")?.trim().into();
    let webhook_secret = webhook_secret.then(|| prompted("Webhook secret")).transpose()?;
    Ok(Credential { key, webhook_secret: webhook_secret.map(|secret| secret.trim().into()) })
}

fn read(input: &mut impl BufRead, webhook_secret: bool) -> Result<Credential, Error> {
    let mut line = |what: &str| -> Result<Secret, Error> {
        let mut line = String::new();
        input.read_line(&mut line)?;
        let text = line.trim();
        if text.is_empty() {
            return Err(format!("standard input has no line with the {what}").into());
        }
        Ok(text.into())
    };
    let key = line("key")?;
    let webhook_secret = webhook_secret.then(|| line("webhook secret")).transpose()?;
    Ok(Credential { key, webhook_secret })
}
