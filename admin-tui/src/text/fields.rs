//! What is asked for besides a reason before something is done, in English and in simplified Chinese.

/// The label of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    ValidFrom,
    Amount,
    Currency,
    Tier,
    Sold,
    Bought,
    Fixed,
    Percent,
    Minimum,
    Maximum,
    Bank,
    SellAmount,
    BuyAmount,
    DocumentKind,
    DocumentNumber,
    ExpiresOn,
    Payment,
    Payee,
    Merchant,
    BankReference,
    Until,
}

impl Field {
    /// In English, in Chinese.
    pub(super) fn pair(self) -> (&'static str, &'static str) {
        match self {
            Field::ValidFrom => ("Valid from (day, UTC+8)", "生效（日期，UTC+8）"),
            Field::Amount => ("Amount, such as 100.00", "金额，如 100.00"),
            Field::Currency => ("Currency, such as USD", "币种，如 USD"),
            Field::Tier => ("Tier", "等级"),
            Field::Sold => ("Sold currency", "卖出币种"),
            Field::Bought => ("Bought currency (none: any)", "买入币种（空：任意）"),
            Field::Fixed => ("Fixed part", "固定部分"),
            Field::Percent => ("Percent", "百分比"),
            Field::Minimum => ("At least", "最低"),
            Field::Maximum => ("At most", "最高"),
            Field::Bank => ("Bank", "银行"),
            Field::SellAmount => ("What the bank took", "银行扣款金额"),
            Field::BuyAmount => ("What it delivered", "银行交付金额"),
            Field::DocumentKind => ("Kind, such as passport", "证件类型，如 passport"),
            Field::DocumentNumber => ("Its number", "证件号码"),
            Field::ExpiresOn => (
                "Its last day, such as 2030-12-31 (none: it has none)",
                "有效期至，如 2030-12-31（空：长期）",
            ),
            Field::Payment => ("Payment id (pay_...)", "入账编号 (pay_...)"),
            Field::Payee => ("Payee", "收款人"),
            Field::Merchant => ("Merchant id (mer_...)", "商户编号 (mer_...)"),
            Field::BankReference => ("The bank's reference", "银行参考号"),
            Field::Until => ("Until (day, UTC+8)", "截止（日期，UTC+8）"),
        }
    }
}
