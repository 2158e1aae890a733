# 调查：受访者在页面和邮件中看到的文字。

## 问题上方
survey-heading-experience = 您对我们的服务满意吗？
survey-heading-shipment = 您对货件 { $about } 满意吗？
survey-heading-to-partner = 您对发往 { $about } 的货运服务满意吗？
survey-heading-from-partner = 您对来自 { $about } 的货运服务满意吗？
survey-asked-by = { $sender } 想听听您（{ $customer }）的意见。
survey-shipment-to = 该货件发往 { $partner }。
survey-shipment-from = 该货件来自 { $partner }。
survey-until = 在{ $until }之前，您可以作答并修改答案。

## 问题
survey-required = （必答）
survey-no-answer = 不作答
survey-scale-end = { $value } = { $words }
survey-dissatisfied = 非常不满意
survey-satisfied = 非常满意
survey-unlikely = 完全不可能
survey-likely = 非常可能
survey-disagree = 非常不同意
survey-agree = 非常同意
survey-send = 提交答案
survey-save = 保存修改
survey-privacy = { $sender } 会看到您的答案以及您的姓名和公司。本页链接仅供您本人使用：持有链接的人可以查看和修改您的答案。
survey-opt-out = 我不想再收到调查

## 答案有误时
survey-empty = 尚未保存：您还没有回答任何问题。
survey-not-asked = 尚未保存：打开本页之后，问题已有变动。请检查您的答案后重新提交。
survey-problems = 尚未保存。请再检查 { $count } 处答案；您填写的内容都还在。
survey-fault-choose = 请选择一个答案
survey-fault-write = 请填写答案
survey-fault-scale = 请选择 { $lo } 到 { $hi } 之间的整数
survey-fault-long = 请将文字缩短到 { $most } 个字符以内
survey-fault-characters = 文字中含有无法保存的字符，请重新填写

## 提交之后
survey-thanks = 谢谢您！
survey-thanks-text = 您的答案已保存，{ $sender } 可以看到。
survey-thanks-until = 在{ $until }之前，您可以修改答案。
survey-change = 修改我的答案
survey-closed = 本次调查已结束
survey-closed-text = 作答已于{ $until }截止。如果您已作答，{ $sender } 已收到您的答案。
survey-revoked = 您无需再作答
survey-revoked-text = { $sender } 已撤回此次邀请。您之前给出的答案已保留。
survey-not-open = 本次调查尚未开始
survey-not-open-text = { $sender } 尚未开放本次调查，请稍后再试。

## 不再接收调查
opt-out-ask = 不再接收调查？
opt-out-ask-text = 此后 { $sender } 将不再通过邮件征询您的意见。关于您的投诉的处理结果，仍会通知您。
opt-out-stop = 不要再给我发调查
opt-out-done = 您将不再收到调查
opt-out-done-text = { $sender } 将不再通过邮件征询您的意见。已经发出的邮件可能仍会送达。
opt-out-again = 我愿意再次接受调查
opt-out-undone = 您将可以再次收到调查
opt-out-undone-text = 谢谢您：{ $sender } 可以再次通过邮件征询您的意见。

## 邮件
survey-subject-experience = 您对我们的服务满意吗？{ $sender } 想听听您的意见
survey-subject-shipment = 您对货件 { $about } 满意吗？{ $sender } 想听听您的意见
survey-subject-to-partner = 您对发往 { $about } 的货运服务满意吗？{ $sender } 想听听您的意见
survey-subject-from-partner = 您对来自 { $about } 的货运服务满意吗？{ $sender } 想听听您的意见
survey-subject-reminder = 提醒：{ $subject }
survey-mail-hello = { $name }，您好：
survey-mail-asked = { $sender } 想听听您（{ $customer }）的意见。共 { $count } 个问题，无需注册账号。
survey-mail-reminder = 我们还没有收到您的答案。如果您不想作答，无需任何操作。
survey-mail-first = 第一个问题：
survey-mail-answer = 立即作答
survey-mail-until = 在{ $until }之前均可作答。该链接仅供您本人使用，请勿转发。
survey-mail-why = 您收到此邮件，是因为您是 { $sender } 在 { $customer } 的联系人。
survey-mail-opt-out = 不再接收调查
