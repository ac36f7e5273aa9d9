//! Alerts, as those see and decide on them who may, and nobody else.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Browser, MINUTE, Site, TEXT};
use serde_json::{Value, json};

/// The numbers of a list.
async fn numbers(site: &Site, browser: &Browser, query: &str) -> Vec<i64> {
    let answer = site.get(Some(browser), &format!("/api/alerts?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut found: Vec<i64> = answer.json()["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["number"].as_i64().unwrap())
        .collect();
    found.sort_unstable();
    found
}

/// Alerts 1 to 4: of two departments of a bank, of none of its, and of a shop.
async fn with_four() -> Site {
    let site = Site::new().await;
    for (tenant, department) in [
        ("bank", Some("sales")),
        ("bank", Some("risk")),
        ("bank", None),
        ("shop", Some("sales")),
    ] {
        site.alerts(tenant, department, 1).await;
    }
    site
}

#[tokio::test]
async fn nobody_sees_an_alert_that_no_role_reaches() {
    let site = with_four().await;
    for (name, roles, seen) in [
        ("all", vec!["reviewer@bank"], vec![1, 2, 3]),
        ("narrow", vec!["reviewer@bank/sales"], vec![1]),
        ("two", vec!["reviewer@bank/sales/risk"], vec![1, 2]),
        ("both", vec!["manager@bank/risk", "reviewer@shop"], vec![2, 4]),
        ("foreign", vec!["compliance-lead@mill"], vec![]),
    ] {
        site.add(name, &roles).await;
        let browser = site.browser(name).await;
        assert_eq!(numbers(&site, &browser, "").await, seen, "{name}");
        // No filter widens it.
        assert_eq!(
            numbers(&site, &browser, "tenant=shop&view=unassigned")
                .await
                .contains(&4),
            seen.contains(&4)
        );
        let counts = site.get(Some(&browser), "/api/alerts").await.json()["counts"]["open"].clone();
        assert_eq!(counts, seen.len(), "{name}");
        for number in 1..=5 {
            let answer = site.get(Some(&browser), &format!("/api/alerts/{number}")).await;
            let expected = if seen.contains(&number) { 200 } else { 404 };
            assert_eq!(answer.status.as_u16(), expected, "{name} {number}");
            if expected == 404 {
                let said = format!("there is no alert {number}");
                assert_eq!(
                    answer.json()["error"]["message"],
                    said,
                    "the same as of one that is not there"
                );
            }
        }
    }
}

#[tokio::test]
async fn who_sees_more_than_one_may_decide_on_decides_on_no_more() {
    let site = with_four().await;
    site.add("both", &["manager@bank", "reviewer@bank/risk"]).await;
    let browser = site.browser("both").await;
    assert_eq!(numbers(&site, &browser, "").await, [1, 2, 3]);
    let decide = json!({ "decision": "no-issue", "version": 0 });
    for (number, expected) in [(1, 404), (2, 200), (3, 404)] {
        let answer = site
            .post(Some(&browser), &format!("/api/alerts/{number}/decide"), decide.clone())
            .await;
        assert_eq!(answer.status.as_u16(), expected, "{number} {answer:?}");
    }
}

#[tokio::test]
async fn an_alert_that_is_opened_is_told_and_names_nobody() {
    let site = with_four().await;
    site.add("li.na", &["reviewer@bank"]).await;
    let browser = site.browser("li.na").await;
    let before = site.told().await.len();
    let item = site.get(Some(&browser), "/api/alerts/2").await.json();
    assert_eq!(item["message"]["text"], TEXT);
    // 5 characters before it, of which one is two units of UTF-16.
    let start = TEXT.split("保本").next().unwrap().encode_utf16().count();
    assert_eq!(
        item["findings"][0]["spans"],
        json!([{ "start": start, "end": start + 2 }])
    );
    assert_eq!(item["findings"][0]["reason"], "承诺收益");
    assert_eq!(item["context"]["before"].as_array().unwrap().len(), 1);
    assert_eq!(item["context"]["after"].as_array().unwrap().len(), 1);
    assert_eq!(item["masked"], true);
    let text = item.to_string();
    for name in ["zhang.wei", "wmCustomer"] {
        assert!(!text.contains(name), "{text}");
    }
    let row = &site.get(Some(&browser), "/api/alerts").await.json()["alerts"][0];
    assert_eq!(
        (&row["from"], &row["conversation"]),
        (&item["alert"]["from"], &item["alert"]["conversation"])
    );
    assert_eq!(
        item["message"]["from"], item["alert"]["from"],
        "one name for one person"
    );
    let told = site.told().await;
    assert_eq!(told.len(), before + 1, "the list alone is not told");
    let (kind, said) = &told[0];
    assert_eq!(kind, "reading");
    assert!(said.contains("person:li.na") && !said.contains("保本"), "{said}");
}

#[tokio::test]
async fn a_decision_is_made_on_what_was_seen_and_taken_back_for_a_while() {
    let site = with_four().await;
    for name in ["li.na", "zhao"] {
        site.add(name, &["reviewer@bank"]).await;
    }
    let (li, zhao) = (site.browser("li.na").await, site.browser("zhao").await);
    let decide = |version: u32| json!({ "decision": "violation", "reason": "promise", "comment": "说了保本", "version": version });
    let done = site.post(Some(&li), "/api/alerts/1/decide", decide(0)).await.json();
    assert_eq!(
        (&done["alert"]["state"], &done["alert"]["decision"]),
        (&json!("closed"), &json!("violation"))
    );
    assert_eq!(
        (&done["alert"]["version"], &done["alert"]["decided_by"]),
        (&json!(1), &json!("person:li.na"))
    );
    assert!(done["undo_until"].is_string());
    assert_eq!(
        site.post(Some(&zhao), "/api/alerts/1/decide", decide(0)).await.code(),
        "changed"
    );
    assert_eq!(
        site.post(Some(&zhao), "/api/alerts/1/undo", json!({ "version": 1 }))
            .await
            .code(),
        "not-possible"
    );
    let undone = site
        .post(Some(&li), "/api/alerts/1/undo", json!({ "version": 1 }))
        .await
        .json();
    assert_eq!(
        (&undone["alert"]["state"], &undone["alert"]["version"]),
        (&json!("open"), &json!(2))
    );
    site.post(Some(&li), "/api/alerts/1/decide", decide(2)).await;
    site.later(11 * MINUTE);
    assert_eq!(
        site.post(Some(&li), "/api/alerts/1/undo", json!({ "version": 3 }))
            .await
            .code(),
        "not-possible"
    );
    let reopened = site
        .post(
            Some(&zhao),
            "/api/alerts/1/reopen",
            json!({ "reason": "again", "version": 3 }),
        )
        .await;
    assert_eq!(reopened.json()["alert"]["state"], "open", "{reopened:?}");
    let item = site.get(Some(&zhao), "/api/alerts/1").await.json();
    let acts: Vec<&Value> = item["reviews"]
        .as_array()
        .unwrap()
        .iter()
        .map(|review| &review["act"])
        .collect();
    assert_eq!(acts, ["decided", "undone", "decided", "reopened"]);
    assert_eq!(item["reviews"][0]["comment"], "说了保本");
    for (body, told) in [
        (json!({ "decision": "guilty", "version": 4 }), "`decision` is"),
        (
            json!({ "decision": "violation", "reason": "Because!", "version": 4 }),
            "the reason",
        ),
        (
            json!({ "decision": "violation", "comment": " ", "version": 4 }),
            "the comment",
        ),
    ] {
        let answer = site.post(Some(&li), "/api/alerts/1/decide", body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.text.contains(told), "{}", answer.text);
    }
}

#[tokio::test]
async fn an_alert_is_given_to_who_may_decide_on_it() {
    let site = with_four().await;
    for (name, role) in [
        ("lead", "compliance-lead@bank"),
        ("risk", "reviewer@bank/risk"),
        ("boss", "manager@bank"),
        ("shop", "reviewer@shop"),
    ] {
        site.add(name, &[role]).await;
    }
    let lead = site.browser("lead").await;
    for (to, expected) in [
        ("risk", 200),
        ("boss", 422),
        ("shop", 422),
        ("nobody", 422),
        ("No Name", 422),
    ] {
        let version = 0;
        let assign = json!({ "to": to, "version": version });
        let answer = site.post(Some(&lead), "/api/alerts/2/assign", assign).await;
        assert_eq!(answer.status.as_u16(), expected, "{to} {answer:?}");
    }
    let other = site
        .post(
            Some(&lead),
            "/api/alerts/1/assign",
            json!({ "to": "risk", "version": 0 }),
        )
        .await;
    assert_eq!(other.code(), "not-possible", "of another department");
    let risk = site.browser("risk").await;
    assert_eq!(numbers(&site, &risk, "view=mine").await, [2]);
    // Of many those are given that the user may decide on, and the count tells of the others.
    let bulk = |expected: u32| json!({ "filter": {}, "expected": expected, "act": { "assign": { "to": "risk" } } });
    let differs = site.post(Some(&lead), "/api/alerts/bulk", bulk(3)).await;
    assert_eq!(
        (differs.code().as_str(), &differs.json()["error"]["found"]),
        ("count-differs", &json!(1))
    );
    assert_eq!(
        site.post(Some(&lead), "/api/alerts/bulk", bulk(1)).await.json()["changed"],
        1
    );
}

#[tokio::test]
async fn many_are_decided_on_together_or_none() {
    let site = with_four().await;
    site.add("lead", &["compliance-lead@bank"]).await;
    let lead = site.browser("lead").await;
    let bulk = |which: Value, expected: u32| {
        let mut body = json!({ "expected": expected, "act": { "decide": { "decision": "false-positive", "reason": "boilerplate" } } });
        body.as_object_mut().unwrap().extend(which.as_object().unwrap().clone());
        body
    };
    let all = json!({ "filter": { "rule": "guaranteed-return" } });
    let differs = site.post(Some(&lead), "/api/alerts/bulk", bulk(all.clone(), 4)).await;
    assert_eq!(
        (differs.status.as_u16(), &differs.json()["error"]["found"]),
        (409, &json!(3))
    );
    assert_eq!(numbers(&site, &lead, "").await, [1, 2, 3], "nothing was changed");
    for wrong in [
        json!({}),
        json!({ "filter": {}, "numbers": [1] }),
        json!({ "filter": { "view": "all" } }),
    ] {
        let answer = site.post(Some(&lead), "/api/alerts/bulk", bulk(wrong, 3)).await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    assert_eq!(
        site.post(Some(&lead), "/api/alerts/bulk", bulk(all, 3)).await.json()["changed"],
        3
    );
    assert_eq!(numbers(&site, &lead, "view=closed").await, [1, 2, 3]);
}

#[tokio::test]
async fn a_list_is_given_in_pages_and_what_is_asked_for_has_a_form() {
    let site = Site::new().await;
    site.alerts("bank", None, 5).await;
    site.add("li.na", &["reviewer@bank"]).await;
    let browser = site.browser("li.na").await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = site
            .get(Some(&browser), &format!("/api/alerts?limit=2&sort=opened{after}"))
            .await
            .json();
        seen.extend(
            page["alerts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["number"].as_i64().unwrap()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, [1, 2, 3, 4, 5]);
    for query in [
        "view=all",
        "severity=bad",
        "sort=name",
        "after=x",
        "limit=0",
        "limit=201",
        "q_from=yesterday",
        "whose=mine",
    ] {
        let answer = site.get(Some(&browser), &format!("/api/alerts?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (400, "bad-request"),
            "{query} {answer:?}"
        );
    }
    assert!(numbers(&site, &browser, "severity=low").await.is_empty());
    assert_eq!(
        numbers(&site, &browser, "severity=high&pack=proviso/bank-cn")
            .await
            .len(),
        5
    );
}

#[tokio::test]
async fn an_overview_counts_what_one_may_see() {
    let site = with_four().await;
    for (name, role, held, found) in [
        ("lead", "compliance-lead@bank", "bank", 3),
        ("narrow", "manager@bank/sales", "bank", 1),
        ("operator", "operator", "shop", 4),
        ("shop", "reviewer@shop", "shop", 1),
    ] {
        site.add(name, &[role]).await;
        let browser = site.browser(name).await;
        let overview = site.get(Some(&browser), "/api/overview").await.json();
        assert_eq!(overview["reviewed_share"]["opened"], found, "{name} {overview}");
        assert_eq!(overview["intake"].as_array().unwrap().len(), 30);
        let own = site
            .get(Some(&browser), &format!("/api/overview?tenant={held}&days=7"))
            .await;
        assert_eq!(own.status, 200, "{name}");
        if name != "operator" {
            assert_eq!(site.get(Some(&browser), "/api/overview?tenant=mill").await.status, 404);
        }
    }
    let browser = site.browser("lead").await;
    for query in ["days=0", "days=367", "days=x", "tenants=bank"] {
        assert_eq!(
            site.get(Some(&browser), &format!("/api/overview?{query}")).await.status,
            400,
            "{query}"
        );
    }
}
