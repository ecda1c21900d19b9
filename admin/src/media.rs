//! What workspaces may spend on media, and their defaults for media tools.

use model::budget::{Budget, Dollars};
use model::store::ToolDefaults;
use model::{Label, Store, Timestamp, WorkspaceId};
use providers::{Provider, Tool};
use serde_json::{Map, Value};

use crate::Error;

/// What a workspace may spend on media.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum BudgetCommand {
    /// Shows what a workspace may spend, and has spent.
    Show {
        /// The workspace.
        #[arg(long)]
        workspace: WorkspaceId,
    },
    /// Sets what a workspace may spend, in place of what was set before; with neither, it may spend nothing.
    Set {
        /// The workspace.
        #[arg(long)]
        workspace: WorkspaceId,
        /// US dollars a day (UTC), such as 20 or 0.5.
        #[arg(long)]
        day: Option<Dollars>,
        /// US dollars a month (UTC).
        #[arg(long)]
        month: Option<Dollars>,
    },
}

/// A workspace's defaults for media tools.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ToolsCommand {
    /// Shows a workspace's defaults.
    Show {
        /// The workspace.
        #[arg(long)]
        workspace: WorkspaceId,
        /// The tool; by default all.
        #[arg(value_parser = parse_tool)]
        tool: Option<Tool>,
    },
    /// Sets a workspace's defaults for a tool, in place of what was set before; with none, requests must say.
    Set {
        /// The workspace.
        #[arg(long)]
        workspace: WorkspaceId,
        /// The tool.
        #[arg(value_parser = parse_tool)]
        tool: Tool,
        /// The provider.
        #[arg(long, value_parser = parse_provider)]
        provider: Option<Provider>,
        /// The provider's model.
        #[arg(long, requires = "provider")]
        model: Option<Label>,
        /// Parameters as JSON, such as '{"size": "1024x1024"}'.
        #[arg(long, value_parser = parse_parameters, default_value = "{}")]
        parameters: Map<String, Value>,
    },
}

pub(crate) async fn budget(
    store: &Store,
    command: BudgetCommand,
    now: Timestamp,
) -> Result<(), Error> {
    let workspace = match command {
        BudgetCommand::Show { workspace } => workspace,
        BudgetCommand::Set { workspace, day, month } => {
            let [day, month] = [day, month].map(|limit| limit.map(|Dollars(micro)| micro));
            store.set_budget(&workspace, &Budget { day, month }).await?;
            workspace
        }
    };
    let budget = store.budget(&workspace).await?;
    for (period, books) in store.books(&workspace, now).await? {
        let limit = match budget.of(period) {
            Some(limit) => format!("of {} US dollars", Dollars(limit)),
            None if budget == Budget::default() => "and nothing may be spent".to_owned(),
            None => "without a limit".to_owned(),
        };
        let (spent, reserved) = (Dollars(books.spent), Dollars(books.reserved()));
        let (name, word) = (period.name(now), period.as_str());
        println!("{word} {name}: {spent} spent, {reserved} reserved, {limit}");
    }
    Ok(())
}

pub(crate) async fn tools(store: &Store, command: ToolsCommand) -> Result<(), Error> {
    let (workspace, shown) = match command {
        ToolsCommand::Show { workspace, tool } => {
            (workspace, tool.map_or_else(|| Tool::ALL.to_vec(), |tool| vec![tool]))
        }
        ToolsCommand::Set { workspace, tool, provider, model, parameters } => {
            let provider = provider.map(|provider| provider.as_str().parse()).transpose()?;
            let defaults = ToolDefaults { provider, model, parameters };
            store.set_tool_defaults(&workspace, &tool.as_str().parse()?, &defaults).await?;
            (workspace, vec![tool])
        }
    };
    for tool in shown {
        let defaults = store.tool_defaults(&workspace, &tool.as_str().parse()?).await?;
        println!("{}: {}", tool.as_str(), serde_json::to_string(&defaults)?);
    }
    Ok(())
}

fn parse_tool(text: &str) -> Result<Tool, String> {
    let known = Tool::ALL.into_iter().find(|tool| tool.as_str() == text);
    known.ok_or_else(|| format!("expected {}", Tool::ALL.map(Tool::as_str).join(", ")))
}

fn parse_provider(text: &str) -> Result<Provider, String> {
    let names = Provider::ALL.map(Provider::as_str).join(", ");
    Provider::named(text).ok_or_else(|| format!("expected one of {names}"))
}

fn parse_parameters(text: &str) -> Result<Map<String, Value>, serde_json::Error> {
    serde_json::from_str(text)
}
