# 预警规则读取什么、以什么计量、缺少什么。

alert-rule-inputs-churn-level = 最新一次评估中的流失概率
alert-rule-inputs-churn-rise = 最新一次评估中的流失概率，与上一次评估相比
alert-rule-inputs-partner-risk = 流失概率中有多少来自某一个合作伙伴：其业务占比、其自身的流失概率以及通往它的关联
alert-rule-inputs-department-unsatisfied = 最新一次评估中某部门的满意度，与其目标相比
alert-rule-inputs-satisfaction-fall = 最新一次评估中客户的满意度，与上一次评估相比
alert-rule-inputs-department-unheard = 每个必须听取意见的部门上一次答复、投诉或表态的时间
alert-rule-inputs-score-and-money = 满意度，以及与去年同期各周相比的业务量
alert-rule-inputs-volume-drop = 最近几周的业务量，与去年同期各周相比
alert-rule-inputs-complaint-overdue = 未结的投诉，以及应确认和应答复的时间
alert-rule-inputs-complaint-reopened = 已答复后又重新打开的投诉
alert-rule-inputs-promise-due = 未结的承诺及其到期日
alert-rule-inputs-promise-broken = 已判定为未兑现的承诺
alert-rule-inputs-contract-ending = 生效中的合同、其最后一天以及通知期限的最后一天
alert-rule-inputs-key-person = 我方哪些人与客户沟通，以及沟通的频率
alert-rule-inputs-payment-fall = 最新发票的付款延迟，与此前的相比
alert-rule-inputs-data-stale = 每类导入上一次带来数据的时间，以及通常的间隔

alert-rule-unit-share = 份额，0 到 1
alert-rule-unit-days = 天；负数表示剩余天数
alert-rule-unit-times = 次
alert-rule-unit-weight = 承诺的权重
alert-rule-unit-usual-gaps = 通常间隔的倍数

alert-rule-want-no-run = 尚无评估
alert-rule-want-no-earlier-run = 尚无更早的评估
alert-rule-want-no-answers = 尚无答复
alert-rule-want-no-complaints = 尚无投诉
alert-rule-want-no-promises = 尚无承诺
alert-rule-want-no-contracts = 尚无合同
alert-rule-want-no-interactions = 尚无沟通记录
alert-rule-want-no-paid-invoices = 尚无已付发票
alert-rule-want-too-few-imports = 导入次数太少，无法得知通常的间隔
alert-rule-want-no-year-of-shipments = 货运数据不足一年
alert-rule-want-no-recent-shipments = 最近几周没有货运
