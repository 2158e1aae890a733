# 对投诉的答复：邮件与链接页面。

## 共用
complaint-answer = 我们的答复
complaint-remedy = 我们的处理措施

## 邮件
complaint-mail-subject = 关于您投诉的答复：{ $subject }
complaint-mail-greeting = { $name }，您好：
complaint-mail-lead = 感谢您反映“{ $subject }”。以下是我们的答复。
complaint-mail-question = 问题解决了吗？以您的确认为准。
complaint-mail-button = 告诉我们是否已解决
complaint-mail-note = 该链接显示我们的答复并征求您的意见。打开链接不会更改任何内容；在您答复之前，投诉在我们这里保持未结状态。请勿转发。

## 页面
complaint-page-answered = 问题解决了吗？
complaint-page-answered-lead = 请阅读我们的答复，并告诉我们您的投诉是否已解决。在您确认之前，投诉保持未结状态。
complaint-page-confirmed = 您已确认解决
complaint-page-confirmed-lead = 您于{ $date }告诉我们该投诉已解决。谢谢。
complaint-page-open = 我们正在处理
complaint-page-open-lead = 您的投诉正在处理中。我们将在{ $date }之前答复您。
complaint-page-overdue-lead = 您的投诉正在处理中。我们本应在{ $date }之前答复您，现已逾期，非常抱歉。
complaint-page-withdrawn = 该投诉已撤回
complaint-page-withdrawn-lead = 我们不再跟进此投诉。如果这不是您的本意，请写信给我们。
complaint-complained = 您的投诉
complaint-settled = 是的，已解决
complaint-unsettled-title = 还没有解决？
complaint-unsettled-why = 还缺什么？（可不填）
complaint-unsettled = 没有，请再处理一次
complaint-passed-on = 您所写的内容已转交负责处理您投诉的同事。
complaint-why-too-long = 内容超过{ $most }个字，尚未发送。请缩短后再试。
