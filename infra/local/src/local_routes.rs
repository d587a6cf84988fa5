//! What only the local stack has: its clock, whether it is at rest, and a page that says what is here.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::stack::Shared;

/// How long `/_local/settled` waits if nothing is said.
const SETTLED_SECONDS: u64 = 60;

/// The year in which the clock stands still; later ones do not fit into every id and key, and there is no way back.
const LAST_YEAR: i32 = 2999;

/// The routes under `/_local`.
pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_local", get(index))
        .route("/_local/", get(index))
        .route("/_local/clock", get(show_clock).post(move_clock))
        .route("/_local/settled", get(settled))
        .with_state(shared)
}

#[derive(Debug, Serialize)]
struct ClockOut {
    now: DateTime<Utc>,
    ahead_seconds: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ClockIn {
    /// How far, e.g. `90s`, `15m`, `2h`, `3d`, `1w`.
    advance: Option<String>,
    /// Or to which moment.
    to: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
struct SettledQuery {
    timeout: Option<u64>,
}

async fn index() -> Html<&'static str> {
    Html(include_str!("local_routes/index.html"))
}

async fn show_clock(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.contains("text/html") {
        let page = include_str!("local_routes/clock.html");
        return Html(page.replace("{{now}}", &shared.clock.now().format("%A, %Y-%m-%d %H:%M:%S UTC").to_string()))
            .into_response();
    }
    Json(told(&shared)).into_response()
}

fn told(shared: &Shared) -> ClockOut {
    ClockOut { now: shared.clock.now(), ahead_seconds: shared.clock.ahead().num_seconds() }
}

async fn move_clock(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = kind.starts_with("application/x-www-form-urlencoded");
    let wanted = match form {
        true => Ok(ClockIn {
            advance: url::form_urlencoded::parse(body.as_bytes())
                .find(|(n, _)| n == "advance")
                .map(|(_, v)| v.into_owned()),
            to: None,
        }),
        false => serde_json::from_str::<ClockIn>(&body).map_err(|error| error.to_string()),
    };
    match wanted.and_then(|wanted| distance(&wanted, shared.clock.now())) {
        Err(reason) => (StatusCode::BAD_REQUEST, Json(json!({ "error": reason }))).into_response(),
        Ok(by) => {
            shared.advance(by).await;
            if form {
                return (StatusCode::SEE_OTHER, [(header::LOCATION, "/_local/clock")]).into_response();
            }
            Json(told(&shared)).into_response()
        }
    }
}

/// How far the clock is to go. It never goes back: what has happened would happen again.
fn distance(wanted: &ClockIn, now: DateTime<Utc>) -> Result<TimeDelta, String> {
    let by = match (&wanted.advance, wanted.to) {
        (Some(text), None) => duration(text).ok_or("advance must be a number with s, m, h, d or w, such as 2d")?,
        (None, Some(to)) => to - now,
        _ => return Err("either advance or to is needed".to_owned()),
    };
    if by < TimeDelta::zero() {
        return Err("the clock only goes forward".to_owned());
    }
    if domain::time::after(now, by).year() > LAST_YEAR {
        return Err(format!("the clock ends with the year {LAST_YEAR}"));
    }
    Ok(by)
}

fn duration(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(1)?)?;
    let number: i64 = number.trim().parse().ok()?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    // A hundred years are enough for any campaign.
    number.checked_mul(seconds).filter(|all| *all <= 36_525 * 86_400).and_then(TimeDelta::try_seconds)
}

async fn settled(State(shared): State<Arc<Shared>>, Query(query): Query<SettledQuery>) -> Response {
    let limit = Duration::from_secs(query.timeout.unwrap_or(SETTLED_SECONDS));
    match shared.settled(limit).await {
        Ok(()) => Json(json!({ "settled": true })).into_response(),
        Err(error) => {
            let body = json!({ "settled": false, "reason": format!("{error:#}") });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_read_with_their_unit() {
        for (text, seconds) in
            [("90s", Some(90)), (" 15m ", Some(900)), ("2h", Some(7200)), ("3d", Some(259_200)), ("1w", Some(604_800))]
        {
            assert_eq!(duration(text).map(|by| by.num_seconds()), seconds, "{text}");
        }
        for text in ["", "d", "2", "2y", "x2d", "99999999999999999d", "é"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn the_clock_never_goes_back() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(10);
        let to = |to| distance(&ClockIn { advance: None, to: Some(to) }, now);
        assert!(to(now - TimeDelta::seconds(1)).is_err());
        assert_eq!(to(now + TimeDelta::seconds(5)), Ok(TimeDelta::seconds(5)));
        assert!(to(DateTime::<Utc>::MAX_UTC).is_err());
        assert!(distance(&ClockIn::default(), now).is_err());
        assert!(distance(&ClockIn { advance: Some("-2d".into()), to: None }, now).is_err());
    }
}
