# 供人阅读的页面。

## 尚无看板时，记录的页面
ui-alert = 预警 { $id }
ui-customer = 客户 { $id }
ui-no-dashboard = 本页不显示任何数据：它不知道您是谁，而 Hawser 目前还没有可供登录的看板。如果该记录存在，可以用下面两种方式查看。
ui-by-command = 在运行 Hawser 的机器上
ui-by-api = 使用 API 密钥
ui-key-note = 密钥由您的 Hawser 管理员创建。打开本页不会改变任何内容。
