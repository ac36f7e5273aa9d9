//! Periods and how they are counted.

use super::*;
use proptest::prelude::*;
use proviso_rows::each_row;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[test]
fn the_counting_rules_differ_in_the_day_that_a_month_has_not() {
    // Start, period, the last day by the corresponding day or month's end, the last day by the later one.
    let table = [
        ("2024-02-29", "P1Y", "2025-02-28", "2025-03-01"),
        ("2024-02-29", "P4Y", "2028-02-29", "2028-02-29"),
        ("2023-12-31", "P2M", "2024-02-29", "2024-03-01"),
        ("2025-12-30", "P2M", "2026-02-28", "2026-03-01"),
        ("2025-03-31", "P1M", "2025-04-30", "2025-05-01"),
        ("2025-01-31", "P1M1D", "2025-03-01", "2025-03-02"),
        ("2025-12-31", "P1D", "2026-01-01", "2026-01-01"),
        ("2025-12-31", "P1Y", "2026-12-31", "2026-12-31"),
        ("9999-01-31", "P1M", "9999-02-28", "9999-03-01"),
        ("9999-12-01", "P1M", "9999-12-31", "9999-12-31"),
    ];
    each_row(table, |(start, period, corresponding, later)| {
        for counting in Counting::ALL {
            let expected = match counting {
                Counting::CnCivilCode | Counting::Eu118271 => corresponding,
                Counting::UsRule6 | Counting::Latest => later,
            };
            let last = counting.last_day(day(start), period.parse().unwrap());
            assert_eq!(last, day(expected), "{start} {period} {}", counting.name());
        }
    });
}

#[test]
fn a_name_is_one_counting_rule_in_settings_and_in_json() {
    for counting in Counting::ALL {
        assert_eq!(Counting::named(counting.name()), Some(counting));
        assert_eq!(serde_json::to_value(counting).unwrap(), counting.name());
    }
    assert_eq!(Counting::named("civil-code"), None);
    assert_eq!(
        Counting::of_jurisdiction("DE"),
        Counting::Latest,
        "a member state counts by its own law"
    );
}

#[test]
fn periods_are_read_and_written_in_iso_8601() {
    let table = [
        ("P20Y", (20, 0, 0)),
        ("P6M", (0, 6, 0)),
        ("P180D", (0, 0, 180)),
        ("P3Y6M10D", (3, 6, 10)),
        ("P0D", (0, 0, 0)),
        ("P36500Y36500M36500D", (36_500, 36_500, 36_500)),
    ];
    each_row(table, |(text, (years, months, days))| {
        let period = Period { years, months, days };
        assert_eq!(text.parse::<Period>(), Ok(period));
        assert_eq!(period.to_string(), text);
    });
    for bad in [
        "",
        "P",
        "20Y",
        "P20",
        "PT5H",
        "P1W",
        "P6M3Y",
        "P1Y1Y",
        "P-1Y",
        "P1.5Y",
        "p1y",
        "P1Y ",
        "P36501Y",
        "P99999999999Y",
        "PY",
        "P１Y",
    ] {
        assert!(bad.parse::<Period>().is_err(), "{bad:?}");
    }
    let told = "P1W\u{1b}[2J".parse::<Period>().unwrap_err().to_string();
    assert!(!told.contains('\u{1b}'), "{told}");
}

fn period() -> impl Strategy<Value = Period> {
    (0u16..60, 0u16..60, 0u16..400).prop_map(|(years, months, days)| Period { years, months, days })
}

/// From 1900 to 2199, so that 29 February is often near.
fn any_day() -> impl Strategy<Value = Day> {
    (0u32..109_500).prop_map(|days| day("1900-01-01").plus(0, days))
}

fn any_counting() -> impl Strategy<Value = Counting> {
    prop::sample::select(Counting::ALL.to_vec())
}

fn any_zone() -> impl Strategy<Value = Zone> {
    let names = [
        "Asia/Shanghai",
        "America/New_York",
        "Europe/Berlin",
        "Asia/Kathmandu",
        "Pacific/Kiritimati",
    ];
    prop::sample::select(names.to_vec()).prop_map(|name| Zone::named(name).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_later_start_never_ends_earlier(start in any_day(), later in 0u32..400, period in period(), counting in any_counting()) {
        prop_assert!(counting.last_day(start, period) <= counting.last_day(start.plus(0, later), period));
    }

    #[test]
    fn a_longer_period_never_ends_earlier(start in any_day(), period in period(), more in period(), counting in any_counting()) {
        let longer = Period {
            years: period.years + more.years,
            months: period.months + more.months,
            days: period.days + more.days,
        };
        prop_assert!(counting.last_day(start, period) <= counting.last_day(start, longer));
        prop_assert!(counting.last_day(start, period) >= start);
    }

    /// No rule ends later than the one for those who know none, and none differs from it by more than a day.
    #[test]
    fn the_latest_rule_is_the_latest_by_a_day_at_most(start in any_day(), period in period(), counting in any_counting()) {
        let (one, latest) = (counting.last_day(start, period), Counting::Latest.last_day(start, period));
        prop_assert!(one <= latest && latest <= one.plus(0, 1));
    }

    #[test]
    fn periods_come_back_from_their_text(period in period()) {
        prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
    }

    /// Another zone moves the day by one at most from UTC's, and a period of days with it. A period of months moves by four at
    /// most: 28 February and 1 March end on 28 March and 1 April.
    #[test]
    fn a_zone_moves_a_day_by_one(millis in -2_000_000_000_000_i64..4_000_000_000_000, zone in any_zone(), period in period(), counting in any_counting()) {
        let at = Timestamp::from_millis(millis).unwrap();
        let (here, utc) = (zone.day(at), Zone::utc().day(at));
        let apart = |a: Day, b: Day, most| a <= b.plus(0, most) && b <= a.plus(0, most);
        prop_assert!(apart(here, utc, 1));
        let days = Period { years: 0, months: 0, ..period };
        prop_assert!(apart(counting.last_day(here, days), counting.last_day(utc, days), 1));
        prop_assert!(apart(counting.last_day(here, period), counting.last_day(utc, period), 4));
    }
}
