//! Every text of the console, in English and in simplified Chinese. `{}` takes a value.
//! Rows are the contract's words and stay as they are; so do statuses, which people look up.

use super::T;

impl T {
    /// In English, in Chinese.
    pub(super) fn pair(self) -> (&'static str, &'static str) {
        match self {
            T::Nothing => ("", ""),
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
            T::Tries => ("Sent/asked", "发送/查询"),
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
            T::GapWithdrawals => (
                "The API has no list of withdrawals yet: these are the ones behind the payouts listed, each by \
                 its last attempt.",
                "接口尚无提现列表：此处为所列出款对应的提现，各取最近一次尝试。",
            ),
            T::GapQuotes => {
                ("The API has no list of quotes yet: rates only.", "接口尚无报价列表：仅显示汇率。")
            }
            T::Query => ("Ask the bank", "向银行查询"),
            T::Hold => ("Hold", "暂停"),
            T::Release => ("Release", "放行"),
            T::Retry => ("Send again, same payee", "重发（原收款人）"),
            T::RetryOther => ("Send again, other payee", "重发（其他收款人）"),
            T::Refund => ("Refund", "退回余额"),
            T::Refuse => ("Refuse the withdrawal", "拒绝提现"),
            T::ResolvePaid => ("Book it as paid", "按已付入账"),
            T::ResolveNotPaid => ("Book it as never paid", "按未付入账"),
            T::Credit => ("Credit to the merchant", "入账给商户"),
            T::Return => ("Return to the remitter", "退回汇款人"),
            T::Rematch => ("Match again", "重新匹配"),
            T::Dismiss => ("Put aside", "搁置"),
            T::Freeze => ("Freeze the merchant", "冻结商户"),
            T::Unfreeze => ("Unfreeze the merchant", "解冻商户"),
            T::Replay => ("Replay the event", "重放事件"),
            T::Explain => ("Explain the difference", "说明差异"),
            T::AcceptRate => ("Believe the held rate", "采信待定汇率"),
            T::RejectRate => ("Reject the held rate", "拒绝待定汇率"),
            T::Approve => ("Approve", "批准"),
            T::Reject => ("Reject", "驳回"),
            T::QueryMeans => (
                "The bank is asked about this reference at once. Nothing is sent again, no money moves.",
                "立即就该参考号询问银行。不会重发，资金不动。",
            ),
            T::HoldMeans => ("It is not sent until somebody releases it.", "在有人放行之前不会发送。"),
            T::ReleaseMeans => ("It goes to the bank at once.", "立即发送给银行。"),
            T::RetryMeans => (
                "A new payout to the same payee goes to the bank, under a new reference. Above the limit a second \
                 person must approve.",
                "以新的参考号向原收款人重新出款。超过限额须第二人批准。",
            ),
            T::RetryOtherMeans => (
                "A new payout to another payee of this merchant goes to the bank. Above the limit a second person \
                 must approve.",
                "向该商户的另一收款人重新出款。超过限额须第二人批准。",
            ),
            T::RefundMeans => (
                "The gross amount goes back to the merchant's balance, for same-currency withdrawals only. It \
                 can't be sent any more.",
                "全额退回商户余额，仅限同币种提现。此后不能再发送。",
            ),
            T::RefuseMeans => (
                "The withdrawal ends. Everything is booked back, the merchant is told the reason that you give.",
                "提现终止。全部冲回，商户会收到您填写的原因。",
            ),
            T::ResolvePaidMeans => (
                "You know from the bank that it was executed under this reference. It is booked as paid. A second \
                 person must approve.",
                "您已从银行得知该参考号已执行。将按已付入账。须第二人批准。",
            ),
            T::ResolveNotPaidMeans => (
                "You know from the bank that it never was executed and never will be. After this it can be sent \
                 again: if the bank is wrong, it is paid twice. A second person must approve.",
                "您已从银行得知该笔从未执行且不会执行。此后可重发：若银行有误，将重复付款。须第二人批准。",
            ),
            T::CreditMeans => (
                "The amount becomes the merchant's and can be withdrawn. It can't be taken back from here.",
                "该款归商户所有并可提现。无法从此处撤回。",
            ),
            T::ReturnMeans => (
                "The amount is sent back to its remitter. It can't be taken back from here.",
                "该款退回汇款人。无法从此处撤回。",
            ),
            T::RematchMeans => {
                ("It is decided again by the rules, on what is known now.", "按现有信息依规则重新判定。")
            }
            T::DismissMeans => (
                "What the bank took back is put aside for good and not booked here.",
                "银行的撤回被永久搁置，不在此入账。",
            ),
            T::FreezeMeans => (
                "The merchant can't withdraw; queued payouts are held; what is at the bank runs on. Unfreezing \
                 needs a second person.",
                "商户不能提现；排队出款暂停；已在银行的继续。解冻须第二人批准。",
            ),
            T::UnfreezeMeans => (
                "Asks a second person. Once approved, held payouts go to the bank.",
                "须第二人批准。批准后暂停的出款会发送给银行。",
            ),
            T::ReplayMeans => (
                "The stored event is carried out once more. What was posted already is not posted again.",
                "重新执行已存事件。已入账的不会重复入账。",
            ),
            T::ExplainMeans => (
                "The line counts as explained by your reason. Nothing is posted.",
                "该行以您的理由视为已说明。不记账。",
            ),
            T::AcceptRateMeans => (
                "Prices are made from it at once, and the bank's next ones are compared with it.",
                "立即用于定价，该银行之后的汇率与其比较。",
            ),
            T::RejectRateMeans => (
                "It is never used; the bank's earlier one goes on as long as it is fresh.",
                "不予使用；该银行此前的汇率在有效期内继续使用。",
            ),
            T::ApproveMeans => (
                "What was asked for is done at once, if nothing has changed since.",
                "若无变化，所申请的操作立即执行。",
            ),
            T::RejectMeans => ("What was asked for is not done.", "所申请的操作不会执行。"),
            T::PayeeId => ("Payee id (pye_...)", "收款人编号 (pye_...)"),
            T::MerchantId => ("Merchant id (mer_...)", "商户编号 (mer_...)"),
            T::LegalReference => ("Legal reference", "法律文号"),
            T::BankReferenceField => ("The bank's reference", "银行参考号"),
            T::Until => ("Until (2026-12-31T00:00:00Z)", "截止 (2026-12-31T00:00:00Z)"),
            T::NeedsOperator => {
                ("your role may only look; this needs an operator", "您的角色只能查看；此操作需要 operator")
            }
            T::NeedsApprover => ("this needs an approver", "此操作需要 approver"),
            T::OnlyInReview => ("only a payment in review", "仅限审核中的款项"),
            T::OnlyHeldReversal => ("only one that is held", "仅限暂停中的"),
            T::FrozenAlready => ("it is frozen or closed already", "已冻结或已关闭"),
            T::NotFrozen => ("it is not frozen", "未被冻结"),
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
            T::OnlyUnresolved => ("only while its outcome is unknown or disputed", "仅限结果未知或有争议时"),
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
            T::ArmedFor => ("ARMED for {} minutes. :disarm ends it.", "已授权 {} 分钟。:disarm 结束。"),
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
                "It may be done: look at the audit trail before you do it again.",
                "可能已执行：重做之前请查看审计记录。",
            ),
            T::AlarmForOperators => (
                "{} payout(s) stuck: nothing more happens by itself, a person must act",
                "{} 笔出款卡住：不会自动继续，须人工处理",
            ),
            T::AlarmUnknown => ("{} payout(s) with unknown outcome", "{} 笔出款结果未知"),
            T::AlarmDisputed => {
                ("{} payout(s) disputed: the bank contradicts itself", "{} 笔出款有争议：银行说法矛盾")
            }
            T::AlarmBreaker => ("bank {}: calls are cut off, breaker {}", "银行 {}：调用已中断，断路器 {}"),
            T::AlarmUnsent => ("the oldest unsent payout waits {}", "最旧的未发送出款已等待 {}"),
            T::AlarmHeld => ("{} payout(s) held", "{} 笔出款暂停中"),
            T::AlarmFailed => ("{} payout(s) failed", "{} 笔出款失败"),
            T::AlarmReview => ("{} payment(s) in review, the oldest {}", "{} 笔款项审核中，最旧 {}"),
            T::AlarmApprovals => ("{} approval(s) wait for a second person", "{} 项审批等待第二人"),
            T::AlarmConflicts => {
                ("{} bank event id(s) reused for other bytes", "{} 个银行事件号被重复用于不同内容")
            }
            T::AlarmRatesHeld => ("{} rate(s) jump and wait for an operator", "{} 个汇率跳变，等待人工"),
            T::AlarmRate => ("rate {} is {} old", "汇率 {} 已 {} 未更新"),
            T::AlarmPool => ("{} reader(s) wait for a database connection", "{} 个读取在等待数据库连接"),
            T::NothingToDo => ("Nothing needs a person.", "无需人工处理。"),
            T::NeedsYou => ("NEEDS A PERSON", "需要人工"),
            T::Curves => ("LAST LOOKS", "近期走势"),
            T::CurveUnknown => ("unknown", "结果未知"),
            T::CurveReview => ("in review", "审核中"),
            T::CurveUnsent => ("oldest unsent s", "未发送最久 秒"),
            T::CurveWaiting => ("in lanes", "通道排队"),
            T::Suspense => ("SUSPENSE", "挂账"),
            T::Queues => ("PAYOUTS", "出款"),
            T::Health => ("HEALTH", "健康"),
            T::Pool => ("pool", "连接池"),
            T::Lanes => ("lanes", "通道"),
            T::RateAges => ("rates", "汇率"),
            T::Banks => ("banks", "银行"),
            T::Heads => ("ledger heads", "账本链头"),
            T::OfMax => ("{} of {} in use, {} wait", "{} / {} 使用中，{} 等待"),
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
            T::NoneOfThem => ("none", "无"),
            T::Trail => ("WHAT WAS DONE (audit trail)", "操作历史（审计）"),
            T::AllOfIt => ("ALL OF IT", "全部字段"),
            T::Evidence => ("WHAT WAS ASKED AND HEARD", "询问与答复"),
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
            T::KeySort => ("the list's order", "列表顺序"),
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
            T::FilterWords => {
                ("by the server: {}; other words narrow this page", "服务器筛选：{};其他词仅筛选本页")
            }
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
            T::ManySubjects => ("{} rows marked, sum: {}", "已标记 {} 行，合计：{}"),
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
            T::RunExport => ("<file>: this list as CSV", "<文件>:导出本列表为 CSV"),
            T::RunRefresh => ("ask again now", "立即刷新"),
            T::RunPause => ("freeze the screen, or let it go on", "冻结或继续画面"),
            T::RunLanguage => ("English / Chinese", "中文 / 英文"),
            T::RunHelp => ("the keys here", "此处按键"),
            T::RunQuit => ("leave the console", "退出控制台"),
        }
    }
}
