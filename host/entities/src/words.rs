//! The words that say what the number beside them is.

/// What a word says of the number beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Card,
    Identity,
    Order,
    Waybill,
    Passport,
    /// A word for telephone, in any language.
    Phone,
    Bank,
    Stock,
    /// People and clicks, which are counted in 万 as money is.
    Counted,
    /// A code of another kind: a one-time code, a postcode, an account, an extension.
    Other,
    Nhs,
    Ssn,
    Itin,
    Licence,
    Money,
    Interest,
}

pub(super) const NAMES: usize = Name::Interest as usize + 1;

/// Words of each name, in simplified characters and small letters, with `|` between. An ASCII word stands between other characters
/// than letters, with or without the `s` of a plural.
#[rustfmt::skip]
pub(super) const WORDS: &[(Name, &str)] = &[
    (Name::Card, "卡号|银行卡|信用卡|储蓄卡|借记卡|贷记卡|账号|收款账户|银行账户|卡|card|credit card|debit card|cc|visa|\
        mastercard|amex"),
    (Name::Identity, "身份证|证件号|身份号|身分证|sfz|公民身份|证号|id card|identity"),
    (Name::Order, "订单号|订单编号|订单|单号|流水号|流水|交易号|交易单号|交易流水|工单号|工单|商户单号|退款单号|发票号|发票号码|\
        合同号|合同编号|参考号|凭证号|受理号|业务号|批次号|编号|序列号|order|transaction|trans|txn|invoice|ticket|\
        reference|ref|serial|confirmation|sku|orderid|imei|isbn|ean|upc"),
    (Name::Waybill, "运单号|运单|快递单号|快递号|物流单号|物流号|快递单|面单号|顺丰|圆通|中通|申通|韵达|极兔|快递|物流|快件|tracking|waybill|\
        awb|shipment|parcel"),
    (Name::Passport, "护照|passport|reisepass|pasaporte|passeport|travel document"),
    (Name::Phone, "电话|手机|手机号|座机|致电|拨打|热线|联系方式|来电|传真|客服|号码|短信|phone|telephone|tel|mobile|cell|cellphone|\
        call|called|calling|dial|ring|fax|contact|text|txt|sms|phones|landline|freephone|hotline|helpline|answering|\
        office|desk|cep|telefon|ph"),
    (Name::Bank, "swift|bic|swift code|银行代码|银行识别码|国际代码|bank code"),
    (Name::Stock, "股票|个股|牛股|黑马|代码|买入|建仓|满仓|全仓|加仓|重仓|清仓|减仓|持仓|抄底|涨停|跌停|拉升|目标价|止盈|止损|证券|\
        沪市|深市|a股|大盘|主力|上车|打板|翻倍|股|基金|ticker|shares|stock|挂单|卖出|马上买|赶紧买|推荐|关注|买点|买进|低吸|龙头|收盘|开盘"),
    (Name::Counted, "人口|粉丝|用户|阅读|播放|会员|游客|观众|点赞|学生|老师|考生|人次|人数|员工|网民|读者|转发|评论|流量|步数"),
    (Name::Other, "验证码|校验码|动态码|邮编|邮政编码|密码|口令|工号|学号|会员号|分机|型号|房号|版本|取件码|提货码|code|otp|pin|\
        password|zip|kernel|version|firmware|build|policy|account|member"),
    (Name::Nhs, "nhs|national health|health service"),
    (Name::Ssn, "ssn|ssns|social security|social"),
    (Name::Itin, "itin|taxpayer|tax id|tin"),
    (Name::Licence, "dea|licence|license|certificate"),
    (Name::Money, "钱|款|存|投|借我|借给|借你|先借|还我|转我|转给|转账|打款|打给|打我|汇款|汇给|付款|付了|支付|欠我|欠你|欠款|贷款|金额|本金|\
        总价|价格|报价|单价|合计|共计|总额|余额|工资|月薪|年薪|薪资|奖金|提成|佣金|押金|定金|首付|存款|存了|取款|提现|\
        充值|投资|投了|赚了|亏了|花了|收入|月入|年入|利润|成本|预算|额度|借款|垫付|转了|付我|给我|红包|彩礼|房租|租金|\
        补偿|赔偿|罚款|工钱|周转|卖|买|价|薪|赚|亏|欠|借|贷|salary|price|pay|paid|paying|owe|lend|borrow|loan|deposit|\
        withdraw|transfer|amount|balance|income"),
    (Name::Interest, "年化|收益|利率|利息|月息|日息|年息|月利|回报|返利|返点|返佣|返|提成|抽成|抽|手续费|费率|扣点|回扣|涨|跌|利润|\
        佣金|息|给你|给您|折扣|让利|毛利|净利"),
];
