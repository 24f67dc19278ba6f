//! Every text of the console, in English and in simplified Chinese. `{}` takes a value.
//! Rows are the contract's words and stay as they are; so do statuses, which people look up.

use super::{T, actions};

impl T {
    /// In English, in Chinese.
    pub(super) fn pair(self) -> (&'static str, &'static str) {
        match self {
            T::Nothing => ("", ""),
            T::Field(field) => field.pair(),
            T::Overview => ("Overview", "总览"),
            T::Payouts => ("Payouts", "出款"),
            T::Review => ("Review", "审核"),
            T::Withdrawals => ("Withdrawals", "提现"),
            T::Merchants => ("Merchants", "商户"),
            T::Events => ("Bank events", "银行事件"),
            T::Rates => ("Rates", "汇率"),
            T::RatesQuotes => ("Rates and quotes", "汇率与报价"),
            T::Ledger => ("Ledger", "账本"),
            T::AuditApprovals => ("Audit and approvals", "审计与审批"),
            T::InReview => ("Payments", "入账款项"),
            T::Reversals => ("Taken back", "银行撤回"),
            T::Accounts => ("Accounts", "账户"),
            T::Transfers => ("Transfers", "分录"),
            T::Reconciliation => ("Reconciliation", "对账"),
            T::Approvals => ("Approvals", "审批"),
            T::Audit => ("Audit trail", "审计记录"),
            T::Id => ("Id", "编号"),
            T::Status => ("Status", "状态"),
            T::Amount => ("Amount", "金额"),
            T::Currency => ("Cur", "币种"),
            T::Age => ("Age", "时长"),
            T::Bank => ("Bank", "银行"),
            T::Reason => ("Reason", "原因"),
            T::Merchant => ("Merchant", "商户"),
            T::Tries => ("Sent/mute", "发送/无答"),
            T::BankReference => ("Bank's reference", "银行参考号"),
            T::Remitter => ("Remitter", "汇款人"),
            T::AccountNumber => ("Account", "账号"),
            T::Reference => ("Reference", "参考号"),
            T::Name => ("Name", "名称"),
            T::Kind => ("Kind", "类型"),
            T::Email => ("E-mail", "邮箱"),
            T::Verdict => ("Verdict", "判定"),
            T::Http => ("HTTP", "HTTP"),
            T::EventId => ("Bank's event id", "银行事件号"),
            T::Redeliveries => ("Again", "重发"),
            T::Key => ("Key", "密钥"),
            T::Pair => ("Pair", "币对"),
            T::Bid => ("Bid", "买价"),
            T::Ask => ("Ask", "卖价"),
            T::Prices => ("Prices", "定价"),
            T::HeldBid => ("Held bid", "待定买价"),
            T::HeldAsk => ("Held ask", "待定卖价"),
            T::AsOf => ("As of", "时点"),
            T::Balance => ("Balance", "余额"),
            T::Shard => ("Shard", "分片"),
            T::Debits => ("Debits", "借方"),
            T::Credits => ("Credits", "贷方"),
            T::Direction => ("Side", "方向"),
            T::Cause => ("Cause", "起因"),
            T::OtherAccount => ("Other account", "对方账户"),
            T::Outcome => ("Outcome", "结果"),
            T::Action => ("Action", "操作"),
            T::Subject => ("Subject", "对象"),
            T::RequestedBy => ("Asked by", "申请人"),
            T::Sequence => ("Seq", "序号"),
            T::Actor => ("Who", "操作人"),
            T::Origin => ("From", "来源"),
            T::OrderUrgent => (
                "unknown first, then disputed, held, queued, sent and what is over; the oldest first in each",
                "未知在前，其后为争议、暂停、排队、已发送及已结束；各自旧的在前",
            ),
            T::OrderOldest => ("the oldest first", "旧的在前"),
            T::OrderNewest => ("the newest first", "新的在前"),
            T::OrderFixed => ("by name or id", "按名称或编号"),
            T::OrderIs => ("The server gives this list in one order only: {}.", "服务器只提供一种顺序：{}。"),
            T::Label(action) => actions::label(action),
            T::Means(action) => actions::means(action),
            T::FromHint => {
                ("a day: from its start, UTC+8; none: the approval", "当日零点起（UTC+8）；空：自批准时")
            }
            T::UntilHint => {
                ("a day: to its end, UTC+8; none: until lifted", "至当日结束（UTC+8）；空：直至解除")
            }
            T::NoTime => ("no time: 2026-12-31 or 2026-12-31T18:00:00+08:00", "请输入日期或 RFC 3339 时间"),
            T::NoFigureYet => ("its amount is being asked for", "金额查询中"),
            T::AmountOf => ("{} (its amount: {})", "{}（原金额：{}）"),
            T::WithFee => ("{} ({}, and the fee of {})", "{}（{} 加手续费 {}）"),
            T::RateHeld => ("held {} / {} as of {}", "待定 {} / {}，时点 {}"),
            T::RateBelieved => ("believed {} / {}, so {}", "当前采信 {} / {}，变动 {}"),
            T::CutAt => ("What was pasted is cut at {} characters.", "粘贴内容已截断为 {} 个字符。"),
            T::FiguresMore => ("... {} more: PgDn", "... 另有 {} 行：PgDn"),
            T::FiguresBack => ("... {} more: PgUp", "... 另有 {} 行：PgUp"),
            T::TakenBack => ("Taken back", "银行撤回"),
            T::CameBack => ("Came back", "退回金额"),
            T::JustDone => ("done", "完成"),
            T::NoPayout => ("nothing of it was ever sent", "从未有过出款"),
            T::VerifiedAlready => ("it is fully verified already", "已完全验证"),
            T::NotVerified => ("it is not fully verified", "未完全验证"),
            T::OnlyPending => ("only a pending merchant is activated", "仅可启用待审核商户"),
            T::Documents => ("Documents", "证件"),
            T::AlarmMerchants => {
                ("{} merchant(s) wait to be activated, the first for {}", "{} 个商户待审核，最久 {}")
            }
            T::AlarmMerchantsOverdue => {
                ("{} merchant(s) have waited too long to be activated", "{} 个商户审核超期")
            }
            T::ItIsClosed => ("it is closed", "已关闭"),
            T::BytesGone => ("its bytes are gone: their time is over", "原始内容已过保留期"),
            T::To => ("To account", "收款账号"),
            T::Sold => ("Sold", "卖出"),
            T::Bought => ("Bought", "买入"),
            T::AttemptsTitle => ("Attempts", "尝试"),
            T::SoldCurrency => ("Sold", "卖出"),
            T::BoughtCurrency => ("Bought", "买入"),
            T::Held => ("We hold", "持有"),
            T::Short => ("We are short of", "短缺"),
            T::OpenQuotes => ("Quotes", "报价"),
            T::QuotedSold => ("Quotes: sold", "报价：卖出"),
            T::QuotedBought => ("bought", "买入"),
            T::FromTitle => ("Valid from", "生效时间"),
            T::UntilTitle => ("Until", "截止"),
            T::Type => ("What", "类型"),
            T::Channel => ("By", "渠道"),
            T::LastAnswer => ("Last answer", "最后答复"),
            T::StatementNumber => ("Number", "编号"),
            T::OpenLines => ("Open", "未结"),
            T::MatchedLines => ("Matched", "已匹配"),
            T::Difference => ("Difference", "差额"),
            T::Fixed => ("Fixed", "固定"),
            T::Percent => ("Percent", "百分比"),
            T::Minimum => ("At least", "最低"),
            T::Maximum => ("At most", "最高"),
            T::Fees => ("Fees", "费率"),
            T::Notices => ("Undelivered notices", "未送达通知"),
            T::RateHistory => ("What banks published", "银行发布记录"),
            T::Positions => ("Positions", "头寸"),
            T::CoverDeals => ("Cover deals", "平盘交易"),
            T::Statements => ("Statements", "对账单"),
            T::OrderNeedful => {
                ("those that need somebody first; the newest first in each", "需处理的在前；各自新的在前")
            }
            T::Latest => ("latest", "最近"),
            T::AdviceRateHeld => (
                "The newest rate jumps against the last one that was believed, so nothing is priced from it. Compare with another source, then believe or reject it (a).",
                "最新汇率相对上次采信值跳变，未用于定价。请与其他来源核对后采信或拒绝 (a)。",
            ),
            T::OpenHistory => ("Enter: all that banks published of this pair", "回车：该币对的全部发布记录"),
            T::OpenItsLines => ("Enter: its lines", "回车：其明细行"),
            T::OpenFrozen => ("Enter: its frozen amounts", "回车：其冻结金额"),
            T::OpenUsers => ("Enter: who speaks for it", "回车：其用户"),
            T::OpenWithdrawals => ("Enter: its withdrawals", "回车：其提现"),
            T::Balances => ("WHAT IT HAS", "余额"),
            T::WhatHappened => ("WHAT HAPPENED, first to last ({})", "经过，从先到后（{}）"),
            T::SomeLeftOut => {
                ("too much happened: some of it is left out here", "经过过多，此处省略了一部分")
            }
            T::Searching => ("searching...", "搜索中..."),
            T::NothingFound => {
                ("nothing found by id, number, reference or name", "按编号、账号、参考号、名称均未找到")
            }
            T::MoreFound => ("there are more than these: type more of it", "结果不止这些：请输入更多内容"),
            T::TooManySearches => ("too many searches: Enter again soon", "查找过于频繁：稍等几秒再按回车"),
            T::SearchHint => (
                "or an id, a reference, a name, an account's last four: the server looks",
                "或输入编号、参考号、名称、账号后四位：由服务器查找",
            ),
            T::KeyMarkAll => ("mark all of this page, or none", "标记本页全部或全不标"),
            T::KeyScroll => ("scroll the results", "滚动结果"),
            T::SomeOf => (" ({} of {} marked)", "（{} / {} 个已标记行）"),
            T::AlarmLeft => (
                "{} of your commands left with an unknown outcome: Enter shows it",
                "您有 {} 个命令结果未知：回车查看",
            ),
            T::NothingLeft => ("No command was left with an unknown outcome.", "没有结果未知的命令。"),
            T::LeaveDoubts => (
                "Of a command nobody knows whether it was done; leaving forgets its key. Press again to leave.",
                "有命令结果未知；离开将丢失其键。再按一次离开。",
            ),
            T::NotArmed => (
                "The server says that you are not armed: nothing was done. Arm again, then send the rest.",
                "服务器表示未授权：未执行。请重新授权后发送其余。",
            ),
            T::TokenOver => (
                "Your token is not valid any more: nothing was done. Restart the console with a new one.",
                "令牌已失效：未执行。请用新令牌重启控制台。",
            ),
            T::RunResults => {
                ("what was left with an unknown outcome, to send it again", "结果未知的命令，可重发")
            }
            T::StateUnsent => ("not sent: {}", "未发送：{}"),
            T::StateShown => ("as it came:", "原始内容："),
            T::Skipped => ("{} left out: {}", "略过 {}：{}"),
            T::Tally => (
                "{} done, {} for a second person, {} refused, {} unknown, {} not sent",
                "完成 {}，待第二人 {}，被拒 {}，未知 {}，未发送 {}",
            ),
            T::ArmRefused => ("The server does not let you act: {}", "服务器未授权：{}"),
            T::ArmUnknown => {
                ("No answer, so it is asked whether you are armed: {}", "无答复，正在查询授权状态：{}")
            }
            T::Disarming => ("READ-ONLY again; the server is told.", "已恢复只读；正在告知服务器。"),
            T::Barred => (
                "The server does not accept your token (any more): get a new one and start the console again",
                "服务器不接受此令牌：请获取新令牌后重启控制台",
            ),
            T::NoAccess => ("NO ACCESS", "无权访问"),
            T::Payees => ("Payees", "收款人"),
            T::Quotes => ("Quotes", "报价"),
            T::BankCode => ("Code", "代码"),
            T::Country => ("In", "国家"),
            T::Rate => ("Rate", "汇率"),
            T::OpenPayees => ("Enter: whom it pays to", "回车：其收款人"),
            T::OpenQuotesOf => ("Enter: its quotes", "回车：其报价"),
            T::KeyChoosePayee => ("choose", "选择"),
            T::NoPayees => ("no verified payee in this currency", "没有该币种的已验证收款人"),
            T::NoneOfFirstPayees => (
                "none fits among its first {} payees, and it has more: type the id",
                "前 {} 个收款人中没有合适的，另有更多：请输入编号",
            ),
            T::ChooseOfMore => (
                "Left/Right chooses among {}; it has more payees: type their id",
                "左右键从 {} 个中选择；另有更多收款人：请输入编号",
            ),
            T::AsBefore => ("(as before)", "（与此前相同）"),
            T::ChooseOf => ("Left/Right chooses among {}", "左右键从 {} 个中选择"),
            T::OrderLargest => ("largest amount first, by currency", "金额大的在前，按币种"),
            T::OrderSmallest => ("smallest amount first, by currency", "金额小的在前，按币种"),
            T::SortedBy => ("Sorted by the server: {}. s: the next order.", "服务器排序：{}。s：下一种。"),
            T::SortShort => ("sort {}", "排序 {}"),
            T::NoSuchField => ("There is no field {} here; there are: {}", "此处没有字段 {}；可用：{}"),
            T::Shards => ("Shards", "分片数"),
            T::WordFine => ("ok", "正常"),
            T::WordLook => ("LOOK", "留意"),
            T::WordAct => ("ACT", "处理"),
            T::FigureStuck => ("stuck", "卡住"),
            T::FigureUnknown => ("unknown outcome", "结果未知"),
            T::FigureDisputed => ("disputed", "有争议"),
            T::FigureHeld => ("held", "暂停"),
            T::FigureUnsent => ("oldest unsent", "最久未发送"),
            T::FigureApprovals => ("approvals for you", "待您审批"),
            T::FigureSuspense => ("suspense", "挂账"),
            T::FigureBooks => ("books", "账目核验"),
            T::FigureBank => ("bank", "银行"),
            T::FigureLanes => ("lanes", "通道"),
            T::FigurePool => ("database pool", "连接池"),
            T::FigureRates => ("oldest rate", "最旧汇率"),
            T::StepByWhom => ("{} by {}: {}", "{}，操作人 {}：{}"),
            T::StepBookedTo => ("{} to {} ({})", "{} 转至 {}（{}）"),
            T::StepBookedFrom => ("{} from {} ({})", "{} 来自 {}（{}）"),
            T::UntilThen => (" until {}", " 至 {}"),
            T::WithdrawalNow => ("withdrawal {}", "提现 {}"),
            T::ProofHolds => ("hold", "成立"),
            T::ProofBroken => ("BROKEN {}", "不成立 {}"),
            T::ProofAgo => ("{}, {} ago", "{}，{} 前"),
            T::BankUp => ("up", "正常"),
            T::BankSlow => ("SLOW", "缓慢"),
            T::BankDown => ("DOWN", "中断"),
            T::RateEvents => ("bank events", "银行事件"),
            T::RatePayments => ("payments", "入账"),
            T::RateWithdrawals => ("withdrawals", "提现"),
            T::RatePaid => ("payouts paid", "已付出款"),
            T::ReviewHead => ("IN REVIEW, AND SUSPENSE", "审核与挂账"),
            T::InAndOut => ("IN AND OUT, the last minute", "收付，最近一分钟"),
            T::AllWell => ("ALL WELL. Nothing needs you.", "一切正常。无需处理。"),
            T::AllWasWell => {
                ("ALL WAS WELL {} ago. Nobody has said how it is now.", "{} 前一切正常。目前情况未知。")
            }
            T::OneNeedsYou => ("ONE THING NEEDS YOU. Enter goes there.", "有 1 项需要您处理。回车前往。"),
            T::NeedYou => (
                "{} THINGS NEED YOU. Enter goes there; j and k choose.",
                "有 {} 项需要您处理。回车前往；j k 选择。",
            ),
            T::Further => ("and {} more", "另有 {} 项"),
            T::AlarmBroken => (
                "the books do NOT hold: {}. Stop paying out, call the ledger's owner",
                "账目核验不成立：{}。停止出款，联系账本负责人",
            ),
            T::AlarmUnproved => ("the last proof of the books came to no end", "上次账目核验未完成"),
            T::Slow => ("no answer yet, asked {} ago", "尚无答复，已等待 {}"),
            T::OpenFirst => (
                "open it first (Enter): all that it takes is shown there",
                "请先打开（回车）：其中列出全部内容",
            ),
            T::FigureSent => ("on their way", "在途"),
            T::AlarmBankDown => (
                "bank {} is down: payouts to it wait until it answers again",
                "银行 {} 中断：其出款将等待恢复",
            ),
            T::AlarmBankSlow => ("bank {} answers slowly", "银行 {} 响应缓慢"),
            T::LegalReference => ("Legal reference", "法律文号"),
            T::NeedsOperator => {
                ("your role may only look; this needs an operator", "您的角色只能查看；此操作需要 operator")
            }
            T::NeedsApprover => ("this needs an approver", "此操作需要 approver"),
            T::OnlyInReview => ("only a payment in review", "仅限审核中的款项"),
            T::OnlyOpenReversal => ("only one that is held or waits", "仅限暂停或等待中的"),
            T::NotFrozen => ("it is not frozen", "未被冻结"),
            T::CantLeave => (
                "only from active or restricted; a frozen one is unfrozen first",
                "仅限正常或受限商户；冻结的须先解冻",
            ),
            T::UserNotActive => ("only a user that is active", "仅限启用中的用户"),
            T::UserNotFrozen => ("only a user that is frozen", "仅限已冻结的用户"),
            T::UserDeleted => ("the user is deleted", "该用户已删除"),
            T::NoReplayOfConflict => ("a refused reuse of an id is not replayed", "被拒的重复编号不可重放"),
            T::OnlyOpenLine => ("only an open line", "仅限未结的行"),
            T::NothingHeld => ("no rate waits for an operator", "没有待定的汇率"),
            T::Decided => ("it is decided already", "已有结论"),
            T::OwnRequest => ("nobody approves their own request", "不能批准自己的申请"),
            T::NotUnderstood => (
                "This console does not understand the row: it and the gateway may be of different versions. \
                 Nothing can be done to it from here.",
                "控制台无法识别该行：版本可能与网关不同。此处不能对其操作。",
            ),
            T::OnlyAtBank => {
                ("only while it may be at the bank (sent, unknown)", "仅限可能在银行时 (sent, unknown)")
            }
            T::OnlyUnresolved => (
                "only while its outcome is open (sent, unknown, disputed)",
                "仅限结果未定时 (sent, unknown, disputed)",
            ),
            T::OnlyQueued => ("only while it is queued", "仅限排队中"),
            T::OnlyHeld => ("it is not held", "未被暂停"),
            T::HeldByFreeze => ("the merchant is frozen: unfreezing releases it", "商户已冻结：解冻后放行"),
            T::NoWithdrawal => (
                "there is no withdrawal behind it: a payment's return is handled in review",
                "无对应提现：退款在审核中处理",
            ),
            T::OnlyUnsent => ("only while nothing of it was sent", "仅限从未发送"),
            T::WhileUnknown => {
                ("never while its outcome is open: it could be paid twice", "结果未定时绝不可：可能重复付款")
            }
            T::WhileDisputed => {
                ("never while it is disputed: first find out what is true", "有争议时不可：先查明事实")
            }
            T::OnlyFailed => ("only after it failed or came back", "仅限失败或退回之后"),
            T::OneByOne => ("one at a time: each needs its own details", "须逐笔：各需单独信息"),
            T::ReadOnlyHow => ("READ-ONLY: first type  :arm 15 why", "只读：请先输入 :arm 15 原因"),
            T::ArmFirst => (
                "READ-ONLY. Say why, press Enter, then choose the action again.",
                "只读。请写明原因并回车，然后重新选择操作。",
            ),
            T::ArmedFor => {
                ("ARMED for {} minutes: {}. :disarm ends it.", "已授权 {} 分钟：{}。:disarm 结束。")
            }
            T::ArmedOver => ("READ-ONLY again: the time is over.", "已恢复只读：时间到。"),
            T::Disarmed => ("READ-ONLY again.", "已恢复只读。"),
            T::HowToArm => ("Write  arm <minutes, at most 60> <why>", "请输入 arm <分钟，最多60> <原因>"),
            T::HowToExport => ("Write  export <file>", "请输入 export <文件>"),
            T::Exported => ("Written to {}.", "已写入 {}。"),
            T::NothingToExport => ("there are no rows here to export", "此处无可导出的行"),
            T::NotPossible => ("{}: {}", "{}:{}"),
            T::NothingSelected => ("Nothing is selected.", "未选中任何内容。"),
            T::NothingToDoHere => ("There is nothing to do here.", "此处无可用操作。"),
            T::NothingToCopy => ("There is no id here.", "此处没有编号。"),
            T::Copied => ("Copied {}", "已复制 {}"),
            T::NoSuchThing => ("Nothing of that name. ? shows the keys.", "没有匹配项。? 查看按键。"),
            T::QuitFromRoot => (
                "Esc goes back; q quits from a screen's first page. ^C quits from anywhere.",
                "Esc 返回；在屏幕首页按 q 退出。^C 随处退出。",
            ),
            T::Paused => (
                "FROZEN: the screen keeps what it shows. Space goes on.",
                "画面冻结：内容保持不变。空格继续。",
            ),
            T::GoesOn => ("The screen goes on.", "画面继续。"),
            T::Asking => ("Asking...", "查询中..."),
            T::Loading => ("loading...", "加载中..."),
            T::NotAmongFirst => (
                "not among the first 200 rows of its list any more; what it was is shown",
                "已不在列表前200行；显示的是此前的状态",
            ),
            T::ChangedMeanwhile => {
                ("{} has changed meanwhile. Look at it again first.", "{} 已发生变化。请先重新查看。")
            }
            T::NotTheCheck => {
                ("This is not {}: look again at what it is about.", "与 {} 不符：请再次核对对象。")
            }
            T::Incomplete => ("Something is missing.", "信息不完整。"),
            T::LeftUnsure => (
                "It may be done. It is kept with its key:  :results  shows it, to send it again.",
                "可能已执行。已保留其键：:results 查看并可重发。",
            ),
            T::LeftSame => (
                "Nobody knows yet whether this was done: here it is again, under the same key.",
                "此操作结果未知：此处仍为同一命令、同一键。",
            ),
            T::LeftMany => (
                "Too many commands are left with an unknown outcome: first the oldest of them.",
                "结果未知的命令过多：请先处理最早的一个。",
            ),
            T::AlarmForOperators => (
                "{} payout(s) stuck: nothing more happens by itself, a person must act",
                "{} 笔出款卡住：不会自动继续，须人工处理",
            ),
            T::AlarmUnknown => ("{} payout(s) with unknown outcome", "{} 笔出款结果未知"),
            T::AlarmDisputed => {
                ("{} payout(s) disputed: the bank contradicts itself", "{} 笔出款有争议：银行说法矛盾")
            }
            T::AlarmUnsent => ("the oldest unsent payout waits {}", "最旧的未发送出款已等待 {}"),
            T::AlarmHeld => ("{} payout(s) held", "{} 笔出款暂停中"),
            T::AlarmWaiting => (
                "{} withdrawal(s) {}, the oldest {}: nothing more happens by itself",
                "{} 笔提现 {}，最旧 {}：不会自动继续",
            ),
            T::AlarmReversals => ("{} recall(s) held, the oldest {}", "{} 笔银行撤回待处理，最旧 {}"),
            T::AlarmReversalsOverdue => (
                "{} recall(s) have waited for their payment for more than a day",
                "{} 笔银行撤回等待入账超过一天",
            ),
            T::AlarmReview => ("{} payment(s) in review, the oldest {}", "{} 笔款项审核中，最旧 {}"),
            T::AlarmApprovals => ("{} approval(s) wait for you", "{} 项审批待您决定"),
            T::AlarmConflicts => ("{} bank event id(s) reused for other bytes", "{} 个事件号被用于不同内容"),
            T::AlarmRatesHeld => ("{} rate(s) jump and wait for an operator", "{} 个汇率跳变，等待人工"),
            T::AlarmRate => ("rate {} is {} old", "汇率 {} 已 {} 未更新"),
            T::AlarmPool => ("{} reader(s) wait for a database connection", "{} 个读取在等待数据库连接"),
            T::AlarmFigure => ("look at {}: {}", "请查看 {}：{}"),
            T::Queues => ("PAYOUTS", "出款"),
            T::Health => ("HEALTH", "健康"),
            T::AdviceUnknownStuck => (
                "STUCK. The bank gave no result, and nothing more happens by itself. Ask the bank (a); if it still \
                 does not know, call it with this id as the reference, and book what it says (a). Never pay it in \
                 another way meanwhile: it may have been paid.",
                "卡住。银行未给出结果，不会自动继续。先向银行查询 (a)；若仍未知，致电银行并以此编号为参考号，\
                 再按其答复入账 (a)。期间切勿另行付款：可能已付。",
            ),
            T::AdviceUnknown => (
                "It may or may not be at the bank. The gateway asks by itself; wait, or ask at once (a). Sending \
                 again or refunding is barred until the bank has answered.",
                "可能已在银行。网关会自动查询；请等待或立即查询(a)。银行答复前不可重发或退款。",
            ),
            T::AdviceSentStuck => (
                "The bank contradicted itself, and somebody must look. Ask the bank (a), compare with its \
                 statement.",
                "银行说法矛盾，须人工查看。向银行查询 (a)，并与对账单核对。",
            ),
            T::AdviceDisputed => (
                "The bank contradicted what was acted upon. Nothing is retried. Find out from the bank what is true, \
                 and book that (a).",
                "银行说法与已处理结果矛盾。不会重试。请向银行查明并据实入账 (a)。",
            ),
            T::AdviceFailed => (
                "Definitely not executed under this reference. It can be sent again (a); if it was exchanged, to \
                 another payee. Same currency: it can be refunded.",
                "该参考号确定未执行。可重发 (a)；已换汇的须换收款人。同币种可退回余额。",
            ),
            T::AdviceReturned => (
                "It was paid and came back, perhaps short. What came back can be sent again, or refunded in the \
                 same currency (a).",
                "已付后退回，金额可能减少。退回的金额可重发，同币种可退回余额(a)。",
            ),
            T::AdviceHeld => (
                "An operator holds it. It waits until it is released or refused (a).",
                "由操作员暂停。等待放行或拒绝(a)。",
            ),
            T::AdviceHeldByFreeze => (
                "Its merchant is frozen. Unfreezing lets it go; that needs a second person.",
                "商户已冻结。解冻后放行；须第二人批准。",
            ),
            T::AdviceReview => (
                "The money lies in suspense until somebody decides: credit it, return it, or match it again (a).",
                "资金挂账，等待决定：入账、退回或重新匹配(a)。",
            ),
            T::AdviceFrozen => (
                "It can't withdraw, its queued payouts are held. Unfreezing needs a second person (a).",
                "不能提现，排队出款暂停。解冻须第二人批准(a)。",
            ),
            T::AdviceApproval => (
                "Another person than the one who asked must decide (a), within 24 hours.",
                "须由申请人以外的人在24小时内决定(a)。",
            ),
            T::FrozenAmounts => ("FROZEN AMOUNTS", "冻结金额"),
            T::Users => ("Users", "用户"),
            T::KeyPrint => ("Key", "密钥指纹"),
            T::NoneOfThem => ("none", "无"),
            T::AllOfIt => ("ALL OF IT", "全部字段"),
            T::NothingDone => ("nothing by an operator", "无人工操作"),
            T::OpenAccounts => ("Enter: its accounts in the book", "回车：其账本账户"),
            T::KeyOpen => ("open", "打开"),
            T::KeyBack => ("back", "返回"),
            T::KeyActions => ("actions", "操作"),
            T::KeyFilter => ("filter", "筛选"),
            T::KeyPalette => ("go/do", "跳转/执行"),
            T::KeyMark => ("mark", "标记"),
            T::KeyTab => ("next list of this screen", "本屏下一列表"),
            T::KeyHelp => ("help", "帮助"),
            T::KeyScreens => ("screens", "屏幕"),
            T::KeyQuit => ("quit", "退出"),
            T::KeyRefresh => ("ask again now", "立即刷新"),
            T::KeyPause => ("freeze the screen", "冻结画面"),
            T::KeyCopy => ("copy the id", "复制编号"),
            T::KeySort => ("sort: the next order", "排序：下一种"),
            T::KeyDown => ("down", "下移"),
            T::KeyUp => ("up", "上移"),
            T::KeyPageDown => ("a screenful on, then the next page", "下一屏，再下一页"),
            T::KeyPageUp => ("a screenful back, then the page before", "上一屏，再上一页"),
            T::KeyTop => ("first line", "首行"),
            T::KeyBottom => ("last line", "末行"),
            T::KeyLanguage => ("English / Chinese", "中文 / 英文"),
            T::KeyClose => ("close", "关闭"),
            T::KeyChoose => ("choose", "选择"),
            T::KeyAccept => ("go on", "继续"),
            T::KeyComplete => ("complete", "补全"),
            T::KeyNext => ("next field", "下一项"),
            T::KeyPrevious => ("field before", "上一项"),
            T::KeyCancel => ("cancel", "取消"),
            T::ReadOnly => ("READ-ONLY", "只读"),
            T::Armed => ("ARMED", "已授权"),
            T::AskingToArm => ("ASKING", "申请中"),
            T::Live => ("LIVE", "实时"),
            T::Stale => ("STALE", "过时"),
            T::Offline => ("OFFLINE", "离线"),
            T::Frozen => ("FROZEN", "冻结"),
            T::NoData => ("no data", "无数据"),
            T::Connecting => ("connecting", "连接中"),
            T::RoleUnknown => ("role unknown", "角色未知"),
            T::Production => ("PRODUCTION", "生产环境"),
            T::FilterPrompt => ("filter: ", "筛选："),
            T::FilterWords => ("other words narrow this page only", "其他词仅筛选本页"),
            T::FilterText => ("any text is asked of the server", "任意文本由服务器查询"),
            T::FilterPage => ("words narrow this page", "词语仅筛选本页"),
            T::Filtered => ("filter", "筛选"),
            T::ThisPage => ("this page only", "仅本页"),
            T::Marked => ("{} marked", "已标记 {}"),
            T::PageNumber => ("page {}", "第 {} 页"),
            T::More => ("more: PgDn", "更多：PgDn"),
            T::NoRows => ("no rows", "无数据行"),
            T::Cancel => ("Cancel", "取消"),
            T::Close => ("Close", "关闭"),
            T::Stop => ("Stop after this one", "处理完本笔后停止"),
            T::SendAgain => ("Send again, same key", "以同一键重发"),
            T::ChangeIt => ("Change it, new key", "修改（新键）"),
            T::ReasonField => ("Reason", "原因"),
            T::TypeToConfirm => ("Type {} to confirm", "输入 {} 以确认"),
            T::TypeIdEnd => ("Type the id's last four: {}", "输入编号末四位：{}"),
            T::TypeCount => ("Type how many: {}", "输入笔数：{}"),
            T::ManySubjects => ("{} of {} marked, sum: {}", "{} / {} 个已标记行，合计：{}"),
            T::Progress => ("{} of {} answered", "已答复 {} / {}"),
            T::StateWaiting => ("not sent", "未发送"),
            T::StateSending => ("sending...", "发送中..."),
            T::StateDone => ("done, now: {}", "完成，现为：{}"),
            T::StateAsked => ("waits for a second person: {}", "等待第二人：{}"),
            T::StateRefused => ("REFUSED: {}", "被拒：{}"),
            T::StateUnsure => ("NO ANSWER, it may be done: {}", "无答复，可能已执行：{}"),
            T::KeyOfCommand => ("key", "键"),
            T::ActionsOn => ("Actions on {}", "操作：{}"),
            T::NotAllowed => ("no: {}", "不可：{}"),
            T::ScreensHead => ("SCREENS", "屏幕"),
            T::KeysHead => ("KEYS HERE", "此处按键"),
            T::ActionsHead => ("TO ACT", "如何操作"),
            T::ActHelp => (
                "Nothing can be changed until  :arm <minutes> <why>.  Then a on a row shows what can be done to \
                 it. Every change asks again, and wants the amount or the end of the id typed.",
                "在 :arm <分钟> <原因> 之前不能做任何更改。之后在行上按 a 查看可用操作。每次更改都会再次确认，并要求输入金额或编号末位。",
            ),
            T::SignsHead => ("SIGNS", "标记"),
            T::SignsHelp => (
                "!! a person must act   ! bad or unknown   ~ waits   * marked   > cut off",
                "!! 须人工处理   ! 异常或未知   ~ 等待   * 已标记   > 截断",
            ),
            T::TooSmall => ("window too small", "窗口太小"),
            T::GoTo => ("screen", "屏幕"),
            T::DoTo => ("action", "操作"),
            T::RunIt => ("command", "命令"),
            T::OpenIt => ("open", "打开"),
            T::RunArm => ("<minutes> <why>: allow changes for so long", "<分钟> <原因>:限时允许更改"),
            T::RunDisarm => ("back to read-only", "恢复只读"),
            T::RunExport => ("<file>: this page as CSV", "<文件>:导出本页为 CSV"),
            T::RunRefresh => ("ask again now", "立即刷新"),
            T::RunPause => ("freeze the screen, or let it go on", "冻结或继续画面"),
            T::RunLanguage => ("English / Chinese", "中文 / 英文"),
            T::RunHelp => ("the keys here", "此处按键"),
            T::RunQuit => ("leave the console", "退出控制台"),
        }
    }
}
