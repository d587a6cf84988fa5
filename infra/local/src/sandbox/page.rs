//! The outbox as a page for people: self-contained, and nothing of a message is ever markup.

use std::fmt::Write;

use domain::message::{Channel, ReceiptEvent};
use url::form_urlencoded::Serializer;

use super::listing::{Filter, Page, Report, Shown};

const STYLE: &str = include_str!("page.css");
const EXCERPT_CHARS: usize = 160;

/// A page of the outbox.
pub(super) fn outbox(page: &Page, filter: &Filter) -> String {
    let mut main = format!("<h1>Outbox</h1>{}{}", summary(page, filter), form(filter));
    if page.messages.is_empty() {
        main.push_str("<p class=none>Nothing here.</p>");
    } else {
        main.push_str("<table><thead><tr><th>Accepted<th>Channel<th>Recipient<th>Message<th>Reports<tbody>");
        main.extend(page.messages.iter().map(row));
        main.push_str("</table>");
    }
    main.push_str(&pager(page, filter));
    document("Outbox", &main)
}

/// One message whole.
pub(super) fn message(shown: &Shown) -> String {
    let subject = shown.subject.as_deref().map(|text| format!("<dt>Subject<dd>{}", escape(text))).unwrap_or_default();
    let mut reports: String = shown.reports.iter().map(report_line).collect();
    if reports.is_empty() {
        reports.push_str("<li>none");
    }
    let html = shown.html.as_deref().map(document_sent).unwrap_or_default();
    let main = format!(
        "<p><a href=\"/_local/outbox\">← Outbox</a><h1>{id}</h1><dl><dt>Channel<dd>{channel}<dt>Recipient<dd>{recipient}\
         {subject}<dt>Accepted<dd>{at}<dt>Reference<dd><code>{reference}</code></dl><pre>{body}</pre>{html}\
         <h2>Reports</h2><ul>{reports}</ul>",
        id = escape(&shown.id),
        channel = badge(shown.channel),
        recipient = escape(&shown.recipient),
        at = time(shown.accepted_at),
        reference = escape(&shown.reference),
        body = escape(&shown.body),
    );
    document(&shown.id, &main)
}

/// The HTML of an e-mail, as it looks and as it is written. In its frame nothing can run, be loaded, sent or left.
fn document_sent(html: &str) -> String {
    let html = escape(html);
    format!(
        "<h2>HTML</h2><iframe sandbox srcdoc=\"{html}\"></iframe><details><summary>Source</summary><pre>{html}</pre></details>"
    )
}

fn document(title: &str, main: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>{} · Rollcall sandbox</title><style>{STYLE}</style><main>{main}</main></html>",
        escape(title)
    )
}

/// How many messages went out, and whether any of them did so twice.
fn summary(page: &Page, filter: &Filter) -> String {
    let narrowed = filter.channel.is_some() || filter.recipient.is_some() || filter.reference.is_some();
    let scope = if narrowed { "match" } else { "sent in all" };
    let verdict = match page.total.saturating_sub(page.distinct) {
        0 => "<span class=good>none was sent twice</span>".to_owned(),
        1 => "<strong class=bad>1 of them repeats a message that was sent before</strong>".to_owned(),
        again => format!("<strong class=bad>{again} of them repeat a message that was sent before</strong>"),
    };
    format!("<p class=summary><b>{}</b> {scope} · {verdict}", page.total)
}

fn form(filter: &Filter) -> String {
    let mut options = "<option value=\"\">all channels".to_owned();
    for channel in Channel::ALL {
        let selected = if filter.channel.as_deref() == Some(channel.as_str()) { " selected" } else { "" };
        let _ = write!(options, "<option value={channel}{selected}>{channel}");
    }
    let recipient = escape(filter.recipient.as_deref().unwrap_or_default());
    format!(
        "<form action=\"/_local/outbox\"><select name=channel>{options}</select>\
         <input name=recipient placeholder=\"recipient\" value=\"{recipient}\"><button>Show</button></form>"
    )
}

fn row(shown: &Shown) -> String {
    let subject = shown.subject.as_deref().map(|text| format!("<b>{}</b><br>", escape(text))).unwrap_or_default();
    let mut excerpt: String = shown.body.chars().take(EXCERPT_CHARS).collect();
    if excerpt.len() < shown.body.len() {
        excerpt.push('…');
    }
    format!(
        "<tr><td><a href=\"/_local/outbox/{id}\">{at}</a><td>{channel}<td>{recipient}<td>{subject}<span>{excerpt}</span><td>{reports}",
        id = escape(&shown.id),
        at = time(shown.accepted_at),
        channel = badge(shown.channel),
        recipient = escape(&shown.recipient),
        excerpt = escape(&excerpt),
        reports = states(&shown.reports),
    )
}

/// The events of a message, each once; those that were not taken yet are pale.
fn states(reports: &[Report]) -> String {
    let mut html = String::new();
    for event in ReceiptEvent::ALL {
        let mut of_event = reports.iter().filter(|report| report.event == *event).peekable();
        if of_event.peek().is_some() {
            let pale = if of_event.any(|report| report.delivered) { "" } else { " pale" };
            let _ = write!(html, "<span class=\"state {event}{pale}\">{event}</span> ");
        }
    }
    html
}

fn report_line(report: &Report) -> String {
    let taken = if report.delivered { "" } else { " (not taken yet)" };
    let event = report.event;
    format!("<li><span class=\"state {event}\">{event}</span> {}{taken}", time(report.at))
}

fn badge(channel: Channel) -> String {
    format!("<span class=\"channel {channel}\">{channel}</span>")
}

fn time(at: domain::Timestamp) -> String {
    at.format("<time>%Y-%m-%d %H:%M:%S</time>").to_string()
}

fn pager(page: &Page, filter: &Filter) -> String {
    let (limit, end) = (u64::from(page.limit), page.offset.saturating_add(page.messages.len() as u64));
    let mut links = String::new();
    if page.offset > 0 {
        let _ = write!(links, "<a href=\"{}\">← newer</a> ", link(page.offset.saturating_sub(limit), filter));
    }
    if end < page.total {
        let _ = write!(links, "<a href=\"{}\">older →</a>", link(end, filter));
    }
    format!("<nav>{links}</nav>")
}

fn link(offset: u64, filter: &Filter) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("limit", &filter.limit.to_string()).append_pair("offset", &offset.to_string());
    let narrowing = [("channel", &filter.channel), ("recipient", &filter.recipient), ("reference", &filter.reference)];
    for (name, value) in narrowing {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    format!("/_local/outbox?{}", escape(&query.finish()))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
