//! Entities that stand in words: sums, rates, dates, addresses, messengers; and the values of all kinds.

use crate::entities::check;
use proviso_rows::each_row;
use proviso_scan::EntityValue;
use proviso_scan::entities;

#[test]
fn sums_of_money() {
    check(&[
        ("先借我2万应急", "amount:2万"),
        ("先借我1.5w应急", "amount:1.5w"),
        ("先借我3W应急", "amount:3W"),
        ("先借我8k应急", "amount:8k"),
        ("先借我2个w", "amount:2个w"),
        ("一共2个亿", "amount:2个亿"),
        ("借我伍万元整", "amount:伍万元整"),
        ("三万五千块", "amount:三万五千块"),
        ("三万五", "amount:三万五"),
        ("借我５万", "amount:５万"),
        ("借我50,000", "amount:50,000"),
        ("借我50，000元", "amount:50，000元"),
        ("借我5000", "amount:5000"),
        ("6-8万", "amount:6-8万"),
        ("6万到8万", "amount:6万到8万"),
        ("十几万块钱", "amount:十几万块钱"),
        ("人均100-150元", "amount:100-150元"),
        ("¥1,234.50", "amount:¥1,234.50"),
        ("RMB 3000", "amount:RMB 3000"),
        ("USD5000", "amount:USD5000"),
        ("5,000 USD", "amount:5,000 USD"),
        ("$3k", "amount:$3k"),
        ("$2-3 million", "amount:$2-3 million"),
        ("2.5 million dollars", "amount:2.5 million dollars"),
        ("£3.00", "amount:£3.00"),
        ("1.72亿元", "amount:1.72亿元"),
        ("3万5千", "amount:3万5千"),
        ("五块钱", "amount:五块钱"),
        ("借我二十w", "amount:二十w"),
        ("借我1w5", "amount:1w5"),
        ("20k月薪", "amount:20k"),
        ("存款10w+", "amount:10w"),
        ("阅读10万+", ""),
        ("5000万考生", ""),
        ("3万人", ""),
        ("500万用户", ""),
        ("3亿吨", ""),
        ("4k电视", ""),
        ("60W灯泡", ""),
        ("两块蛋糕", ""),
        ("一块儿走", ""),
        ("2024元旦", ""),
        ("千万别去", ""),
        ("第三百天", ""),
        ("三百人", ""),
        ("5,000 users", ""),
    ]);
}

#[test]
fn rates() {
    check(&[
        ("年化8%", "percent:8%"),
        ("年化８％", "percent:８％"),
        ("百分之八", "percent:百分之八"),
        ("百分之三点五", "percent:百分之三点五"),
        ("百分之百", "percent:百分之百"),
        ("8个点", "percent:8个点"),
        ("年化八个点", "percent:八个点"),
        ("捌个点", "percent:捌个点"),
        ("6-8%", "percent:6-8%"),
        ("6%~8%", "percent:6%~8%"),
        ("月息1.2分", "percent:1.2分"),
        ("月息1分2", "percent:1分2"),
        ("月息一分五", "percent:一分五"),
        ("月息二分一年还清", "percent:二分"),
        ("三分利", "percent:三分"),
        ("利息5厘", "percent:5厘"),
        ("a 12 percent return", "percent:12 percent"),
        ("50bp", "percent:50bp"),
        ("涨了3个百分点", "percent:3个百分点"),
        ("日息万分之五", "percent:万分之五"),
        ("年化八到十个点", "percent:八到十个点"),
        ("万分感谢，千分之一都没有", "percent:千分之一"),
        ("八分钟", ""),
        ("考了八分", ""),
        ("有三个点没听懂", ""),
        ("八点开会", ""),
        ("a%20b", ""),
    ]);
}

#[test]
fn dates() {
    check(&[
        ("2026年3月2日", "date:2026年3月2日"),
        ("3月2号见", "date:3月2号"),
        ("26年3月2日", "date:26年3月2日"),
        ("工作三年三月", ""),
        ("2026年3月", "date:2026年3月"),
        ("二〇二六年三月二日", "date:二〇二六年三月二日"),
        ("2026-03-02", "date:2026-03-02"),
        ("2026/3/2", "date:2026/3/2"),
        ("2026.3.2", "date:2026.3.2"),
        ("2026-03-02T10:00:00Z", "date:2026-03-02"),
        ("3/2/2026", "date:3/2/2026"),
        ("25/12/2026", "date:25/12/2026"),
        ("March 2, 2026", "date:March 2, 2026"),
        ("2nd of March 2026", "date:2nd of March 2026"),
        ("02-Mar-2026", "date:02-Mar-2026"),
        ("Dec 24", "date:Dec 24"),
        ("2026-02-30", ""),
        ("2026-13-01", ""),
        ("明天", ""),
        ("2026年", ""),
        ("you may 5 times", ""),
        ("1.2.3", ""),
        ("12026-03-02", ""),
    ]);
}

#[test]
fn addresses() {
    check(&[
        (
            "写信到Wang.Xin+1@mail.example.com。",
            "email:Wang.Xin+1@mail.example.com",
        ),
        ("wx＠example．com", "email:wx＠example．com"),
        ("a@b", ""),
        ("@someone", ""),
        ("info@example.", ""),
        ("看https://t.example/Ab1?x=1，谢谢", "url:https://t.example/Ab1?x=1"),
        ("(see http://example.com/a_(b)).", "url:http://example.com/a_(b)"),
        ("www.example.com", "url:www.example.com"),
        ("taobao.com", "url:taobao.com"),
        ("bit.ly/3xYz", ""),
        ("dwz.cn/3xYz12", "url:dwz.cn/3xYz12"),
        ("google.co.uk", "url:google.co.uk"),
        ("http://nothing", ""),
        ("report.pdf", ""),
        ("main.rs and node.js", ""),
        ("192.168.1.10", "ip-address:192.168.1.10"),
        ("10.0.0.0/8", "ip-address:10.0.0.0/8"),
        ("2001:db8::1", "ip-address:2001:db8::1"),
        ("192.168.1.256", ""),
        ("::1/13912345678", "ip-address:::1"),
        ("version 1.2.3.4", ""),
        ("1.2.3.4.5", ""),
        (
            "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
            "crypto-address:1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        ),
        ("1BoatSLRHtKNngkdXEeobR76b53LETtpyU", ""),
        (
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "crypto-address:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        ),
        (
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "crypto-address:0x52908400098527886E0F7030069857D2E4169EE7",
        ),
    ]);
}

#[test]
fn messengers() {
    check(&[
        ("加vx13912345678", "messenger:vx13912345678"),
        ("加vxlicai_2026", "messenger:vxlicai_2026"),
        ("加wxlicai2026", "messenger:wxlicai2026"),
        ("+v13912345678", "messenger:+v13912345678"),
        ("加V：licai2026", "messenger:V：licai2026"),
        ("➕V licai2026", "messenger:➕V licai2026"),
        ("➕薇 licai2026", "messenger:➕薇 licai2026"),
        ("＋ＶＸ：licai2026", "messenger:＋ＶＸ：licai2026"),
        ("我的微信号是zhangsan88", "messenger:微信号是zhangsan88"),
        ("微信：zhangsan", "messenger:微信：zhangsan"),
        ("薇信同号13912345678", "messenger:薇信同号13912345678"),
        ("QQ 123456789", "messenger:QQ 123456789"),
        ("QQ群：123456789", "messenger:QQ群：123456789"),
        ("加q12345678", "messenger:q12345678"),
        ("扣扣：12345678", "messenger:扣扣：12345678"),
        ("WhatsApp: +44 7700 900123", "messenger:WhatsApp: +44 7700 900123"),
        ("Telegram @li_cai", "messenger:Telegram @li_cai"),
        ("LINE ID: licai2026", "messenger:LINE ID: licai2026"),
        ("VX👉licai2026", "messenger:VX👉licai2026"),
        ("加企鹅123456789", "messenger:企鹅123456789"),
        ("用微信支付", ""),
        ("微信 and wechat", ""),
        ("wxpay", ""),
        ("online 12345", ""),
        ("QQ邮箱", ""),
        ("telegram channel", ""),
        ("v12345", ""),
    ]);
}

#[test]
fn values_are_of_one_form() {
    let code = |text: &str| EntityValue::Code(text.to_owned());
    let phone = |text: &str| EntityValue::Phone(text.to_owned());
    let amount = |minor_low, minor_high, currency| EntityValue::Amount {
        minor_low,
        minor_high,
        currency,
    };
    let percent = |basis_points_low, basis_points_high| EntityValue::Percent {
        basis_points_low,
        basis_points_high,
    };
    let table = [
        ("６２２５ 8853-3319 5105卡号", code("6225885333195105")),
        ("身份证32O106 19870512 3030", code("320106198705123030")),
        ("身份证37020219850716106×", code("37020219850716106X")),
        ("DE41 5001 0517 0123 4567 89", code("DE41500105170123456789")),
        ("+86 139-1234-5678", phone("+8613912345678")),
        ("13912345678", phone("+8613912345678")),
        ("010-62345678", phone("+861062345678")),
        ("+44 (0)20 7946 0018", phone("+442079460018")),
        ("(212) 555-0187", phone("2125550187")),
        ("1.5万元", amount(1_500_000, 1_500_000, Some("CNY"))),
        ("借我2个w", amount(2_000_000, 2_000_000, None)),
        ("6-8万", amount(6_000_000, 8_000_000, None)),
        ("伍万元整", amount(5_000_000, 5_000_000, Some("CNY"))),
        ("三万五千块", amount(3_500_000, 3_500_000, Some("CNY"))),
        ("$2.5 million", amount(250_000_000, 250_000_000, Some("USD"))),
        ("¥1,234.50", amount(123_450, 123_450, Some("CNY"))),
        ("8%", percent(800, 800)),
        ("6-8.5%", percent(600, 850)),
        ("百分之三点五", percent(350, 350)),
        ("月息1分2", percent(120, 120)),
        ("50bp", percent(50, 50)),
        (
            "2026年3月2日",
            EntityValue::Date {
                year: Some(2026),
                month: 3,
                day: Some(2),
            },
        ),
        (
            "https://Shop.Example:8080/x?y",
            EntityValue::Host("shop.example".to_owned()),
        ),
        ("Li@Example.com", code("li@example.com")),
        (
            "加vx：licai2026",
            EntityValue::Contact {
                service: "vx",
                id: "licai2026".to_owned(),
            },
        ),
    ];
    each_row(table, |(text, expected)| {
        let mut found = Vec::new();
        entities::find(text, &mut found);
        let values: Vec<EntityValue> = found.iter().map(|entity| entities::value(text, entity)).collect();
        assert_eq!(values, [expected], "{text}");
    });
}
