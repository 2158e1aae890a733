# 预警邮件
# 用词：结案 resolve，稍后提醒 snooze，由我跟进 acknowledge，我们自己的数据 own data，合作伙伴 partner，重新打开 reopen

## 级别：用于主题和邮件开头
alert-severity-high = 高风险
alert-severity-medium = 中风险
alert-severity-low = 低风险

## 主题：先说发生了什么，再说有多少面临损失
alert-subject = [Hawser] { $severity }：{ $customer }，{ $what }
alert-subject-with-value = [Hawser] { $severity }：{ $customer }，{ $what }，{ $value }
alert-subject-silent-consignees = { $total } 家收货方中 { $silent } 家已无往来
alert-subject-silent-shippers = { $total } 家发货方中 { $silent } 家已无往来
alert-subject-silent-partners = { $total } 家合作伙伴中 { $silent } 家已无往来
alert-subject-churn = 流失概率 { $now }
alert-subject-churn-change = 流失概率 { $before } → { $now }
alert-subject-margin = { $amount } 毛利面临损失
alert-subject-revenue = { $amount } 收入面临损失
alert-subject-weight = { $amount } 货量面临损失
alert-subject-shipments = { $amount } 票货面临损失

## 变化
alert-kind = 流失风险
alert-customer-unnamed = 客户 { $id }
alert-own-data = 我们自己的数据
alert-level = { $customer }在 { $weeks } 周内流失的概率已达 { $now }，预警线为 { $limit }%。
alert-rise = { $customer }在 { $weeks } 周内流失的概率已升至 { $now }。上升达到 { $limit } 个百分点即发出预警。
alert-before = { $date }为 { $before }。
alert-first = 此前没有可供比较的评估。
alert-silent-consignees = 其 { $total } 家收货方中，有 { $silent } 家已不再通过我们收它的货。
alert-silent-shippers = 其 { $total } 家发货方中，有 { $silent } 家已不再通过我们向它发货。
alert-silent-partners = 其 { $total } 家合作伙伴中，有 { $silent } 家已不再通过我们与它往来。
alert-evidence-enough = 该客户自身的发货记录足以作出判断。
alert-evidence-low = 依据不足：该客户自身的发货记录很少，此数字主要参照同类客户。
alert-evidence-none = 没有自身依据：该客户没有发货记录，此数字即同类客户的数值。

alert-reminder = 到期提醒：这条预警的稍后提醒时间已到。
alert-since-told = 自 { $date }上次通知以来，又恶化了{ $amount }。
alert-since-told-worse = 自 { $date }上次通知以来，情况进一步恶化。
alert-gap-points = { $amount } 个百分点
alert-gap-days = { $amount } 天
alert-gap-times = { $amount } 次

## 各规则的发现：类别、主题用语、正文
alert-kind-partner = 合作伙伴带来的风险
alert-event-partner = 合作伙伴{ $partner }流失概率 { $churn }
alert-found-partner = { $partner }承载{ $customer }业务的 { $share }，自身流失概率为 { $churn }，可能流失。由此传导给{ $customer }的流失概率为 { $probability }。
alert-found-path = 风险由更远处传来：{ $partner } ← { $path }。
alert-figure-partner = 经该合作伙伴传导的流失概率
alert-kind-unsatisfied = 部门不满意
alert-event-unsatisfied = { $department }满意度 { $score }
alert-found-unsatisfied = { $department }的满意度为 { $score }，目标为 { $target }。90% 置信区间为 { $low } 至 { $high }。
alert-figure-satisfaction = 满意度
alert-kind-fall = 满意度下降
alert-event-fall = 满意度 { $before } → { $score }
alert-found-fall = 客户满意度降至 { $score }，{ $date }为 { $before }。
alert-found-weakest = 目前最不满意的部门：{ $department }。
alert-kind-unheard = 部门久无反馈
alert-event-unheard = { $department }已 { $days } 天无反馈
alert-found-unheard = { $department }已 { $days } 天没有反馈，最近一次是在 { $date }。
alert-found-never-heard = { $department }从未有过反馈；该客户的其他部门早在 { $days } 天前就有反馈。
alert-kind-score-money = 满意度与业务量背离
alert-event-satisfied-less = 满意度 { $score }，业务量却下降 { $change }
alert-event-unsatisfied-more = 满意度仅 { $score }，业务量却增长 { $change }
alert-found-satisfied-less = 该客户满意度为 { $score }，业务量却比去年同期下降 { $change }。
alert-found-unsatisfied-more = 该客户满意度仅为 { $score }，业务量却比去年同期增长 { $change }。
alert-kind-volume = 业务量下降
alert-event-volume = 业务量同比下降 { $change }
alert-found-volume = 最近 { $weeks } 周发货 { $now } 票，去年同期 { $before } 票，业务量下降 { $change }。
alert-figure-volume = 业务量同比
alert-kind-complaint-overdue = 投诉处理超期
alert-event-unacknowledged = 投诉未受理，应于 { $date }前受理
alert-event-unanswered = 投诉未答复，应于 { $date }前答复
alert-found-unacknowledged = 投诉“{ $subject }”至今尚未受理，应在 { $date }前受理。
alert-found-unanswered = 投诉“{ $subject }”至今尚未答复，应在 { $date }前答复。
alert-kind-complaint-reopened = 投诉重新打开
alert-event-reopened = 投诉于 { $date }重新打开
alert-found-reopened = 投诉“{ $subject }”于 { $date }重新打开，累计 { $times } 次：我们的答复没有解决问题。
alert-kind-promise-due = 承诺即将到期
alert-event-promise-due = 承诺将于 { $date }到期
alert-found-promise-due = 我们承诺在 { $date }前做到“{ $promise }”。
alert-kind-promise-broken = 承诺未兑现
alert-event-promise-broken = { $date }到期的承诺未兑现
alert-found-promise-broken = 我们承诺在 { $date }前做到“{ $promise }”，但没有兑现。
alert-found-measured = 实际为 { $value }，承诺为 { $level }。
alert-kind-contract = 合同即将到期
alert-event-contract = 合同于 { $date }到期
alert-event-contract-notice = 合同终止须在 { $date }前提出
alert-found-contract-ends = 合同将于 { $date }到期。
alert-found-contract-renews = 合同至 { $date }到期，如无人提出终止则自动续约。
alert-found-contract-notice = 提出终止的最后期限：{ $date }。
alert-found-contract-value = 合同年金额为 { $value }。
alert-found-contract-link = 涉及与{ $partner }之间的业务。
alert-figure-contract = 合同年金额
alert-kind-key-person = 客户关系依赖一人
alert-event-key-person = { $share } 的往来集中于{ $person }
alert-found-key-person = 我们与{ $customer }的往来中，{ $share } 由{ $person }一人承担。
alert-found-may-leave = 据估计，{ $value } 的业务可能随此人流失。
alert-figure-key-person = 集中于一人的往来
alert-kind-payment = 付款变慢
alert-event-payment = 付款逾期 { $days } 天，此前 { $before } 天
alert-found-payment = 自 { $date }以来到期的 { $count } 张发票（含已付和未付），平均逾期 { $days } 天；此前到期的发票为 { $before } 天。
alert-figure-payment = 平均逾期天数
alert-kind-data = 数据中断
alert-event-data = { $kind }数据已 { $days } 天未更新
alert-found-data = 最近一次导入{ $kind }数据是在 { $date }，距今 { $days } 天；通常每 { $usual } 天导入一次。以此为依据的数字已经过时。
alert-data-shipments = 发货
alert-data-invoices = 发票
alert-data-contracts = 合同
alert-department-purchasing = 采购部门
alert-department-planning = 计划部门
alert-department-production = 生产部门
alert-department-warehouse = 仓储部门
alert-department-sales = 销售部门
alert-department-quality = 质量部门
alert-department-finance = 财务部门
alert-department-management = 管理层

## 关键数字
alert-figure-churn = 流失概率
alert-labelled = { $label }：{ $value }
alert-value-margin = 面临损失的毛利
alert-value-revenue = 面临损失的收入
alert-value-weight = 面临损失的货量
alert-value-shipments = 面临损失的票数

## 原因
alert-why = 原因
alert-why-churn = { $weeks } 周内流失概率的构成
alert-part-own = 自身的发货规律
alert-part-partner = { $partner }可能流失
alert-part-partner-share = { $partner }可能流失，占其业务的 { $share }
alert-partner-unnamed = 其他团队的合作伙伴
alert-part-others = 其他
alert-part-total = 合计
alert-hypothesis-unchecked = 来自合作伙伴的部分是一种假设：流失是否会在合作伙伴之间传导，尚未用历史数据验证。
alert-hypothesis-unsupported = 来自合作伙伴的部分是一种假设：历史数据并未证实流失会在合作伙伴之间传导。

## 连带流失
alert-followers = 谁会随之流失
alert-followers-hypothesis = 谁可能随之流失
alert-followers-none = 预计没有合作伙伴会随之流失。
alert-follower-change = 流失概率目前 { $now }，若该客户流失则为 { $lost }
alert-behind-margin = 相关毛利
alert-behind-revenue = 相关收入
alert-behind-weight = 相关货量
alert-behind-shipments = 相关票数
alert-more = 另有 { $count } 家

## 下一步
alert-next = 下一步
alert-next-by = 请在 { $date }前{ $step }。
alert-step-call = 致电客户，了解发生了什么变化
alert-step-visit = 上门拜访客户
alert-step-service-review = 与客户进行一次服务回顾
alert-step-price-review = 与客户重新商议价格
alert-step-recovery = 解决未结的投诉，并请客户确认
alert-step-partner = 与客户沟通已无往来的合作伙伴的情况

alert-step-survey = 了解该部门的满意度
alert-step-promise = 兑现承诺，或与客户另行约定日期
alert-step-renewal = 与客户商谈合同续签
alert-step-second-contact = 为客户引荐我方第二位联系人
alert-step-payment = 与客户沟通未付发票
alert-step-data = 查明数据中断的原因
alert-worked = 以往的成效
alert-worked-too-few = 案例不足，尚无法判断：目前此类措施只有 { $cases } 例有结果。
alert-worked-kept = 采取此类措施后，{ $cases } 家客户中有 { $kept } 家留了下来。
alert-worked-effect = { $kept }与未采取措施的同类客户相比，流失概率降低 { $effect }（90% 区间为 { $low } 至 { $high }）。

## 图片的文字说明
alert-picture-course = 流失概率走势：{ $points }。
alert-picture-course-level = 流失概率走势：{ $points }。预警线为 { $level }。
alert-picture-point = { $date } { $churn }
alert-picture-network = { $customer }及其合作伙伴，按业务占比排列；颜色越深，流失可能越大。{ $partners }
alert-picture-partner = { $number }：{ $partner }
alert-picture-partner-share = { $number }：{ $partner }，占其业务的 { $share }
alert-picture-partner-churn = { $number }：{ $partner }，流失概率 { $churn }
alert-picture-partner-both = { $number }：{ $partner }，占其业务的 { $share }，流失概率 { $churn }

## 链接与页脚
alert-deed-acknowledge = 由我跟进
alert-deed-snooze = 稍后提醒
alert-deed-resolve = 结案
alert-open-alert = 查看预警
alert-open-customer = 查看客户
alert-links-note = 打开链接不会改变任何内容，操作前会先请您确认。
alert-as-of = 数据截至 { $date }
alert-team = 团队：{ $team }
