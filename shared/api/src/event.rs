//! A request as Lambda hands it over.

use axum::Router;
use lambda_http::lambda_runtime::LambdaEvent;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Error, Service};
use serde_json::Value;

/// The answer of `router` to an event of API Gateway, by `lambda_http`'s own conversion, as Lambda takes
/// it back.
pub async fn answer(router: Router, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (event, context) = event.into_parts();
    let request: LambdaRequest = serde_json::from_str(&event.to_string())?;
    // Apart from its await, since the adapter must not live across it: it is not shared by threads.
    let response = Adapter::from(router).call(LambdaEvent::new(request, context));
    Ok(serde_json::to_value(response.await?)?)
}
