# 预警邮件中的链接所打开的页面。

## 预警内容
alert-page-customer = 客户
alert-page-own-data = 我们自己的数据
alert-page-what = 预警
alert-page-severity = 级别
alert-page-state = 状态
alert-page-since = 始于
alert-page-owner = 负责人
alert-page-open = 查看预警
alert-page-note = 点击按钮即以您的名义操作。打开本页不会改变任何内容。

alert-page-high = 高
alert-page-medium = 中
alert-page-low = 低
alert-page-state-open = 未处理
alert-page-state-acknowledged = 有人跟进
alert-page-state-snoozed = 稍后提醒
alert-page-state-resolved = 已结案

alert-page-churn-level = 流失概率达到预警线
alert-page-churn-rise = 流失概率上升
alert-page-partner-risk = 业务因合作伙伴而面临风险
alert-page-department-unsatisfied = 有部门不满意
alert-page-satisfaction-fall = 满意度下降
alert-page-department-unheard = 有部门久未反馈
alert-page-score-and-money = 评分与业务量不一致
alert-page-volume-drop = 货量低于去年同期
alert-page-complaint-overdue = 投诉处理已逾期
alert-page-complaint-reopened = 投诉被重新打开
alert-page-promise-due = 承诺即将到期
alert-page-promise-broken = 承诺未兑现
alert-page-contract-ending = 合同即将到期
alert-page-key-person = 联系只依赖一个人
alert-page-payment-fall = 付款比以往更晚
alert-page-data-stale = 数据停止更新

## 由我跟进
alert-page-acknowledge = 由您跟进吗？
alert-page-acknowledge-lead = 告诉同事您正在跟进这条预警。
alert-page-acknowledge-button = 由我跟进
alert-page-acknowledged = 由您跟进
alert-page-acknowledged-by = { $name } 正在跟进。
alert-page-acknowledged-lead = 已有人跟进。

## 稍后提醒
alert-page-snooze = 稍后再提醒这条预警？
alert-page-snooze-lead = 到期前不再提醒，除非情况恶化。
alert-page-snooze-legend = 多久之后再提醒？
alert-page-days = { $days } 天
alert-page-snooze-button = 稍后提醒
alert-page-snoozed = 将稍后提醒
alert-page-snoozed-lead = { $date }之前不再提醒，除非情况恶化。

## 结案
alert-page-resolve = 将这条预警结案？
alert-page-resolve-lead = 只有出现新情况时才会再次通知您。
alert-page-resolve-legend = 原因是什么？
alert-page-resolve-button = 结案
alert-page-resolved = 已结案
alert-page-resolved-lead = 这条预警已结案：{ $why }。
alert-page-acted = 已采取措施
alert-page-false-alarm = 误报
alert-page-lost = 客户已流失
alert-page-expired = 已不再重要
alert-page-recovered = 数值已恢复
alert-page-cause-over = 起因已过去
alert-page-customer-left = 客户已离开
alert-page-rule-off = 该规则已停用
alert-page-superseded = 已由另一条预警取代
alert-page-customer-deleted = 客户已删除
alert-page-merged = 该客户已并入另一客户

## 已失效的链接
alert-page-over = 该链接已过期
alert-page-over-text = 预警邮件中的链接 14 天内有效。没有任何内容被更改。请在 Hawser 中打开该预警，或使用较新邮件中的链接。
alert-page-refused = 您已无法查看这条预警
alert-page-refused-text = 该客户已由其他团队负责或已删除，或者您的账户已关闭。没有任何内容被更改。

## 预警邮件的发送方式
alert-mails-ask = 预警邮件
alert-mails-done = 已保存
alert-mails-now-real-time = 每条预警一经发出便单独发邮件给您。
alert-mails-now-daily = 您每天收到一封预警汇总。
alert-mails-now-weekly = 您每周收到一封预警汇总。
alert-mails-now-never = 您不会收到预警邮件。
alert-mails-now-mixed = 预警邮件的发送方式因级别而异。
alert-mails-legend = 您希望如何收到预警？
alert-mails-real-time = 每条预警立即发一封邮件
alert-mails-daily = 每天一封汇总
alert-mails-weekly = 每周一封汇总
alert-mails-never = 不再接收预警邮件
alert-mails-button = 保存
