//! What an action is called, and what happens if it is done: in English, in simplified Chinese.

use crate::action::Action;
use crate::action::Action::*;

/// Its name.
pub(super) fn label(action: Action) -> (&'static str, &'static str) {
    match action {
        QueryPayout => ("Ask the bank", "向银行查询"),
        HoldPayout => ("Hold", "暂停"),
        ReleasePayout => ("Release", "放行"),
        RetryPayout => ("Send again, same payee", "重发（原收款人）"),
        RetryOtherPayee => ("Send again, other payee", "重发（其他收款人）"),
        RefundWithdrawal => ("Refund", "退回余额"),
        RefuseWithdrawal => ("Refuse the withdrawal", "拒绝提现"),
        CreditPayment => ("Credit to the merchant", "入账给商户"),
        ResolvePaid => ("Book it as paid", "按已付入账"),
        ResolveNotPaid => ("Book it as never paid", "按未付入账"),
        ReturnPayment => ("Return to the remitter", "退回汇款人"),
        RematchPayment => ("Match again", "重新匹配"),
        ApplyReversal => ("Book it on a payment", "记入某笔入账"),
        DismissReversal => ("Put aside", "搁置"),
        FreezeMerchant => ("Freeze the merchant", "冻结商户"),
        UnfreezeMerchant => ("Unfreeze the merchant", "解冻商户"),
        ReplayEvent => ("Replay the event", "重放事件"),
        ExplainLine => ("Explain the difference", "说明差异"),
        AcceptRate => ("Believe the held rate", "采信待定汇率"),
        RejectRate => ("Reject the held rate", "拒绝待定汇率"),
        Approve => ("Approve", "批准"),
        Reject => ("Reject", "驳回"),
        NotePayment => ("Note something", "添加备注"),
        FreezeAmount => ("Stop an amount", "冻结金额"),
        LiftAmount => ("Let the amount go", "解除金额冻结"),
        CloseMerchant => ("Close the merchant for good", "永久关闭商户"),
        FreezeUser => ("Freeze the user", "冻结用户"),
        UnfreezeUser => ("Unfreeze the user", "解冻用户"),
        DeleteUser => ("Delete the user", "删除用户"),
        ChargeMerchant => ("Charge the merchant", "向商户收费"),
        SetTier => ("Price by another tier", "更改定价等级"),
        VerifyMerchant => ("Mark as fully verified", "标记为已完全验证"),
        UnverifyMerchant => ("Mark as not verified", "标记为未验证"),
        ActivateMerchant => ("Activate the merchant", "启用商户"),
        AddDocument => ("Add or renew a document", "新增或更新证件"),
        SetFee => ("Set a fee", "设定费率"),
        UnmaskBody => ("Show the body unmasked", "显示未遮蔽内容"),
        UnmaskHeaders => ("Show the headers unmasked", "显示未遮蔽标头"),
        ReplayNotice => ("Send the notice again", "重发通知"),
        BookCover => ("Book a cover deal", "登记平盘交易"),
    }
}

/// What happens if it is done.
pub(super) fn means(action: Action) -> (&'static str, &'static str) {
    match action {
        QueryPayout => (
            "The bank is asked about this reference at once. Nothing is sent again, no money moves.",
            "立即就该参考号询问银行。不会重发，资金不动。",
        ),
        HoldPayout => ("It is not sent until somebody releases it.", "在有人放行之前不会发送。"),
        ReleasePayout => ("It goes to the bank at once.", "立即发送给银行。"),
        RetryPayout => (
            "A new payout to the same payee goes to the bank, under a new reference. Above the limit a second \
                 person must approve.",
            "以新的参考号向原收款人重新出款。超过限额须第二人批准。",
        ),
        RetryOtherPayee => (
            "A new payout to another payee of this merchant goes to the bank. Above the limit a second person \
                 must approve.",
            "向该商户的另一收款人重新出款。超过限额须第二人批准。",
        ),
        RefundWithdrawal => (
            "It goes back to the merchant's balance, for same-currency withdrawals only: with the fee, unless \
                 the bank had paid once or the gateway is set to keep fees. It can't be sent any more.",
            "退回商户余额，仅限同币种提现：连同手续费，除非银行曾付出或网关设为保留手续费。此后不能再发送。",
        ),
        RefuseWithdrawal => (
            "The withdrawal ends. Everything is booked back, the merchant is told the reason that you give.",
            "提现终止。全部冲回，商户会收到您填写的原因。",
        ),
        CreditPayment => (
            "The amount becomes the merchant's and can be withdrawn. It can't be taken back from here.",
            "该款归商户所有并可提现。无法从此处撤回。",
        ),
        ResolvePaid => (
            "You know from the bank that it was executed under this reference. It is booked as paid. A second \
                 person must approve.",
            "您已从银行得知该参考号已执行。将按已付入账。须第二人批准。",
        ),
        ResolveNotPaid => (
            "You know from the bank that it never was executed and never will be. After this it can be sent \
                 again: if the bank is wrong, it is paid twice. A second person must approve.",
            "您已从银行得知该笔从未执行且不会执行。此后可重发：若银行有误，将重复付款。须第二人批准。",
        ),
        ReturnPayment => (
            "The amount is sent back to its remitter. It can't be taken back from here.",
            "该款退回汇款人。无法从此处撤回。",
        ),
        RematchPayment => {
            ("It is decided again by the rules, on what is known now.", "按现有信息依规则重新判定。")
        }
        ApplyReversal => (
            "It is taken from the payment that you name: out of its merchant's balance (what that doesn't cover is owed), \
                 or out of what is in review. Above the limit a second person must approve.",
            "从您指明的入账款项中扣除：扣商户余额（不足部分记为欠款），或扣审核中的款项。超过限额须第二人批准。",
        ),
        DismissReversal => (
            "What the bank took back is put aside for good and not booked here. Above the limit a second person must approve.",
            "银行的撤回被永久搁置，不在此入账。超过限额须第二人批准。",
        ),
        FreezeMerchant => (
            "The merchant can't withdraw; queued payouts are held; what is at the bank runs on. Unfreezing \
                 needs a second person.",
            "商户不能提现；排队出款暂停；已在银行的继续。解冻须第二人批准。",
        ),
        UnfreezeMerchant => (
            "Asks a second person. Once approved, every freeze of it ends and held payouts go to the bank.",
            "须第二人批准。批准后其全部冻结解除，暂停的出款会发送给银行。",
        ),
        ReplayEvent => (
            "The stored event is carried out once more. What was posted already is not posted again.",
            "重新执行已存事件。已入账的不会重复入账。",
        ),
        ExplainLine => (
            "The line counts as explained by your reason. Nothing is posted.",
            "该行以您的理由视为已说明。不记账。",
        ),
        AcceptRate => (
            "Prices are made from it at once, and the bank's next ones are compared with it.",
            "立即用于定价，该银行之后的汇率与其比较。",
        ),
        RejectRate => (
            "It is never used; the bank's earlier one goes on as long as it is fresh.",
            "不予使用；该银行此前的汇率在有效期内继续使用。",
        ),
        Approve => (
            "What was asked for is done at once, if nothing has changed since.",
            "若无变化，所申请的操作立即执行。",
        ),
        Reject => ("What was asked for is not done.", "所申请的操作不会执行。"),
        NotePayment => {
            ("The reason that you write is the note. Nothing else changes.", "所写原因即为备注。其他不变。")
        }
        FreezeAmount => (
            "So much of this currency can't leave, whatever the balance is, until it is lifted or its time is over.",
            "该币种的此金额不得转出，直至解除或到期。",
        ),
        LiftAmount => (
            "Asks a second person. Once approved, the amount can be withdrawn.",
            "须第二人批准。批准后该金额可提现。",
        ),
        CloseMerchant => (
            "Asks a second person. Once approved it can't be called off: money that comes is reviewed, it may empty its balance, and it is closed for good once nothing is left.",
            "须第二人批准。批准后不可撤销：来款转入审核，商户可提空余额，全部结清后永久关闭。",
        ),
        FreezeUser => (
            "Requests with its key are refused at once, until somebody unfreezes it.",
            "使用其密钥的请求立即被拒绝，直到有人解冻。",
        ),
        UnfreezeUser => ("Requests with its key are carried out again.", "使用其密钥的请求恢复执行。"),
        DeleteUser => (
            "Requests with its key are refused for ever. It can't be undone; a new user gets a new key.",
            "使用其密钥的请求永久被拒绝。无法撤销；新用户会得到新密钥。",
        ),
        ChargeMerchant => (
            "Asks a second person. It is taken off the balance; what that does not cover, the merchant owes. The merchant is told the \
                 reason that you give.",
            "须第二人批准。从余额扣除；不足部分记为商户欠款。商户会收到您填写的原因。",
        ),
        SetTier => (
            "Asks a second person. New quotes are priced by this tier's spread; open ones keep their price.",
            "须第二人批准。新报价按此等级点差；未结报价不变。",
        ),
        VerifyMerchant => (
            "The limits for merchants that are not yet verified no longer hold for it.",
            "不再适用未验证商户的限额。",
        ),
        UnverifyMerchant => (
            "The limits for merchants that are not yet verified hold for it again.",
            "重新适用未验证商户的限额。",
        ),
        ActivateMerchant => (
            "It can collect and withdraw money. Refused while a document that it needs is missing or has expired.",
            "商户可收款和提现。所需证件缺失或过期时会被拒绝。",
        ),
        AddDocument => (
            "It takes the place of the one of its kind. A merchant that was restricted for it is active again.",
            "替换同类旧证件。因证件过期受限的商户恢复正常。",
        ),
        SetFee => (
            "Asks a second person. Withdrawals from then on are charged by this version.",
            "须第二人批准。此后的提现按此版本收费。",
        ),
        UnmaskBody => (
            "Personal data is shown to you, once, in this box. That you looked, and why, is in the audit trail.",
            "个人数据仅在此框中显示一次。查看及原因会写入审计记录。",
        ),
        UnmaskHeaders => (
            "What the bank sent is shown to you, once, in this box. That you looked, and why, is in the audit trail.",
            "银行标头仅在此框中显示一次。查看及原因会写入审计记录。",
        ),
        ReplayNotice => (
            "It is sent at once and then on the whole schedule. The merchant sees the same webhook-id.",
            "立即发送并重新按计划重试。商户看到相同的 webhook-id。",
        ),
        BookCover => (
            "Books what you exchanged with the bank; it settles this pair's position. Above the limit a second person must approve.",
            "登记与银行的兑换，用于平掉该币对头寸。超过限额须第二人批准。",
        ),
    }
}
