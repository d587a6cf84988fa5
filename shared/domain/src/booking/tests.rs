//! The same reports lead to the same booking, in whatever order and however often they come.

use proptest::prelude::*;

use super::*;
use crate::id::Id;

fn at(seconds: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap()
}

fn contact() -> ContactId {
    ContactId::derived(at(0), &[])
}

fn report(id: &str, event: BookingEvent, occurred_at: i64) -> BookingReport {
    BookingReport {
        booking_id: id.parse().unwrap(),
        event,
        occurred_at: at(occurred_at),
        is_dated: true,
        invitee: Invitee {
            email: EmailAddress::parse("ada@example.com").unwrap(),
            name: PersonName::default(),
            phone: None,
        },
        starts_at: None,
        title: None,
        metadata: BTreeMap::new(),
    }
}

fn created(occurred_at: i64, starts_at: i64) -> BookingReport {
    BookingReport { starts_at: Some(at(starts_at)), ..report("b", BookingEvent::Created, occurred_at) }
}

fn undated(report: BookingReport) -> BookingReport {
    BookingReport { is_dated: false, ..report }
}

fn heard(reports: &[BookingReport]) -> Booking {
    let first = Booking::new(contact(), &reports[0]);
    reports.iter().fold(first, |booking, report| booking.after(report).unwrap_or(booking))
}

fn starts_at(booking: &Booking) -> Option<Timestamp> {
    booking.starts_at.as_ref().map(|said| said.value)
}

#[test]
fn a_booking_id_is_short_and_visible() {
    let long = "x".repeat(128);
    for (text, id) in [
        ("b1", Some("b1")),
        (" ü/7 ", Some("ü/7")),
        (&*long, Some(&*long)),
        (&format!("{long}x"), None),
        (&format!("{long} "), None),
        ("", None),
        ("  ", None),
        ("b 1", None),
        ("b\u{1}", None),
    ] {
        assert_eq!(text.parse::<BookingId>().ok().as_ref().map(BookingId::as_str), id, "{text:?}");
    }
}

#[test]
fn a_repeated_report_changes_nothing() {
    for event in BookingEvent::ALL {
        let booking = heard(&[report("b", *event, 5)]);
        assert_eq!(booking.after(&report("b", *event, 5)), None, "{event}");
        assert_eq!(booking.after(&report("b", *event, 6)), None, "{event}");
        assert_eq!(booking.after(&report("another", BookingEvent::Created, 1)), None);
        assert_eq!(booking.revision, 1);
    }
}

#[test]
fn a_meeting_that_is_moved_takes_place_at_the_time_said_last() {
    let booking = heard(&[created(1, 100), created(3, 300), created(2, 200)]);
    assert_eq!((starts_at(&booking), booking.created_at), (Some(at(300)), Some(at(1))));
    assert_eq!(booking.revision, 2);
    let unsaid = heard(&[created(1, 100), report("b", BookingEvent::Completed, 9)]);
    assert_eq!(starts_at(&unsaid), Some(at(100)));
}

#[test]
fn a_repeated_report_without_a_date_outdates_nothing() {
    let booking = heard(&[undated(created(1, 100))]);
    assert_eq!(booking.after(&undated(created(9, 100))), None);
    let moved = booking.after(&created(2, 200)).unwrap();
    assert_eq!(starts_at(&moved), Some(at(200)));
    let moved_again = moved.after(&undated(created(9, 50))).unwrap();
    assert_eq!(starts_at(&moved_again), Some(at(50)));
}

#[test]
fn a_booking_that_took_place_was_not_cancelled() {
    use BookingEvent::{Cancelled, Completed, Created};
    for (events, status) in [
        (&[Created][..], Created),
        (&[Completed], Completed),
        (&[Cancelled], Cancelled),
        (&[Cancelled, Created], Cancelled),
        (&[Created, Completed, Cancelled], Completed),
        (&[Cancelled, Completed], Completed),
    ] {
        let reports: Vec<_> = events.iter().map(|event| report("b", *event, 1)).collect();
        let booking = heard(&reports);
        assert_eq!((booking.status(), booking.is_cancelled()), (status, status == Cancelled), "{events:?}");
    }
}

#[test]
fn the_figures_are_those_of_the_bookings_that_were_not_cancelled() {
    use BookingEvent::{Cancelled, Completed, Created};
    assert_eq!(statistics(&[]), BookingStatistics::default());
    let bookings = [
        heard(&[created(1, 100)]),
        heard(&[report("c", Created, 50), report("c", Completed, 200)]),
        heard(&[created(1, 900), report("b", Cancelled, 2)]),
    ];
    assert_eq!(statistics(&bookings), BookingStatistics { total_bookings: 2, last_booking_date: Some(at(100)) });
    assert_eq!(statistics(&bookings[1..]).last_booking_date, Some(at(50)));
    assert_eq!(statistics(&[heard(&[report("d", Completed, 70)])]).last_booking_date, Some(at(70)));
    assert_eq!(statistics(&bookings[2..]), BookingStatistics::default());
}

#[test]
fn a_booking_is_stored_and_read_back() {
    let title = Some("Introduction".to_owned());
    let booking = heard(&[BookingReport { title, ..created(1, 100) }]);
    let stored = serde_json::to_value(&booking).unwrap();
    assert_eq!(stored["title"]["value"], "Introduction");
    assert_eq!(stored.get("cancelled_at"), None);
    assert_eq!(serde_json::from_value::<Booking>(stored).unwrap(), booking);
}

prop_compose! {
    /// Of few moments and values, so that they collide.
    fn any_report()(
        event in proptest::sample::select(BookingEvent::ALL),
        occurred_at in 0..4_i64,
        starts_at in proptest::option::of(0..3_i64),
        title in proptest::option::of("[ab]"),
    ) -> BookingReport {
        BookingReport { starts_at: starts_at.map(at), title, ..report("b", event, occurred_at) }
    }
}

/// Reports, and the same in another order, some of them several times.
fn any_orders() -> impl Strategy<Value = (Vec<BookingReport>, Vec<BookingReport>)> {
    proptest::collection::vec(any_report(), 1..7).prop_flat_map(|reports| {
        let repeated = proptest::sample::subsequence(reports.clone(), 0..=reports.len());
        let all = repeated.prop_map({
            let reports = reports.clone();
            move |repeated| [reports.clone(), repeated].concat()
        });
        (Just(reports), all.prop_shuffle())
    })
}

/// What is said last among the reports that say it, recounted without regard to how bookings keep it.
fn last_said<T: Ord + Clone>(reports: &[BookingReport], said: impl Fn(&BookingReport) -> Option<T>) -> Option<T> {
    reports.iter().filter_map(|report| Some((report.occurred_at, said(report)?))).max().map(|(_, value)| value)
}

fn first_time(reports: &[BookingReport], event: BookingEvent) -> Option<Timestamp> {
    reports.iter().filter(|report| report.event == event).map(|report| report.occurred_at).min()
}

proptest! {
    #[test]
    fn neither_order_nor_repetition_matters((reports, others) in any_orders()) {
        let (booking, other) = (heard(&reports), heard(&others));
        prop_assert_eq!(&Booking { revision: 0, ..booking.clone() }, &Booking { revision: 0, ..other.clone() });
        prop_assert_eq!(statistics(&[booking]), statistics(std::slice::from_ref(&other)));
        for report in &reports {
            prop_assert_eq!(other.after(report), None);
        }
    }

    #[test]
    fn a_booking_is_what_its_reports_say(reports in proptest::collection::vec(any_report(), 1..7)) {
        let booking = heard(&reports);
        prop_assert_eq!(starts_at(&booking), last_said(&reports, |report| report.starts_at));
        prop_assert_eq!(booking.title.map(|said| said.value), last_said(&reports, |report| report.title.clone()));
        let first = |event| first_time(&reports, event);
        prop_assert_eq!(booking.created_at, first(BookingEvent::Created));
        prop_assert_eq!(booking.completed_at, first(BookingEvent::Completed));
        prop_assert_eq!(booking.cancelled_at, first(BookingEvent::Cancelled));
    }

    #[test]
    fn the_figures_equal_a_naive_recount(
        all in proptest::collection::vec(proptest::collection::vec(any_report(), 1..4), 0..5),
    ) {
        let bookings: Vec<_> = all.iter().map(|reports| heard(reports)).collect();
        let (mut total, mut last) = (0, None);
        for reports in &all {
            let has = |event| reports.iter().any(|report| report.event == event);
            if has(BookingEvent::Cancelled) && !has(BookingEvent::Completed) {
                continue;
            }
            total += 1;
            let first = |event| first_time(reports, event);
            let said = last_said(reports, |report| report.starts_at);
            last = last.max(said.or(first(BookingEvent::Created)).or(first(BookingEvent::Completed)));
        }
        prop_assert_eq!(statistics(&bookings), BookingStatistics { total_bookings: total, last_booking_date: last });
    }
}
