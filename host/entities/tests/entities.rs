//! Entities: tables of what is one and of what only looks like one.

use proviso_rows::each_row;
use proviso_scan::entities::{self, EntityKind};
use proviso_scan::{Entity, List, ListContent, MatcherBuilder};

pub(crate) fn find(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    entities::find(text, &mut found);
    found
}

/// All entities of a text, as `kind:what`, with `|` between.
fn found(text: &str) -> String {
    let of = |entity: &Entity| {
        format!(
            "{}:{}",
            entity.kind.name(),
            &text[entity.start as usize..entity.end as usize]
        )
    };
    find(text).iter().map(of).collect::<Vec<_>>().join("|")
}

pub(crate) fn check(table: &[(&str, &str)]) {
    each_row(table, |&(text, expected)| assert_eq!(found(text), expected, "{text}"));
}

#[test]
fn identity_numbers_in_any_groups_and_forms() {
    check(&[
        ("身份证号320106198705123030", "cn-identity:320106198705123030"),
        ("客户证件：37020219850716106X，王某", "cn-identity:37020219850716106X"),
        ("37020219850716106x", "cn-identity:37020219850716106x"),
        ("身份证37020219850716106×", "cn-identity:37020219850716106×"),
        ("身份证37020219850716106Ｘ", "cn-identity:37020219850716106Ｘ"),
        (
            "身份证３２０１０６１９８７０５１２３０３０",
            "cn-identity:３２０１０６１９８７０５１２３０３０",
        ),
        ("320106 19870512 3030", "cn-identity:320106 19870512 3030"),
        ("320106-19870512-3030", "cn-identity:320106-19870512-3030"),
        ("3201 0619 8705 1230 30", "cn-identity:3201 0619 8705 1230 30"),
        ("320106.19870512.3030", "cn-identity:320106.19870512.3030"),
        (
            "320106\u{200b}198705\u{2060}123030",
            "cn-identity:320106\u{200b}198705\u{2060}123030",
        ),
        ("身份证32O1O6198705123O3O", "cn-identity:32O1O6198705123O3O"),
        ("身份证32О106198705123030", "cn-identity:32О106198705123030"),
        ("sfz：440304199202295017。", "cn-identity:440304199202295017"),
        // The old form beside a word alone.
        ("身份证 320106870512303", "cn-identity-15:320106870512303"),
        ("编码320106870512303", ""),
        // A wrong check character, region or date.
        ("身份证320106198705123031", ""),
        ("身份证990106198705123030", ""),
        ("身份证320106198713123030", ""),
        // A part of something longer.
        ("3201061987051230301", ""),
        ("a320106198705123030", ""),
        ("文件320106198705123030.pdf", ""),
    ]);
}

#[test]
fn an_identity_number_that_passes_as_a_card_is_an_identity_number() {
    // Its prefix is a card's, and it passes the cards' check as well.
    check(&[
        ("身份证号510107196610135648", "cn-identity:510107196610135648"),
        (
            "510107196610135648 卡号6212264525810111759",
            "cn-identity:510107196610135648|bank-card:6212264525810111759",
        ),
    ]);
}

#[test]
fn credit_codes_whole_and_in_groups() {
    check(&[
        ("税号91310115MA1K3ABC1G", "credit-code:91310115MA1K3ABC1G"),
        ("91310115ma1k3abc1g", "credit-code:91310115ma1k3abc1g"),
        ("91110000802100433B", "credit-code:91110000802100433B"),
        ("9131 0115 MA1K 3ABC 1G", "credit-code:9131 0115 MA1K 3ABC 1G"),
        ("91310115MA1K3ABC1H", ""),
        ("身份证号37100000000000000X", ""),
        ("91990115MA1K3ABC1G", ""),
        ("X91310115MA1K3ABC1G", ""),
    ]);
}

#[test]
fn cards_need_prefix_length_and_check_digit() {
    check(&[
        ("6225885333195105", "bank-card:6225885333195105"),
        ("6212264525810111759", "bank-card:6212264525810111759"),
        ("9558800887755315587", "bank-card:9558800887755315587"),
        ("5222382637907893", "bank-card:5222382637907893"),
        ("371449635398431", "bank-card:371449635398431"),
        ("3534364487267063", "bank-card:3534364487267063"),
        ("6225 8853 3319 5105", "bank-card:6225 8853 3319 5105"),
        ("6212-2645-2581-0111-759", "bank-card:6212-2645-2581-0111-759"),
        ("6225.8853.3319.5105", "bank-card:6225.8853.3319.5105"),
        ("6225·8853·3319·5105", "bank-card:6225·8853·3319·5105"),
        (
            "6225\u{a0}8853\u{a0}3319\u{a0}5105",
            "bank-card:6225\u{a0}8853\u{a0}3319\u{a0}5105",
        ),
        (
            "６２２５　８８５３　３３１９　５１０５",
            "bank-card:６２２５　８８５３　３３１９　５１０５",
        ),
        (
            "6225\u{200b}8853\u{200b}3319\u{200b}5105",
            "bank-card:6225\u{200b}8853\u{200b}3319\u{200b}5105",
        ),
        ("621226 4525810111759", "bank-card:621226 4525810111759"),
        ("3714 496353 98431", "bank-card:3714 496353 98431"),
        ("卡号\n6225 8853\n3319 5105", "bank-card:6225 8853\n3319 5105"),
        ("打到 622588 5333 195105 这张银行卡", "bank-card:622588 5333 195105"),
        ("card 122000000000003", "bank-card:122000000000003"),
        // Without a word for it the prefix is too common, the groups are no card's.
        ("122000000000003", ""),
        ("6225885333195104", ""),
        ("卡号6225885333195104", ""),
        ("7225885333195105", ""),
        ("622588533319510", ""),
        // Parts of something else.
        ("0.6225885333195105", ""),
        ("6225885333195105.25", ""),
        ("-0.4111111111111111%", "percent:0.4111111111111111%"),
        ("550e8400-e29b-41d4-a716-4111111111111111", ""),
        ("a4111111111111111", ""),
        ("IMG_4111111111111111.jpg", ""),
        ("/api/users/4111111111111111", ""),
        (
            "https://shop.example/p?id=4111111111111111",
            "url:https://shop.example/p?id=4111111111111111",
        ),
        ("4111111111111111@example.com", "email:4111111111111111@example.com"),
    ]);
}

#[test]
fn what_an_order_or_a_parcel_is_numbered_with_is_no_card() {
    check(&[
        ("订单号：4111111111111111，催一下", "order-number:4111111111111111"),
        ("訂單編號 4111111111111111", "order-number:4111111111111111"),
        ("order no. 4111111111111111 please", "order-number:4111111111111111"),
        ("Your tracking number is 4111111111111111.", "waybill:4111111111111111"),
        ("流水号4111111111111111", "order-number:4111111111111111"),
        ("4111111111111111是订单号", "order-number:4111111111111111"),
        ("快递单号：4111111111111111", "waybill:4111111111111111"),
        (
            "运单号 411111111111111 378282246310005 371449635398431",
            "waybill:411111111111111|waybill:378282246310005|waybill:371449635398431",
        ),
        (
            "待发货订单号：\n4111111111111111\n5222382637907893\n",
            "order-number:4111111111111111|order-number:5222382637907893",
        ),
        (
            "订单号如下：\n1. 4111111111111111\n2. 5222382637907893",
            "order-number:4111111111111111|order-number:5222382637907893",
        ),
        (
            "订单号：\n张三 4111111111111111\n李四 5222382637907893",
            "order-number:4111111111111111|order-number:5222382637907893",
        ),
        (
            "订单号 收件人\n4111111111111111 张三\n5222382637907893 李四",
            "order-number:4111111111111111|order-number:5222382637907893",
        ),
        // A word for card that stands nearer.
        ("订单的付款卡号 4111111111111111", "bank-card:4111111111111111"),
        (
            "订单号 20260302118 卡号 4111111111111111",
            "order-number:20260302118|bank-card:4111111111111111",
        ),
        ("订单已付款，请打到 6225885333195105", "bank-card:6225885333195105"),
        ("顺丰 SF1234567890123", "waybill:SF1234567890123"),
        ("SF1234567890123 签收了", "waybill:SF1234567890123"),
        ("JT5123456789012", "waybill:JT5123456789012"),
        ("EE123456785CN", "waybill:EE123456785CN"),
        ("EE123456784CN", ""),
        ("1Z12345E0205271686", "waybill:1Z12345E0205271686"),
        ("1Z12345E0205271687", ""),
        ("9400 1112 0255 5843 7722 35", "waybill:9400 1112 0255 5843 7722 35"),
    ]);
}

#[test]
fn telephones_of_china() {
    check(&[
        ("打我13912345678", "cn-mobile:13912345678"),
        ("139 1234 5678", "cn-mobile:139 1234 5678"),
        ("打给我 139 1234 5678", "cn-mobile:139 1234 5678"),
        ("打我139-1234-5678", "cn-mobile:139-1234-5678"),
        ("打给我 139 还有 1234 5678", "amount:139"),
        ("打给我 021 5888 6666", "cn-landline:021 5888 6666"),
        ("139-1234-5678", "cn-mobile:139-1234-5678"),
        ("+86 139 1234 5678", "cn-mobile:+86 139 1234 5678"),
        ("(+86)13912345678", "cn-mobile:(+86)13912345678"),
        ("8613912345678", "cn-mobile:8613912345678"),
        ("0086-13912345678", "cn-mobile:0086-13912345678"),
        ("１３９１２３４５６７８", "cn-mobile:１３９１２３４５６７８"),
        ("l39I2345678", ""),
        ("139I2345678", "cn-mobile:139I2345678"),
        ("幺三九一二三四五六七八", "cn-mobile:幺三九一二三四五六七八"),
        ("13912345678vx同号", "cn-mobile:13912345678"),
        ("① 13912345678", "cn-mobile:13912345678"),
        ("①③⑨①②③④⑤⑥⑦⑧", "cn-mobile:①③⑨①②③④⑤⑥⑦⑧"),
        ("12912345678", ""),
        ("139123456789", ""),
        ("id=a13912345678", ""),
        ("010-62345678", "cn-landline:010-62345678"),
        ("(0571)87654321", "cn-landline:(0571)87654321"),
        ("021 5888 6666", "cn-landline:021 5888 6666"),
        ("0755-8234567", "cn-landline:0755-8234567"),
        ("400-820-8820", "cn-landline:400-820-8820"),
        ("客服800-820-8820", "cn-landline:800-820-8820"),
        ("4008208820", "cn-landline:4008208820"),
        ("电话：83172726", "cn-landline:83172726"),
        ("编码：83172726", ""),
        ("0333-8234567", "phone:0333-8234567"),
    ]);
}

#[test]
fn telephones_of_elsewhere() {
    check(&[
        ("(212) 555-0187", "phone:(212) 555-0187"),
        ("(212)555-0187x12", "phone:(212)555-0187x12"),
        ("212-555-0187", "phone:212-555-0187"),
        ("212.555.0187", "phone:212.555.0187"),
        ("+1 212 555 0187", "phone:+1 212 555 0187"),
        ("+44 (0)20 7946 0018", "phone:+44 (0)20 7946 0018"),
        ("+49 30 1234567", "phone:+49 30 1234567"),
        ("+33 1 42 68 53 00", "phone:+33 1 42 68 53 00"),
        ("+852 2345 6789", "phone:+852 2345 6789"),
        ("+81-90-1234-5678", "phone:+81-90-1234-5678"),
        ("090-1234-5678", "phone:090-1234-5678"),
        ("01.84.17.61.18", "phone:01.84.17.61.18"),
        ("call me on 9472 7916", "phone:9472 7916"),
        ("Mobile: 723 813 266", "phone:723 813 266"),
        ("07700 900 123", "phone:07700 900 123"),
        ("9472 7916", ""),
        ("+999 123456789", ""),
        ("+123", ""),
        ("version 212.555.0187.2", ""),
    ]);
}

#[test]
fn accounts_and_banks() {
    check(&[
        ("DE41500105170123456789", "iban:DE41500105170123456789"),
        ("DE41 5001 0517 0123 4567 89", "iban:DE41 5001 0517 0123 4567 89"),
        (
            "fr14 2004 1010 0505 0001 3m02 606",
            "iban:fr14 2004 1010 0505 0001 3m02 606",
        ),
        ("汇到AE070331234567890123456，谢谢", "iban:AE070331234567890123456"),
        ("DE41500105170123456788", ""),
        ("DE4150010517012345678", ""),
        ("ZZ41500105170123456789", ""),
        ("SWIFT: BKCHCNBJ", "swift:BKCHCNBJ"),
        ("swift code ICBKCNBJSZN", "swift:ICBKCNBJSZN"),
        ("BKCHCNBJ110XX", ""),
        ("COMSCNSH", ""),
        ("SWIFT: BKCHQQBJ", ""),
    ]);
}

#[test]
fn papers_of_people_and_cars() {
    check(&[
        ("护照号E12345678", "passport:E12345678"),
        ("护照 EA1234567 已过期", "passport:EA1234567"),
        ("passport number 912803456", "passport:912803456"),
        ("型号E12345678", ""),
        ("车牌京A12345", "plate:京A12345"),
        ("沪A·12345", "plate:沪A·12345"),
        ("粤BD12345", "plate:粤BD12345"),
        ("粤B12345D", "plate:粤B12345D"),
        ("粤B1234学", "plate:粤B1234学"),
        ("苏E05EV8", "plate:苏E05EV8"),
        ("京A1234", ""),
        ("豫见IPHONE", ""),
        ("My SSN is 536-22-1234", "us-ssn:536-22-1234"),
        ("social security number 536221234", "us-ssn:536221234"),
        ("666-22-1234", ""),
        ("536-00-1234", ""),
        ("912-70-1234", "us-itin:912-70-1234"),
        ("912-40-1234", ""),
        ("NHS number 943 476 5919", "uk-nhs:943 476 5919"),
        ("NHS number 943 476 5918", "phone:943 476 5918"),
        ("DEA number BB1388568", "medical-licence:BB1388568"),
        ("DEA number BB1388569", ""),
    ]);
}

#[test]
fn codes_of_shares() {
    check(&[
        ("600519.SH", "security-code:600519.SH"),
        ("00700.HK", "security-code:00700.HK"),
        ("sz000001", "security-code:sz000001"),
        ("明天买入300750", "security-code:300750"),
        ("买点600519", "security-code:600519"),
        ("600036满仓干", "security-code:600036"),
        ("股票代码：688981", "security-code:688981"),
        ("600519.SZ", ""),
        ("验证码600519", ""),
        ("邮编100000", ""),
        ("买入700519", ""),
        ("买入600519股", ""),
    ]);
}

#[test]
fn a_text_has_no_entity_that_says_nothing_of_the_kind() {
    for text in [
        "",
        "今天天气不错，我们一起去公园走走吧，八点见",
        "三个人一块儿去，千万别迟到，万一堵车呢",
        "一心一意，三三两两，十万个为什么",
        "The meeting is at 10:30 in room 204, see you there.",
        "python 3.11.4 and node v18.2.0",
        "git 4f2a9c1e7b6d8a3f5e2c1d0b9a8f7e6d5c4b3a29",
        "iPhone 15 Pro 256GB",
        "第3章第12节",
        "2:1, 3-0, 4:3",
        "a::b std::cout 12:34:56",
        "e.g. this, i.e. that, etc.",
        "fine.Thanks",
    ] {
        assert_eq!(found(text), "", "{text}");
    }
}

#[test]
fn lists_get_the_hits_of_their_kinds() {
    let kinds = [EntityKind::CnMobile, EntityKind::BankCard];
    let mut builder = MatcherBuilder::new();
    let list = |kinds: &[EntityKind]| List {
        name: "numbers".to_owned(),
        content: ListContent::Entities(kinds.to_vec()),
    };
    let (both, mobile) = (builder.add(list(&kinds)), builder.add(list(&kinds[..1])));
    let matcher = builder.build().unwrap();
    assert_eq!(matcher.terms(), 3);
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let text = "卡号6225885333195105，电话13912345678，8%";
    assert!(matcher.scan(text, &mut scratch, &mut hits).is_whole());
    let of = |hit: &proviso_scan::Hit| (hit.list, hit.term, &text[hit.start as usize..hit.end as usize]);
    assert_eq!(
        hits.iter().map(of).collect::<Vec<_>>(),
        [
            (both, 1, "6225885333195105"),
            (both, 0, "13912345678"),
            (mobile, 0, "13912345678")
        ]
    );
}

#[test]
fn every_kind_has_a_name_that_leads_back_to_it() {
    for kind in EntityKind::ALL {
        assert_eq!(EntityKind::from_name(kind.name()), Some(*kind));
        assert!(
            kind.name()
                .bytes()
                .all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        );
    }
    assert_eq!(EntityKind::from_name("card"), None);
    assert!(EntityKind::ALL.is_sorted_by(|a, b| a < b));
}

#[test]
fn two_numbers_with_a_comma_between_them_are_two() {
    for comma in [",", "，", ";", "、", ", "] {
        let text = format!("110101199003077731{comma}310115198512240016{comma}6222021234567894");
        let mut found = Vec::new();
        proviso_scan::entities::find(&text, &mut found);
        let kinds: Vec<_> = found.iter().map(|entity| entity.kind.name()).collect();
        assert_eq!(kinds[..2], ["cn-identity", "cn-identity"], "{text}");
    }
}
