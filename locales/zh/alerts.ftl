# 预警邮件

## 级别：用于主题和邮件开头
alert-severity-high = 高风险
alert-severity-medium = 中风险
alert-severity-low = 低风险

## 主题：先说发生了什么，再说有多少面临损失
alert-subject = [Hawser] { $severity }：{ $customer }，{ $what }
alert-subject-with-value = [Hawser] { $severity }：{ $customer }，{ $what }，{ $value }
alert-subject-silent-consignees = { $total } 家收货方中 { $silent } 家已无往来
alert-subject-silent-shippers = { $total } 家发货方中 { $silent } 家已无往来
alert-subject-silent-partners = { $total } 家贸易伙伴中 { $silent } 家已无往来
alert-subject-churn = 流失概率 { $now }
alert-subject-churn-change = 流失概率 { $before } → { $now }
alert-subject-margin = { $amount } 毛利面临损失
alert-subject-revenue = { $amount } 收入面临损失
alert-subject-weight = { $amount } 货量面临损失
alert-subject-shipments = { $amount } 票货面临损失

## 变化
alert-kind = 流失风险
alert-customer-unnamed = 客户 { $id }
alert-level = { $customer }在 { $weeks } 周内流失的概率已达 { $now }，预警线为 { $level }。
alert-rise = { $customer }在 { $weeks } 周内流失的概率已升至 { $now }。上升达到 { $step } 个百分点即发出预警。
alert-before = { $date }为 { $before }。
alert-first = 此前没有可供比较的评估。
alert-silent-consignees = 其 { $total } 家收货方中，有 { $silent } 家已不再通过我们收它的货。
alert-silent-shippers = 其 { $total } 家发货方中，有 { $silent } 家已不再通过我们向它发货。
alert-silent-partners = 其 { $total } 家贸易伙伴中，有 { $silent } 家已不再通过我们与它往来。
alert-evidence-enough = 该客户自身的发货记录足以作出判断。
alert-evidence-low = 依据不足：该客户自身的发货记录很少，此数字主要参照同类客户。
alert-evidence-none = 没有自身依据：该客户没有发货记录，此数字即同类客户的数值。

## 关键数字
alert-figure-churn = 流失概率
alert-labelled = { $label }：{ $value }
alert-value-margin = 面临损失的毛利
alert-value-revenue = 面临损失的收入
alert-value-weight = 面临损失的货量
alert-value-shipments = 面临损失的票数

## 原因
alert-why = 原因
alert-part-own = 自身的发货规律
alert-part-partner = { $partner }可能流失
alert-part-partner-share = { $partner }可能流失，占其业务的 { $share }
alert-partner-unnamed = 某贸易伙伴
alert-part-others = 其他
alert-part-total = 合计
alert-hypothesis-unchecked = 来自贸易伙伴的部分是一种假设：流失是否会在伙伴之间传导，尚未用历史数据验证。
alert-hypothesis-unsupported = 来自贸易伙伴的部分是一种假设：历史数据并未证实流失会在伙伴之间传导。

## 连带流失
alert-followers = 谁会随之流失
alert-followers-hypothesis = 谁可能随之流失
alert-followers-none = 预计没有伙伴会随之流失。
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
alert-step-partner = 与客户沟通已无往来的贸易伙伴的情况

## 链接与页脚
alert-open-alert = 查看预警
alert-open-customer = 查看客户
alert-links-note = 打开链接不会改变任何内容。
alert-as-of = 数据截至 { $date }
alert-team = 团队：{ $team }
