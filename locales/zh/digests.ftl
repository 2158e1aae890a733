# 预警摘要与团队汇总

## 摘要
digest-subject-daily = [Hawser] 今日预警：{ $what }
digest-subject-weekly = [Hawser] 本周预警：{ $what }
digest-new = 新增 { $count } 条
digest-worse = 恶化 { $count } 条
digest-woken = 到期提醒 { $count } 条
digest-over = 结案 { $count } 条
digest-value = 最严重者 { $value }
digest-kind-daily = 每日摘要
digest-kind-weekly = 每周摘要
digest-title = 自上次摘要以来有 { $count } 条预警
digest-title-resolved = 自上次摘要以来有 { $count } 条预警结案
digest-opened = 新增
digest-worsened = 恶化
digest-reminders = 到期提醒
digest-resolved = 已结案
digest-due = 请在 { $date }前{ $step }
digest-budget = 其中 { $count } 条本应单独发信，但本月 { $budget } 封的额度已用完。
digest-more = 另有 { $count } 条：hawser alerts list
digest-change = 更改预警邮件的接收方式
digest-foot = 您选择了以摘要方式接收预警，因此收到此邮件。

## 结案方式
digest-ended-acted = 已处理
digest-ended-false-alarm = 误报
digest-ended-lost = 客户已流失
digest-ended-expired = 已无需处理
digest-ended-recovered = 已恢复正常
digest-ended-over = 起因已过去
digest-ended-customer-left = 客户已离开
digest-ended-rule-off = 规则已停用
digest-ended-superseded = 已由另一预警取代
digest-ended-deleted = 客户已删除
digest-ended-merged = 客户已合并
digest-ended-other = 已结束

## 团队汇总
roll-up-subject = [Hawser] { $team }：未结预警 { $count } 条，逾期 { $overdue } 条
roll-up-all = 全部团队
roll-up-kind-daily = 每日汇总
roll-up-kind-weekly = 每周汇总
roll-up-open = 未结预警（按级别）
roll-up-owners = 未结预警（按负责人）
roll-up-nobody = 无人负责
roll-up-attention = 需要关注
roll-up-unassigned = 无人负责
roll-up-overdue = 已过期限
roll-up-snoozed = 稍后提醒
roll-up-resolved = 自上次汇总以来结案
roll-up-none-resolved = 无
roll-up-top = 损失风险最大
roll-up-foot = 您选择了接收团队汇总，因此收到此邮件。
