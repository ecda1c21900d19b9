//! The store of everything: one DynamoDB table.
//!
//! One method per access pattern; the workspace comes first in each. Writes are conditional on
//! what was read, or on what must not be there.

mod api_keys;
mod assets;
mod attempts;
mod books;
pub mod bulk;
mod counters;
mod create;
mod deletion;
mod exports;
mod fallback;
mod generations;
mod image;
mod item;
mod jump;
pub mod keys;
mod list;
mod migrate;
mod newest;
mod objects;
mod record;
mod review;
mod rows;
mod schedule;
pub mod schema;
mod transaction;
mod versions;
mod walk;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use platform::Environment;

pub use attempts::Attempts;
pub use books::ToolDefaults;
pub use counters::{Amounts, DayBooks, Share, Spend, Usage};
pub use create::{Claims, Created};
pub use deletion::Remains;
pub use image::image;
pub use list::{DEEPEST, NumberedPage, Page};
pub use objects::{Adopted, ParkedEvent, Replaced};
pub use schedule::{Due, Position, Unreadable};

use crate::error::{Error, Result};

/// The table, as one workspace or the schedule may use it.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// The store in `table`.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// The store that the environment names.
    pub fn of(environment: &Environment) -> Result<Self> {
        Ok(Self::new(environment.dynamodb()?, environment.variable("TABLE_NAME")?))
    }

    /// Opens the connection, so that the first request does not wait for it. A failure shows when
    /// the first request does.
    pub async fn connect(&self) {
        let _ = self.get_item(keys::nothing(), false).await;
    }

    async fn get_item(&self, key: keys::Key, consistent: bool) -> Result<Option<item::Item>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(item::key_item(key)))
            .consistent_read(consistent)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        Ok(answer.item)
    }

    /// Deletes what is under `key`, if it is as it was read at `revision`; false where not.
    async fn delete_unchanged(&self, key: keys::Key, revision: u64) -> Result<bool> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(item::key_item(key)))
            .condition_expression("#revision = :read")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":read", item::n(revision))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match delete {
            Err(error) if condition_failed(&error) => Ok(false),
            delete => delete.map(|_| true).map_err(failure),
        }
    }

    /// Puts `item` in the place of what was read at `revision`; false where that has changed since.
    async fn put_unchanged(&self, item: item::Item, revision: u64) -> Result<bool> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("#revision = :read")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":read", item::n(revision))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match put {
            Err(error) if condition_failed(&error) => Ok(false),
            put => put.map(|_| true).map_err(failure),
        }
    }

    /// A query of what is stored between two keys of one partition, the last first, as it is now.
    fn latest(&self, [low, high]: [keys::Key; 2]) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
            .expression_attribute_values(":pk", item::s(low.pk))
            .expression_attribute_values(":low", item::s(low.sk))
            .expression_attribute_values(":high", item::s(high.sk))
            .consistent_read(true)
            .scan_index_forward(false)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}

/// The most times that a read or a count that was not done in full is tried again.
const RETRIES: u32 = 8;

/// True if a write of one item failed its condition.
fn condition_failed<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
        == Some("ConditionalCheckFailedException")
}

/// True if a write of one item met a transaction under way.
fn conflicted<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
        == Some("TransactionConflictException")
}

/// The meaning of the SDK's failure: worth another try, or a fault.
fn failure<E, R>(error: SdkError<E, R>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    const RETRYABLE: [&str; 9] = [
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionCanceledException",
        "TransactionInProgressException",
    ];
    let retryable = match &error {
        SdkError::ServiceError(service) => {
            service.err().code().is_some_and(|code| RETRYABLE.contains(&code))
        }
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ResponseError(_) => {
            true
        }
        _ => false,
    };
    if retryable { Error::unavailable(error) } else { Error::internal(error) }
}
